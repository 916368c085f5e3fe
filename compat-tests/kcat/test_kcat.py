"""kcat (librdkafka), as people type it."""

from __future__ import annotations

import json

import pytest
from harness import process


@pytest.mark.scenario("auto-creation")
def test_lines_go_in_and_come_out(kcat, unique):
    name = unique("topic")
    kcat("-P", "-t", name, stdin="one\ntwo\nthree\n")
    assert kcat("-C", "-t", name, "-e", "-q").stdout == "one\ntwo\nthree\n"


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
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
def test_a_tombstone_is_not_an_empty_value(kcat, unique):
    name = unique("topic")
    kcat("-P", "-t", name, "-K", ":", stdin="key:value\nkey:\n")
    kcat("-P", "-t", name, "-K", ":", "-Z", stdin="key:\n")
    lines = kcat("-C", "-t", name, "-e", "-q", "-J").stdout.splitlines()
    assert [json.loads(line)["payload"] for line in lines] == ["value", "", None]


@pytest.mark.scenario("acks")
def test_records_arrive_at_every_acks(kcat, topic):
    name = topic()
    for acks in ("all", "1", "0"):
        kcat("-P", "-t", name, "-X", f"acks={acks}", stdin=f"{acks}\n")
    assert kcat("-C", "-t", name, "-e", "-q").stdout.split() == ["all", "1", "0"]


@pytest.mark.scenario("idempotence", "volume")
def test_an_idempotent_producer_keeps_order(kcat, topic):
    name = topic()
    lines = "".join(f"{i}\n" for i in range(20_000))
    options = ["enable.idempotence=true", "batch.num.messages=100"]
    kcat("-P", "-t", name, *(word for it in options for word in ("-X", it)), stdin=lines)
    assert kcat("-C", "-t", name, "-e", "-q").stdout == lines
    assert kcat("-Q", "-t", f"{name}:0:-1").stdout == f"{name} [0] offset 20000\n"


@pytest.mark.scenario("large")
def test_a_record_of_five_megabytes_fits_where_the_topic_allows_it(kcat, topic, tmp_path):
    name, file = topic(max_message_bytes=str(6 << 20)), tmp_path / "value"
    file.write_text("0123456789abcdef" * (5 << 16))
    kcat("-P", "-t", name, "-X", f"message.max.bytes={8 << 20}", str(file))
    assert kcat("-C", "-t", name, "-e", "-q").stdout == file.read_text() + "\n"


@pytest.mark.scenario("partitioning")
def test_partitions_are_chosen_by_hand_and_by_key(kcat, topic):
    name = topic(partitions=4)
    for partition in range(4):
        kcat("-P", "-t", name, "-p", str(partition), stdin=f"{partition}\n")
    shown = kcat("-C", "-t", name, "-e", "-q", "-f", "%p %s\n").stdout.splitlines()
    assert sorted(shown) == ["0 0", "1 1", "2 2", "3 3"]
    kcat("-P", "-t", name, "-K", ":", stdin="same:keyed\n" * 20)
    shown = kcat("-C", "-t", name, "-e", "-q", "-f", "%p %s\n").stdout.splitlines()
    assert len({line for line in shown if line.endswith("keyed")}) == 1


@pytest.mark.scenario("errors", "large")
def test_a_record_above_the_limit_of_its_topic_is_refused(kcat, topic):
    refused = kcat("-P", "-t", topic(max_message_bytes="1000"), stdin="x" * 5000, check=False)
    assert "Broker: Message size too large" in refused.stderr


@pytest.mark.scenario("errors")
def test_a_topic_that_is_not_there_is_an_error(kcat, unique):
    options = ["-X", "allow.auto.create.topics=false"]
    refused = kcat("-C", "-t", unique("absent"), "-e", *options, check=False)
    assert "Broker: Unknown topic or partition" in refused.stderr


@pytest.mark.scenario("errors")
def test_a_name_that_cannot_be_is_an_error(kcat):
    refused = kcat("-P", "-t", "not a name", stdin="x\n", check=False)
    assert "Broker: Invalid topic" in refused.stderr


@pytest.mark.scenario("errors", "consume from")
def test_an_offset_out_of_range_is_an_error(kcat, topic):
    options = ["-o", "1000", "-X", "auto.offset.reset=error"]
    refused = kcat("-C", "-t", topic(), *options, check=False)
    assert "Broker: Offset out of range" in refused.stderr


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


@pytest.mark.scenario("timestamps", "admin offsets")
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


@pytest.mark.scenario("consume from")
def test_reading_from_the_end_sees_only_what_comes(kcat, start, topic):
    name = topic()
    kcat("-P", "-t", name, stdin="old\n")
    reader = start("-C", "-t", name, "-o", "end", "-c", "1", "-u")
    process.eventually(lambda: any("Reached end" in line for line in reader.said), "the end")
    kcat("-P", "-t", name, stdin="new\n")
    assert reader.end() == 0
    assert reader.lines == ["new"]


# kcat reads what is written to it in blocks.
LINES = "".join(f"{i:05}" * 200 + "\n" for i in range(100))


@pytest.mark.scenario("transactions")
def test_what_a_transaction_wrote_is_read_committed(kcat, start, unique, topic):
    name = topic()
    read = ["-C", "-t", name, "-e", "-q", "-X"]
    writer = start("-P", "-t", name, "-X", f"transactional.id={unique('id')}")
    writer.write(LINES)
    process.eventually(
        lambda: kcat(*read, "isolation.level=read_uncommitted").stdout, "some are there"
    )
    assert kcat(*read, "isolation.level=read_committed").stdout == ""
    assert writer.end() == 0
    assert kcat(*read, "isolation.level=read_committed").stdout == LINES


@pytest.mark.scenario("transactions")
def test_a_second_producer_fences_the_first(kcat, start, unique, topic):
    name, identity = topic(), ["-X", f"transactional.id={unique('id')}"]
    read = ["-C", "-t", name, "-e", "-q", "-X"]
    first = start("-P", "-t", name, *identity)
    first.write(LINES)
    process.eventually(
        lambda: kcat(*read, "isolation.level=read_uncommitted").stdout, "the first is at it"
    )
    kcat("-P", "-t", name, *identity, stdin="of the second\n")
    assert first.end() != 0
    assert kcat(*read, "isolation.level=read_committed").stdout == "of the second\n"
