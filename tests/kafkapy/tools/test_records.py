"""`kafkapy produce` and `kafkapy consume` against a broker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kafkapy.tools.command import Run


def test_a_line_is_a_record(kafkapy: Run) -> None:
    kafkapy("topics create lines")
    assert kafkapy("produce lines", stdin=b"one\n\nthree").out == ""
    assert kafkapy("consume lines -eq").out == "one\n\nthree\n"


def test_keys_headers_and_tombstones_go_there_and_back(kafkapy: Run) -> None:
    kafkapy("topics create rich -p 2")
    kafkapy("produce rich -K : -Z -H trace=1=2 -H empty -p 1", stdin=b"k:v\nk2:\nno key\n")
    text = "%t/%p/%o [%k|%K] [%s|%S] %h%%\\n"
    assert kafkapy("consume rich -p 1 -e -q -f", text).lines == [
        "rich/1/0 [k|1] [v|1] trace=1=2,empty=NULL%",
        "rich/1/1 [k2|2] [|-1] trace=1=2,empty=NULL%",
        "rich/1/2 [|-1] [no key|6] trace=1=2,empty=NULL%",
    ]


def test_json_has_one_object_a_line(kafkapy: Run) -> None:
    kafkapy("topics create objects")
    kafkapy("produce objects -k key -H h=1", stdin=b"text\n\xff\xfe\n")
    first, second = map(json.loads, kafkapy("consume objects -eq --json").lines)
    assert (first["key"], first["value"]) == ("key", "text")
    assert first["headers"] == [{"key": "h", "value": "1"}]
    assert second["value"] == {"base64": "//4="}
    assert isinstance(second["timestamp"], int)


def test_delivered_records_are_shown_in_json(kafkapy: Run) -> None:
    kafkapy("topics create delivered")
    shown = map(json.loads, kafkapy("produce delivered --json", stdin=b"a\nb\n").lines)
    assert [record["offset"] for record in shown] == [0, 1]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("beginning", ["0", "1", "2", "3", "4"]),
        ("end", []),
        ("3", ["3", "4"]),
        ("-2", ["3", "4"]),
        ("-99", ["0", "1", "2", "3", "4"]),
        ("s@2020-01-01", ["0", "1", "2", "3", "4"]),
        ("s@4102444800000", []),
    ],
)
def test_reading_begins_anywhere(kafkapy: Run, where: str, expected: list[str]) -> None:
    if kafkapy("topics create begun --if-not-exists").out:
        kafkapy("produce begun", stdin=b"0\n1\n2\n3\n4\n")
    assert kafkapy(f"consume begun -e -q -o {where}").lines == expected


def test_the_ends_of_partitions_are_told_on_standard_error(kafkapy: Run) -> None:
    kafkapy("topics create ends")
    kafkapy("produce ends", stdin=b"a\n")
    assert kafkapy("consume ends -e").err == "% Reached end of topic ends [0] at offset 1\n"
    assert kafkapy("consume ends -n 1").err == ""


def test_a_count_ends_reading_and_a_group_goes_on_from_there(kafkapy: Run) -> None:
    kafkapy("topics create counted")
    kafkapy("produce counted", stdin=b"a\nb\nc\n")
    assert kafkapy("consume counted -g readers -n 2 -q").lines == ["a", "b"]
    assert kafkapy("consume counted -g readers -e -q").lines == ["c"]


def test_delimiters_may_be_escapes(kafkapy: Run) -> None:
    kafkapy("topics create delimited")
    kafkapy("produce delimited -D \\0 -K \\t", stdin=b"a\tb\0c\td\0")
    assert kafkapy("consume delimited -eq -K = -D ;").out == "a=b;c=d;"


def test_files_are_whole_records_or_lines(kafkapy: Run, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"1\n2\n")
    kafkapy("topics create filed")
    kafkapy(f"produce filed {file}")
    kafkapy(f"produce filed -l {file}")
    assert kafkapy("consume filed -eq --format", "%s;").out == "1\n2\n;1;2;"
    assert str(tmp_path / "none") in kafkapy(f"produce filed -l {tmp_path / 'none'}", status=1).err


@pytest.mark.parametrize("options", ["-z zstd --acks all", "-z lz4 --acks 1", "--acks 0"])
def test_a_load_is_made_up(kafkapy: Run, options: str) -> None:
    kafkapy("topics create load --if-not-exists")
    before = len(kafkapy("consume load -eq").lines)
    sent = kafkapy(f"produce load -n 500 --size 10 -k key {options}")
    assert sent.err.startswith("500 records, 0.0 MB in ")
    values = kafkapy("consume load -eq").lines[before:]
    assert [len(value) for value in values] == [10] * 500


def test_a_load_in_json_is_a_summary(kafkapy: Run) -> None:
    kafkapy("topics create summed")
    summary = json.loads(kafkapy("produce summed -n 10 --size 7 --json").out)
    assert (summary["records"], summary["bytes"]) == (10, 70)


def test_what_cannot_be_read_or_sent_is_an_error(kafkapy: Run) -> None:
    kafkapy("topics create small")
    assert "UNKNOWN_TOPIC_OR_PARTITION" in kafkapy("consume nowhere -e", status=1).err
    assert "UNKNOWN_TOPIC_OR_PARTITION" in kafkapy("consume small -p 9", status=1).err
    assert "UNKNOWN_TOPIC_OR_PARTITION" in kafkapy("produce small -p 9", stdin=b"x", status=1).err
    assert "OFFSET_OUT_OF_RANGE" in kafkapy("consume small -e -o 7", status=1).err


def test_options_that_contradict_each_other_are_a_misuse(kafkapy: Run) -> None:
    for line in (
        "consume t -f %z",
        "consume t -o somewhere",
        "consume t -g g -p 0",
        "consume t -g g -o 5",
        "produce t -k a -K b",
        "produce t file -n 1",
        "produce t --size 1",
    ):
        kafkapy(line, status=2)
