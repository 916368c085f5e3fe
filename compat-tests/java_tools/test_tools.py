"""Kafka's own tools find what they find on Kafka."""

from __future__ import annotations

import json
import re

import pytest

TOPICS = "org.apache.kafka.tools.TopicCommand"
CONFIGS = "kafka.admin.ConfigCommand"
GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
PRODUCE = "org.apache.kafka.tools.ConsoleProducer"
CONSUME = "org.apache.kafka.tools.consumer.ConsoleConsumer"
OFFSETS = "org.apache.kafka.tools.GetOffsetShell"
PERFORMANCE = "org.apache.kafka.tools.ProducerPerformance"
READ_PERFORMANCE = "org.apache.kafka.tools.ConsumerPerformance"


def read(tool, name: str, count: int, *words: object) -> list[str]:
    options = ["--topic", name, "--max-messages", count, "--timeout-ms", 30_000]
    return tool(CONSUME, *options, *(words or ["--from-beginning"])).splitlines()


@pytest.mark.scenario("consume from")
def test_the_console_producer_and_consumer_pass_lines(tool, topic):
    name = topic()
    tool(PRODUCE, "--topic", name, stdin="one\ntwo\nthree\n")
    assert read(tool, name, 3) == ["one", "two", "three"]


@pytest.mark.scenario("headers", "codecs")
def test_the_console_tools_pass_keys_headers_and_partitions(tool, topic):
    name = topic(partitions=2)
    tool(
        PRODUCE, "--topic", name, "--compression-codec", "zstd",
        "--reader-property", "parse.key=true", "--reader-property", "parse.headers=true",
        stdin="h:1\tkey\tvalue\n",
    )  # fmt: skip
    shown = read(
        tool, name, 1, "--from-beginning",
        "--formatter-property", "print.key=true",
        "--formatter-property", "print.headers=true",
        "--formatter-property", "print.offset=true",
    )  # fmt: skip
    assert shown == ["Offset:0\th:1\tkey\tvalue"]


@pytest.mark.scenario("tombstones", "partitioning")
def test_the_console_tools_pass_tombstones_and_keep_keys_together(tool, topic):
    name = topic(partitions=4)
    options = ["parse.key=true", "key.separator=:", "null.marker=NULL"]
    tool(
        PRODUCE, "--topic", name, *(word for it in options for word in ("--reader-property", it)),
        stdin="key:value\nkey:\nkey:NULL\n",
    )  # fmt: skip
    shown = read(
        tool, name, 3, "--from-beginning", "--formatter-property", "print.key=true",
        "--formatter-property", "print.partition=true", "--formatter-property", "null.literal=NULL",
    )  # fmt: skip
    partitions, keys, values = zip(*(line.split("\t") for line in shown), strict=True)
    assert len(set(partitions)) == 1
    assert (set(keys), values) == ({"key"}, ("value", "", "NULL"))


@pytest.mark.scenario("large")
def test_a_record_of_five_megabytes_fits_where_the_topic_allows_it(tool, topic):
    name = topic(max_message_bytes=str(6 << 20))
    value = "0123456789abcdef" * (5 << 16)
    tool(PRODUCE, "--topic", name, "--command-property", f"max.request.size={8 << 20}",
         "--command-property", f"buffer.memory={32 << 20}", stdin=f"{value}\n")  # fmt: skip
    assert read(tool, name, 1) == [value]


@pytest.mark.scenario("auto-creation", "timestamps")
def test_a_topic_comes_into_being_when_it_is_written(tool, unique):
    name = unique("auto")
    tool(PRODUCE, "--topic", name, stdin="v\n")
    (shown,) = read(
        tool, name, 1, "--from-beginning", "--formatter-property", "print.timestamp=true"
    )
    assert re.fullmatch(r"CreateTime:\d{13}\tv", shown)


@pytest.mark.scenario("timestamps")
def test_a_topic_that_stamps_on_append_says_so(tool, topic):
    name = topic(message_timestamp_type="LogAppendTime")
    tool(PRODUCE, "--topic", name, stdin="v\n")
    (shown,) = read(
        tool, name, 1, "--from-beginning", "--formatter-property", "print.timestamp=true"
    )
    assert re.fullmatch(r"LogAppendTime:\d{13}\tv", shown)


@pytest.mark.scenario("consume from", "commits")
def test_the_console_consumer_starts_at_an_offset_and_in_a_group(tool, topic, unique):
    name, group = topic(), unique("group")
    tool(PRODUCE, "--topic", name, stdin="0\n1\n2\n3\n")
    assert read(tool, name, 2, "--partition", 0, "--offset", 2) == ["2", "3"]
    assert read(tool, name, 4, "--group", group, "--from-beginning") == ["0", "1", "2", "3"]
    tool(PRODUCE, "--topic", name, stdin="4\n")
    assert read(tool, name, 1, "--group", group) == ["4"]


@pytest.mark.scenario("admin topics", "admin partitions")
def test_topics_are_listed_described_grown_and_deleted(tool, topic):
    name = topic(partitions=2, retention_ms="60000")
    assert name in tool(TOPICS, "--list").split()
    described = tool(TOPICS, "--describe", "--topic", name)
    assert re.search(rf"Topic: {name}\s+TopicId: \S{{22}}\s+PartitionCount: 2\s", described)
    assert "retention.ms=60000" in described
    rows = re.findall(r"Partition: \d+\s+Leader: (\d+)\s+Replicas: \1\s+Isr: \1", described)
    assert len(rows) == 2
    tool(TOPICS, "--alter", "--topic", name, "--partitions", 4)
    assert "PartitionCount: 4" in tool(TOPICS, "--describe", "--topic", name)
    tool(TOPICS, "--delete", "--topic", name)
    assert name not in tool(TOPICS, "--list").split()


@pytest.mark.scenario("errors")
def test_a_topic_that_may_not_be_is_refused_in_words(tool, unique):
    refused = tool(
        TOPICS, "--create", "--topic", unique("t"), "--replication-factor", 30, check=False
    )
    assert "InvalidReplicationFactorException" in refused
    refused = tool(
        TOPICS, "--create", "--topic", unique("t"), "--config", "retention.ms=-7", check=False
    )
    assert "Error while executing topic command" in refused
    assert "retention.ms" in refused


@pytest.mark.scenario("admin configs")
def test_configs_of_a_topic_are_altered_and_described(tool, topic):
    entity = ["--entity-type", "topics", "--entity-name", topic()]
    tool(CONFIGS, *entity, "--alter", "--add-config", "retention.ms=1000,cleanup.policy=[delete]")
    described = tool(CONFIGS, *entity, "--describe")
    assert "retention.ms=1000 sensitive=false" in described
    assert "DYNAMIC_TOPIC_CONFIG:retention.ms=1000" in described
    tool(CONFIGS, *entity, "--alter", "--delete-config", "retention.ms")
    assert "retention.ms=" not in tool(CONFIGS, *entity, "--describe")
    everything = tool(CONFIGS, *entity, "--describe", "--all")
    assert "retention.ms=604800000" in everything


@pytest.mark.scenario("admin configs")
def test_configs_of_the_broker_are_described(tool):
    nodes = tool("org.apache.kafka.tools.BrokerApiVersionsCommand")
    node = re.search(r"\(id: (\d+) rack", nodes)[1]
    described = tool(
        CONFIGS, "--entity-type", "brokers", "--entity-name", node, "--describe", "--all"
    )
    assert "message.max.bytes=" in described


@pytest.mark.scenario("admin cluster")
def test_the_versions_of_every_api_are_listed(tool):
    listed = tool("org.apache.kafka.tools.BrokerApiVersionsCommand")
    for api in ("Produce(0)", "Fetch(1)", "Metadata(3)", "ApiVersions(18)"):
        assert api in listed


@pytest.mark.scenario("admin offsets")
def test_offsets_are_listed_earliest_latest_and_by_time(tool, topic):
    name = topic()
    tool(PRODUCE, "--topic", name, stdin="0\n1\n2\n")
    for time, offset in [("latest", 3), ("earliest", 0), ("-1", 3), ("1", 0)]:
        listed = tool(OFFSETS, "--topic", name, "--time", time)
        assert listed.split() == [f"{name}:0:{offset}"]


@pytest.mark.scenario("admin records")
def test_records_are_deleted_from_a_file(tool, topic, tmp_path):
    name = topic()
    tool(PRODUCE, "--topic", name, stdin="0\n1\n2\n")
    plan = tmp_path / "plan.json"
    entry = {"topic": name, "partition": 0, "offset": 2}
    plan.write_text(json.dumps({"version": 1, "partitions": [entry]}))
    done = tool("org.apache.kafka.tools.DeleteRecordsCommand", "--offset-json-file", plan)
    assert "low_watermark: 2" in done
    assert tool(OFFSETS, "--topic", name, "--time", "earliest").split() == [f"{name}:0:2"]
    assert read(tool, name, 1) == ["2"]


@pytest.mark.scenario("admin cluster")
def test_log_directories_hold_the_topic(tool, topic):
    name = topic()
    tool(PRODUCE, "--topic", name, stdin="0\n")
    shown = tool("org.apache.kafka.tools.LogDirsCommand", "--describe", "--topic-list", name)
    (line,) = [line for line in shown.splitlines() if line.startswith("{")]
    (directory,) = json.loads(line)["brokers"][0]["logDirs"]
    assert directory["error"] is None
    (partition,) = directory["partitions"]
    assert (partition["partition"], partition["offsetLag"]) == (f"{name}-0", 0)
    assert partition["size"] > 60


@pytest.mark.scenario("admin groups")
def test_a_group_is_listed_described_reset_and_deleted(tool, topic, unique):
    name, group = topic(), unique("group")
    tool(PRODUCE, "--topic", name, stdin="0\n1\n2\n3\n")
    assert len(read(tool, name, 4, "--group", group, "--from-beginning")) == 4
    assert group in tool(GROUPS, "--list").split()
    row = rf"{group}\s+{name}\s+0\s+(?:-\s+)?4\s+4\s+0\s"
    assert re.search(row, tool(GROUPS, "--describe", "--group", group))
    assert "Empty" in tool(GROUPS, "--describe", "--group", group, "--state")
    reset = ["--reset-offsets", "--topic", name, "--to-offset", 1, "--execute"]
    assert re.search(rf"{name}\s+0\s+1", tool(GROUPS, "--group", group, *reset))
    assert read(tool, name, 3, "--group", group) == ["1", "2", "3"]
    tool(GROUPS, "--group", group, "--delete-offsets", "--topic", name)
    assert name not in tool(GROUPS, "--describe", "--group", group)
    tool(GROUPS, "--delete", "--group", group)
    assert group not in tool(GROUPS, "--list").split()


@pytest.mark.parametrize("acks", ["1", "all"])
@pytest.mark.scenario("volume", "acks")
def test_the_performance_tools_move_fifty_thousand_records(tool, topic, unique, acks):
    name = topic(partitions=2)
    written = tool(
        PERFORMANCE, "--topic", name, "--num-records", 50_000, "--record-size", 100,
        "--throughput", -1, "--command-property", f"acks={acks}",
    )  # fmt: skip
    assert "50000 records sent" in written
    shown = tool(
        READ_PERFORMANCE, "--topic", name, "--num-records", 50_000, "--group", unique("group"),
        "--timeout", 30_000,
    )  # fmt: skip
    row = shown.strip().splitlines()[-1].split(", ")
    assert int(row[4]) == 50_000


@pytest.mark.scenario("groups", "idempotence")
def test_the_verifiable_clients_agree(tool, topic, unique):
    name = topic()
    said = tool("org.apache.kafka.tools.VerifiableProducer", "--topic", name, "--max-messages", 500)
    events = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    acknowledged = [event for event in events if event["name"] == "producer_send_success"]
    assert sorted(event["offset"] for event in acknowledged) == list(range(500))
    said = tool(
        "org.apache.kafka.tools.VerifiableConsumer", "--topic", name, "--max-messages", 500,
        "--group-id", unique("group"), "--reset-policy", "earliest",
    )  # fmt: skip
    events = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert sum(e["count"] for e in events if e["name"] == "records_consumed") == 500


@pytest.mark.scenario("admin cluster")
def test_the_cluster_tells_its_id(tool):
    shown = tool("org.apache.kafka.tools.ClusterTool", first="cluster-id")
    assert re.search(r"Cluster ID: \S+", shown)
