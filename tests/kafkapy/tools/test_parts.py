"""What the commands are made of, without a broker."""

from __future__ import annotations

import io
import re
import sys

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.tools.errors import ToolError
from kafkapy.tools.escapes import unescape
from kafkapy.tools.output import aligned, show_table
from kafkapy.tools.produce import split
from kafkapy.tools.properties import client_properties, from_java
from kafkapy.tools.times import parse_duration_ms, parse_time_ms


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("text", "expected_ms"),
    [
        ("1700000000000", 1_700_000_000_000),
        ("1970-01-02", 86_400_000),
        ("1970-01-01T00:00:01", 1000),
        ("1970-01-01T02:00:00.5+02:00", 500),
    ],
)
def test_times_are_in_utc_unless_they_have_a_zone(text: str, expected_ms: int) -> None:
    assert parse_time_ms(text) == expected_ms


@pytest.mark.parametrize(
    ("text", "expected_ms"),
    [("P1D", 86_400_000), ("PT1M30S", 90_000), ("p1dt1h", 90_000_000), ("1d2h", 93_600_000),
     ("1.5s", 1500), ("P0D", 0)],
)  # fmt: skip
def test_durations_are_iso_or_short(text: str, expected_ms: int) -> None:
    assert parse_duration_ms(text) == expected_ms


@pytest.mark.parametrize("text", ["", "P", "PT", "P1M", "1", "h", "yesterday", "-1h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        parse_duration_ms(text)


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(click.BadParameter):
        parse_time_ms("noon")


def test_escapes_become_bytes_and_unknown_ones_stay() -> None:
    assert unescape(r"a\tb\n\\n\x00\xFF\q\é") == b"a\tb\n\\n\x00\xff\\q" + r"\é".encode()


@given(st.lists(st.binary(max_size=9)), st.sampled_from([b"\n", b";", b"--"]))
def test_what_is_joined_is_split_again(records: list[bytes], delimiter: bytes) -> None:
    clean = [record.replace(delimiter[:1], b"") for record in records]
    stream = io.BytesIO(b"".join(record + delimiter for record in clean))
    assert list(split(stream, delimiter)) == clean


def test_the_nearer_source_of_a_property_wins() -> None:
    def servers(bootstrap: str | None, *overrides: str, **environ: str) -> str:
        return client_properties(bootstrap, overrides, None, environ)["bootstrap.servers"]

    assert servers(None) == "127.0.0.1:9092"
    assert servers(None, BOOTSTRAP="b:1") == "b:1"
    assert servers(None, BOOTSTRAP="b:1", KAFKA_BOOTSTRAP_SERVERS="k:1") == "k:1"
    assert servers("o:1", BOOTSTRAP="b:1") == "o:1"
    assert servers("o:1", "bootstrap.servers=x:1") == "x:1"
    with pytest.raises(ToolError, match="expected key=value"):
        servers(None, "nonsense")


def test_properties_of_the_java_client_are_translated() -> None:
    login = 'org.apache.kafka.…PlainLoginModule required username="u" password="a\\"b;=c";'
    assert from_java(
        {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "PLAIN",
            "sasl.jaas.config": login,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": "/ca.pem",
            "key.deserializer": "x",
        }
    ) == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "u",
        "sasl.password": 'a"b;=c',
        "ssl.ca.location": "/ca.pem",
    }
    with pytest.raises(ToolError, match="PEM"):
        from_java({"ssl.truststore.location": "/store.jks"})


def test_columns_are_aligned_numbers_to_the_right() -> None:
    rows = [["NAME", "COUNT"], ["a", "1"], ["long-name", "100"]]
    assert list(aligned(rows, [False, True])) == [
        "NAME       COUNT",
        "a              1",
        "long-name    100",
    ]


def test_a_table_fits_the_terminal_and_breaks_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    record = {"topic": "t" * 30, "log_end_offset": 1234567, "consumer_id": "c" * 30}
    show_table([record], list(record))
    shown = re.sub(r"\x1b\[[\d;]*m", "", terminal.getvalue())
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 40
    assert any("1234567" in line for line in lines)
    assert "LOG-END-OFFSET" not in shown
