"""kcat (librdkafka), as people type it."""

from __future__ import annotations

import json

import pytest
from harness import process

ADD_PARTITIONS_TO_TXN = 24
pytestmark = pytest.mark.skipif(process.missing("kcat") is not None, reason="kcat not installed")


@pytest.fixture
def kcat(bootstrap):
    def run(*words: str, stdin: str | None = None, check: bool = True):
        command = ["kcat", "-b", bootstrap, *words]
        return process.run(command, stdin=stdin, timeout_s=60, check=check)

    return run


@pytest.mark.scenario("auto-creation")
def test_lines_go_in_and_come_out(kcat, unique):
    name = unique("topic")
    kcat("-P", "-t", name, stdin="one\ntwo\nthree\n")
    assert kcat("-C", "-t", name, "-e", "-q").stdout == "one\ntwo\nthree\n"


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
@pytest.mark.scenario("codecs")
def test_each_codec_comes_back_as_it_went(kcat, unique, codec):
    name = unique("topic")
    lines = "".join(f"{i} {'payload' * 20}\n" for i in range(200))
    kcat("-P", "-t", name, "-z", codec, stdin=lines)
    assert kcat("-C", "-t", name, "-e", "-q", "-X", "check.crcs=true").stdout == lines


@pytest.mark.scenario("headers")
def test_keys_headers_and_offsets_are_shown(kcat, unique):
    name = unique("topic")
    kcat("-P", "-t", name, "-p", "0", "-K", ":", "-H", "a=1", "-H", "b=2", stdin="key:value\n")
    shown = kcat("-C", "-t", name, "-e", "-q", "-f", "%p %o %k %s %h\n").stdout
    assert shown == "0 0 key value a=1,b=2\n"


@pytest.mark.scenario("tombstones")
def test_an_empty_value_can_be_a_tombstone(kcat, unique):
    name = unique("topic")
    kcat("-P", "-t", name, "-K", ":", "-Z", stdin="key:\n")
    line = kcat("-C", "-t", name, "-e", "-q", "-J").stdout
    assert json.loads(line)["payload"] is None


@pytest.mark.scenario("consume from")
def test_reading_starts_where_it_is_told(kcat, unique):
    name = unique("topic")
    kcat("-P", "-t", name, stdin="0\n1\n2\n3\n4\n")
    for start, expected in [("beginning", "0\n1\n2\n3\n4\n"), ("3", "3\n4\n"), ("-2", "3\n4\n")]:
        assert kcat("-C", "-t", name, "-o", start, "-e", "-q").stdout == expected
    assert kcat("-C", "-t", name, "-o", "s@1", "-e", "-q", "-c", "1").stdout == "0\n"


@pytest.mark.scenario("admin cluster")
def test_metadata_lists_the_broker_and_the_topic(kcat, unique, bootstrap):
    name = unique("topic")
    kcat("-P", "-t", name, stdin="x\n")
    found = json.loads(kcat("-L", "-t", name, "-J").stdout)
    assert found["topics"][0]["topic"] == name
    assert [p["partition"] for p in found["topics"][0]["partitions"]] == [0]
    assert bootstrap.split(",")[0].rpartition(":")[2] in {
        broker["name"].rpartition(":")[2] for broker in found["brokers"]
    }


@pytest.mark.scenario("timestamps")
def test_offsets_are_queried_by_time(kcat, unique):
    name = unique("topic")
    kcat("-P", "-t", name, stdin="x\ny\n")
    assert kcat("-Q", "-t", f"{name}:0:1").stdout == f"{name} [0] offset 0\n"
    assert kcat("-Q", "-t", f"{name}:0:-1").stdout == f"{name} [0] offset 2\n"


@pytest.mark.scenario("groups", "commits")
def test_a_balanced_group_reads_all_and_goes_on_where_it_stopped(kcat, unique):
    name, group = unique("topic"), unique("group")
    kcat("-P", "-t", name, stdin="1\n2\n")
    options = ["-X", "auto.offset.reset=earliest", "-e", "-q"]
    assert kcat(*options, "-G", group, name).stdout == "1\n2\n"
    kcat("-P", "-t", name, stdin="3\n")
    assert kcat(*options, "-G", group, name).stdout == "3\n"


@pytest.mark.scenario("transactions")
def test_what_a_transaction_wrote_is_read_committed(kcat, unique, serves):
    if not serves(ADD_PARTITIONS_TO_TXN):
        pytest.skip("the broker does not offer transactions")
    name = unique("topic")
    kcat("-P", "-t", name, "-X", f"transactional.id={unique('id')}", stdin="t\n")
    read = kcat("-C", "-t", name, "-e", "-q", "-X", "isolation.level=read_committed")
    assert read.stdout == "t\n"
