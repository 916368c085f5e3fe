"""What Kafka's own tools print of the broker is what they print of Kafka."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import process, reference
from harness.probe import Probe

from kafkapy.wire.messages import (
    add_partitions_to_txn,
    find_coordinator,
    init_producer_id,
    metadata,
    produce,
)
from kafkapy.wire.records.record import Record, build_batch

sys.path.insert(0, str(Path(__file__).parent))
from side_by_side import BROKER, SideBySide

TOOLS = "org.apache.kafka.tools"
TOPICS = f"{TOOLS}.TopicCommand"
CONFIGS = "kafka.admin.ConfigCommand"
GROUPS = f"{TOOLS}.consumer.group.ConsumerGroupCommand"
PRODUCE = f"{TOOLS}.ConsoleProducer"
CONSUME = f"{TOOLS}.consumer.ConsoleConsumer"
TRANSACTIONS = f"{TOOLS}.TransactionsCommand"
AT = ("--bootstrap-server", BROKER)


@pytest.fixture(scope="module")
def tools(
    kafka_jars: Path, bootstrap: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SideBySide]:
    """`REFERENCE_BOOTSTRAP` names a Kafka that runs already."""
    with contextlib.ExitStack() as stack:
        kafka = os.environ.get("REFERENCE_BOOTSTRAP")
        if not kafka:
            node = reference.node(tmp_path_factory.mktemp("kafka"))
            kafka = stack.enter_context(node).bootstrap
        both = SideBySide(kafka, bootstrap)
        stack.callback(both.stop)
        yield both


@pytest.fixture
def topic(tools: SideBySide, unique: Callable[[str], str]) -> Callable[..., str]:
    """Create a topic in both, and give its name."""

    def create(partitions: int = 1, lines: str = "", **configs: str) -> str:
        name = unique("topic")
        options: list[object] = []
        for key, value in configs.items():
            options += ["--config", f"{key.replace('_', '.')}={value}"]
        tools.same(TOPICS, *AT, "--create", "--topic", name, "--partitions", partitions, *options)
        for at in (tools.kafka, tools.ours):
            await_topic(at, name)
        if lines:
            tools.same(PRODUCE, *AT, "--topic", name, stdin=lines)
        return name

    return create


def await_topic(at: str, name: str) -> None:
    asked = metadata.MetadataRequest([metadata.MetadataRequestTopic(bytes(16), name)], False)
    with contextlib.closing(Probe(at)) as probe:
        process.eventually(
            lambda: not probe.ask(asked, 9).topics[0].error_code, f"{at} knows the topic"
        )


@pytest.mark.scenario("admin topics", "admin partitions")
def test_topics_are_created_described_altered_and_deleted(tools, topic):
    name = topic(3, retention_ms="60000")
    entity = [*AT, "--topic", name]
    tools.same(TOPICS, *AT, "--create", "--topic", name)
    tools.same(TOPICS, *AT, "--create", "--if-not-exists", "--topic", name)
    tools.same(TOPICS, *entity, "--list")
    tools.same(TOPICS, *entity, "--describe")
    tools.same(TOPICS, *entity, "--describe", "--topics-with-overrides")
    for state in ("under-replicated", "unavailable", "under-min-isr", "at-min-isr"):
        tools.same(TOPICS, *entity, "--describe", f"--{state}-partitions")
    tools.same(TOPICS, *entity, "--alter", "--partitions", 5)
    tools.same(TOPICS, *entity, "--alter", "--partitions", 2)
    process.eventually(
        lambda: all("PartitionCount: 5" in it for it in tools.both(TOPICS, *entity, "--describe")),
        "partitions are added",
    )
    tools.same(TOPICS, *entity, "--delete")
    tools.same(TOPICS, *AT, "--delete", "--topic", f"{name}-absent")
    tools.same(TOPICS, *AT, "--describe", "--topic", f"{name}-absent")


@pytest.mark.scenario("errors")
@pytest.mark.parametrize(
    "options",
    [
        ("--topic", "not a name"),
        ("--topic", "{new}", "--partitions", "0"),
        ("--topic", "{new}", "--replication-factor", "30"),
        ("--topic", "{new}", "--config", "retention.ms=-7"),
        ("--topic", "{new}", "--config", "no.such.key=1"),
        ("--topic", "{new}", "--config", "cleanup.policy=burn"),
    ],
)
def test_a_topic_that_may_not_be_is_refused_with_the_same_error(tools, unique, options):
    words = [word.replace("{new}", unique("topic")) for word in options]
    answers = tools.both(TOPICS, *AT, "--create", *words)
    kafka, ours = (re.findall(r"exit status \d+|[\w.]+Exception", text) for text in answers)
    assert ours[:2] == kafka[:2]


@pytest.mark.scenario("admin configs")
def test_configs_of_topics_brokers_and_loggers(tools, topic):
    entity = [*AT, "--entity-type", "topics", "--entity-name", topic(retention_ms="60000")]
    tools.same(CONFIGS, *entity, "--describe")
    tools.same(CONFIGS, *entity, "--alter", "--add-config", "retention.ms=1000,segment.ms=5000")
    process.eventually(
        lambda: all("segment.ms=5000" in it for it in tools.both(CONFIGS, *entity, "--describe")),
        "the setting is there",
    )
    tools.same(CONFIGS, *entity, "--describe")
    tools.same(CONFIGS, *entity, "--alter", "--delete-config", "retention.ms,no.such.key")
    tools.same(CONFIGS, *entity, "--describe", "--all", ordered=False, without="min.insync")
    broker = [*AT, "--entity-type", "brokers"]
    tools.same(CONFIGS, *broker, "--entity-default", "--describe", without="min.insync")
    tools.same(CONFIGS, *AT, "--entity-type", "groups", "--entity-name", "g", "--describe")
    tools.same(
        CONFIGS, *AT, "--entity-type", "groups", "--entity-name", "g", "--alter",
        "--add-config", "no.such.key=1",
    )  # fmt: skip
    loggers = [*AT, "--entity-type", "broker-loggers", "--entity-name", "1"]
    for text in tools.both(CONFIGS, *loggers, "--describe"):
        assert re.search(r"root=\w+ sensitive=false", text)
    tools.same(CONFIGS, *loggers, "--alter", "--add-config", "no.such.logger=NOISY")


@pytest.mark.scenario("admin offsets", "admin records")
def test_offsets_and_deleted_records(tools, topic, tmp_path):
    name = topic(2, lines="0\n1\n2\n3\n")
    offsets = f"{TOOLS}.GetOffsetShell"
    for when in ("latest", "earliest", "max-timestamp", "-1", "-2", "1", "99999999999999"):
        answers = tools.both(offsets, *AT, "--topic", name, "--time", when)
        kafka, ours = (re.findall(rf"{name}:(\d):(\d*)", text) for text in answers)
        assert len(ours) == len(kafka)
        assert sum(int(o or 0) for _, o in ours) == sum(int(o or 0) for _, o in kafka)
    tools.same(offsets, *AT, "--topic", name, "--partitions", "7")
    plan = tmp_path / "plan.json"
    for offset in (0, 99):
        entry = {"topic": name, "partition": 0, "offset": offset}
        plan.write_text(json.dumps({"version": 1, "partitions": [entry]}))
        tools.same(f"{TOOLS}.DeleteRecordsCommand", *AT, "--offset-json-file", plan)


@pytest.mark.scenario("admin cluster")
def test_the_cluster_its_features_and_directories(tools, topic):
    name = topic()
    tools.same(f"{TOOLS}.ClusterTool", "cluster-id", *AT)
    tools.same(f"{TOOLS}.ClusterTool", "list-endpoints", *AT)
    levels = re.compile(r"Feature: (\S+)\s.*FinalizedVersionLevel: (\S+)")
    kafka, ours = (
        dict(levels.findall(text))
        for text in tools.both(f"{TOOLS}.FeatureCommand", *AT, "describe")
    )
    assert ours.items() <= kafka.items()
    tools.same(f"{TOOLS}.LogDirsCommand", *AT, "--describe", "--topic-list", name)
    versions = tools.both(f"{TOOLS}.BrokerApiVersionsCommand", *AT)
    kafka, ours = (dict(re.findall(r"(\w+\(\d+\)): (.*?),?$", it, re.M)) for it in versions)
    newest = {api: found for api, found in ours.items() if found != "UNSUPPORTED"}
    for api, found in newest.items():
        assert found.rpartition(" ")[2] == kafka[api].rpartition(" ")[2], api


@pytest.mark.scenario("admin groups", "commits")
def test_groups_are_described_reset_and_deleted(tools, topic, unique, tmp_path):
    name, group = topic(lines="".join(f"{i}\n" for i in range(10))), unique("group")
    reading = ["--topic", name, "--group", group, "--from-beginning", "--max-messages", 6]
    tools.same(CONSUME, *AT, *reading, "--timeout-ms", 30_000)
    entity = [*AT, "--group", group]
    for detail in ((), ("--offsets",), ("--state",), ("--members",), ("--members", "--verbose")):
        tools.same(GROUPS, *entity, "--describe", *detail)
    for state in ("--list", "--state"):
        for text in tools.both(GROUPS, *AT, "--list", *([state] if state == "--state" else [])):
            assert group in text
    for text in tools.both(f"{TOOLS}.GroupsCommand", *AT, "--list"):
        assert re.search(rf"{group}\s+Classic\s+consumer", text)
    reset = [*entity, "--reset-offsets", "--topic", name]
    exported = tmp_path / "offsets.csv"
    exported.write_text(f'"{name}",0,3\n')
    for way in (
        ("--to-earliest",), ("--to-latest",), ("--to-current",), ("--to-offset", 4),
        ("--to-offset", 99), ("--shift-by", -2), ("--shift-by", 50),
        ("--to-datetime", "2000-01-01T00:00:00.000"), ("--by-duration", "P1D"),
    ):  # fmt: skip
        tools.same(GROUPS, *reset, *way, "--dry-run")
        tools.same(GROUPS, *reset, *way, "--execute")
    tools.same(GROUPS, *entity, "--reset-offsets", "--from-file", exported, "--execute")
    tools.same(GROUPS, *reset, "--to-current", "--export", "--dry-run")
    tools.same(GROUPS, *entity, "--describe")
    tools.same(GROUPS, *entity, "--delete-offsets", "--topic", name)
    tools.same(GROUPS, *entity, "--delete-offsets", "--topic", f"{name}-absent")
    tools.same(GROUPS, *entity, "--delete")
    tools.same(GROUPS, *entity, "--delete")
    tools.same(GROUPS, *entity, "--describe")


def begin(at: str, identity: str, topic: str) -> None:
    """Begin a transaction and leave it open."""
    with contextlib.closing(Probe(at)) as probe:
        probe.ask_until_ready(
            find_coordinator.FindCoordinatorRequest(identity, 1, [identity]), 4, 20
        )
        begun = probe.ask_until_ready(init_producer_id.InitProducerIdRequest(identity, 900_000), 5)
        who = identity, begun.producer_id, begun.producer_epoch
        topics = [add_partitions_to_txn.AddPartitionsToTxnTopic(topic, [0])]
        added = add_partitions_to_txn.AddPartitionsToTxnRequest([], *who, topics)
        probe.ask_until_ready(added, 3)
        numbered = {"producer_id": who[1], "producer_epoch": who[2], "base_sequence": 0}
        records = [Record(timestamp_ms=1000, key=None, value=b"open")]
        batch = build_batch(records, is_transactional=True, **numbered)
        data = produce.TopicProduceData(topic, bytes(16), [produce.PartitionProduceData(0, batch)])
        probe.ask_until_ready(produce.ProduceRequest(identity, -1, 10_000, [data]), 9)


@pytest.mark.scenario("transactions")
def test_transactions_are_listed_described_and_aborted(tools, topic, unique):
    name, identity = topic(), unique("id")
    for at in (tools.kafka, tools.ours):
        begin(at, identity, name)

    def rows(*words: object) -> list[list[list[str]]]:
        """Give the rows of both that are about this transaction, without numbers."""
        return [
            [
                [word for word in line.split() if not word.isdigit()]
                for line in text.splitlines()
                if identity in line or re.match(r"\d|exit|Producer|Coord|Trans", line)
            ]
            for text in tools.both(TRANSACTIONS, *AT, *words)
        ]

    for words in (
        ("describe", "--transactional-id", identity),
        ("describe", "--transactional-id", f"{identity}-absent"),
        ("find-hanging", "--broker-id", 1),
        ("abort", "--topic", name, "--partition", 0, "--start-offset", 7),
        ("abort", "--topic", name, "--partition", 0, "--start-offset", 0),
    ):
        kafka, ours = rows(*words)
        assert ours == kafka, words
    for text in tools.both(TRANSACTIONS, *AT, "list"):
        (line,) = [line for line in text.splitlines() if identity in line]
        assert line.split()[-1] == "Ongoing"
    for text in tools.both(TRANSACTIONS, *AT, "list", "--running-longer-than-ms", 3_600_000):
        assert identity not in text
    answers = tools.both(TRANSACTIONS, *AT, "describe-producers", "--topic", name, "--partition", 0)
    for text in answers:
        # The transaction is aborted: it has no start any more.
        assert text.splitlines()[-1].split()[-1] == "None"


@pytest.mark.scenario("volume")
def test_the_time_from_end_to_end_is_measured(tools, topic):
    started = time.monotonic()
    for text in tools.both(f"{TOOLS}.EndToEndLatency", *AT, "--topic", topic(), "--num-records",
                           100, "--producer-acks", 1, "--record-size", 20):  # fmt: skip
        assert "Percentiles" in text
    assert time.monotonic() > started
