"""What each stock client does while its requests are captured: a bit of everything.

A step that fails is reported and passed over; its requests count all the same.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_GROUP = "group"
_TIMEOUT_S = 20.0


@contextmanager
def _step(name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)


def _kafka_python(address: str) -> None:
    import kafka

    for codec in (None, "gzip", "snappy", "lz4", "zstd"):
        with _step(f"kafka-python produces {codec}"):
            producer = kafka.KafkaProducer(bootstrap_servers=address, compression_type=codec)
            for count in range(3):
                producer.send("plain", b"value %d" % count * 20, b"key", headers=[("h", b"1")])
            producer.send("compacted", b"value", b"key").get(_TIMEOUT_S)
            producer.close()
    with _step("kafka-python consumes"):
        _kafka_python_consumes(address)
    with _step("kafka-python in a transaction"):
        producer = kafka.KafkaProducer(bootstrap_servers=address, transactional_id="txn")
        producer.init_transactions()
        for finish in (producer.commit_transaction, producer.abort_transaction):
            producer.begin_transaction()
            producer.send("plain", b"transactional").get(_TIMEOUT_S)
            offsets = {kafka.TopicPartition("plain", 0): _offset_and_metadata(kafka, 1)}
            producer.send_offsets_to_transaction(offsets, _GROUP)
            finish()
        producer.close()
    with _step("kafka-python administers"):
        _kafka_python_administers(address)


def _offset_and_metadata(kafka: Any, offset: int) -> Any:
    return kafka.OffsetAndMetadata(offset, "metadata", -1)


def _kafka_python_consumes(address: str, **options: Any) -> None:
    import kafka

    consumer = kafka.KafkaConsumer(
        "plain",
        bootstrap_servers=address,
        group_id=_GROUP,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        consumer_timeout_ms=1500,
        **options,
    )
    for _ in consumer:
        pass
    consumer.commit()
    partitions = list(consumer.assignment())
    consumer.offsets_for_times(dict.fromkeys(partitions, 1))
    consumer.end_offsets(partitions)
    consumer.beginning_offsets(partitions)
    for partition in partitions:
        consumer.committed(partition)
    consumer.close()


def _kafka_python_administers(address: str) -> None:
    import kafka.admin

    admin = kafka.KafkaAdminClient(bootstrap_servers=address)
    partition = kafka.TopicPartition("plain", 0)
    resource = kafka.admin.ConfigResource(
        kafka.admin.ConfigResourceType.TOPIC, "plain", {"retention.ms": "1000000"}
    )
    steps: list[Callable[[], object]] = [
        lambda: admin.create_topics([kafka.admin.NewTopic("new", 2, 1)]),
        lambda: admin.create_partitions({"new": kafka.admin.NewPartitions(3)}),
        lambda: admin.describe_topics(["plain", "new"]),
        lambda: admin.list_topics(),
        lambda: admin.describe_configs([resource]),
        lambda: admin.alter_configs([resource]),
        lambda: admin.describe_cluster(),
        lambda: admin.list_groups(),
        lambda: admin.describe_groups([_GROUP]),
        lambda: admin.list_group_offsets([_GROUP]),
        lambda: admin.delete_records({partition: 1}),
        lambda: admin.delete_groups([_GROUP]),
        lambda: admin.describe_log_dirs(),
        lambda: admin.delete_topics(["new"]),
    ]
    for number, step in enumerate(steps):
        with _step(f"kafka-python administers, step {number}"):
            step()
    admin.close()


def _old_kafka_python(address: str) -> None:
    """The requests of the brokers before record batches."""
    import kafka

    for version in ((0, 9), (0, 10, 0), (0, 10, 1), (0, 11), (1, 0), (2, 0)):
        # What this client sends as lz4 to the oldest brokers it does not manage to compress.
        for codec in (None, "gzip", "snappy", *(("lz4",) if version > (0, 9) else ())):
            with _step(f"kafka-python as of {version} produces {codec}"):
                producer = kafka.KafkaProducer(
                    bootstrap_servers=address,
                    api_version=version,
                    compression_type=codec,
                    enable_idempotence=False,
                    acks=1,
                )
                for topic in ("plain", "stamped"):
                    producer.send(topic, b"old value" * 10, b"key", partition=0)
                    producer.send(topic, b"old value", b"key", partition=0).get(_TIMEOUT_S)
                producer.close()
        with _step(f"kafka-python as of {version} consumes"):
            _kafka_python_consumes(address, api_version=version)


def _librdkafka(address: str) -> None:
    import confluent_kafka

    servers = {"bootstrap.servers": address}
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        for idempotent in (False, True):
            producer = confluent_kafka.Producer(
                {**servers, "compression.type": codec, "enable.idempotence": idempotent}
            )
            for count in range(4):
                producer.produce("plain", b"value" * 30 * count, b"key", headers={"h": b"1"})
            producer.produce("compacted", b"value", b"key")
            producer.flush(_TIMEOUT_S)
    with _step("librdkafka consumes"):
        _librdkafka_consumes(servers)
    with _step("librdkafka in a transaction"):
        _librdkafka_in_a_transaction(servers)
    _librdkafka_administers(servers)


def _librdkafka_consumes(servers: dict[str, str]) -> None:
    import confluent_kafka

    consumer = confluent_kafka.Consumer(
        {**servers, "group.id": _GROUP, "auto.offset.reset": "earliest"}
    )
    consumer.subscribe(["plain", "compacted"])
    consumer.consume(50, 3)
    consumer.commit(asynchronous=False)
    partition = confluent_kafka.TopicPartition("plain", 0, 1)
    consumer.offsets_for_times([partition], timeout=_TIMEOUT_S)
    consumer.committed([partition], timeout=_TIMEOUT_S)
    consumer.get_watermark_offsets(partition, timeout=_TIMEOUT_S)
    consumer.close()


def _librdkafka_in_a_transaction(servers: dict[str, str]) -> None:
    import confluent_kafka

    producer = confluent_kafka.Producer({**servers, "transactional.id": "txn"})
    producer.init_transactions(_TIMEOUT_S)
    consumer = confluent_kafka.Consumer({**servers, "group.id": _GROUP})
    for finish in (producer.commit_transaction, producer.abort_transaction):
        producer.begin_transaction()
        producer.produce("plain", b"transactional")
        offsets = [confluent_kafka.TopicPartition("plain", 0, 1)]
        metadata = consumer.consumer_group_metadata()
        producer.send_offsets_to_transaction(offsets, metadata, _TIMEOUT_S)
        finish(_TIMEOUT_S)
    consumer.close()


def _librdkafka_administers(servers: dict[str, Any]) -> None:
    from confluent_kafka import ConsumerGroupTopicPartitions, TopicCollection, TopicPartition, admin

    client = admin.AdminClient(servers)
    resource = admin.ConfigResource(admin.ResourceType.TOPIC, "plain")
    change = admin.ConfigEntry(
        "retention.ms", "1000000", incremental_operation=admin.AlterConfigOpType.SET
    )
    changed = admin.ConfigResource(admin.ResourceType.TOPIC, "plain", incremental_configs=[change])
    offset = TopicPartition("plain", 0, 1)
    steps: list[Callable[[], Any]] = [
        lambda: client.create_topics([admin.NewTopic("new", 2, 1)]),
        lambda: client.create_partitions([admin.NewPartitions("new", 3)]),
        lambda: client.list_topics(timeout=_TIMEOUT_S),
        lambda: client.describe_topics(TopicCollection(["plain", "new"])),
        lambda: client.describe_configs([resource]),
        lambda: client.incremental_alter_configs([changed]),
        lambda: client.describe_cluster(),
        lambda: client.list_consumer_groups(),
        lambda: client.describe_consumer_groups([_GROUP]),
        lambda: client.list_consumer_group_offsets([ConsumerGroupTopicPartitions(_GROUP)]),
        lambda: client.alter_consumer_group_offsets(
            [ConsumerGroupTopicPartitions(_GROUP, [offset])]
        ),
        lambda: client.list_offsets({offset: admin.OffsetSpec.latest()}),
        lambda: client.delete_records([offset]),
        lambda: client.delete_consumer_groups([_GROUP]),
        lambda: client.delete_topics(["new"]),
    ]
    for number, step in enumerate(steps):
        with _step(f"librdkafka administers, step {number}"):
            result = step()
            for future in result.values() if isinstance(result, dict) else [result]:
                if hasattr(future, "result"):
                    future.result(_TIMEOUT_S)


def _aiokafka(address: str) -> None:
    asyncio.run(_aiokafka_session(address))


async def _aiokafka_session(address: str) -> None:
    import aiokafka
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic

    for options in ({}, {"compression_type": "gzip"}, {"enable_idempotence": True}):
        async with aiokafka.AIOKafkaProducer(bootstrap_servers=address, **options) as producer:
            await producer.send_and_wait("plain", b"value" * 20, b"key", headers=[("h", b"1")])
            await producer.send_and_wait("compacted", b"value", b"key")
    async with aiokafka.AIOKafkaProducer(
        bootstrap_servers=address, transactional_id="txn"
    ) as producer:
        async with producer.transaction():
            await producer.send_and_wait("plain", b"transactional")
            offsets = {aiokafka.TopicPartition("plain", 0): 1}
            await producer.send_offsets_to_transaction(offsets, _GROUP)
        await producer.begin_transaction()
        await producer.send_and_wait("plain", b"transactional")
        await producer.abort_transaction()
    consumer = aiokafka.AIOKafkaConsumer(
        "plain",
        bootstrap_servers=address,
        group_id=_GROUP,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    async with consumer:
        await consumer.getmany(timeout_ms=2000)
        await consumer.commit()
        partition = aiokafka.TopicPartition("plain", 0)
        await consumer.offsets_for_times({partition: 1})
        await consumer.committed(partition)
        await consumer.end_offsets([partition])
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    with _step("aiokafka administers"):
        await admin.create_topics([NewTopic("new", 1, 1)])
        await admin.list_topics()
        await admin.describe_cluster()
        await admin.list_consumer_groups()
        await admin.describe_consumer_groups([_GROUP])
        await admin.list_consumer_group_offsets(_GROUP)
        await admin.delete_topics(["new"])
    await admin.close()


def java_tools(address: str, directory: Path) -> Iterator[tuple[str, list[str], str]]:
    """Give the runs of Apache Kafka's own tools: class, arguments, standard input."""
    servers = ["--bootstrap-server", address]
    topics = "TopicCommand"
    groups = "consumer.group.ConsumerGroupCommand"
    topic = ["--topic", "plain"]
    group = ["--group", _GROUP]
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        produce = [*servers, *topic, "--compression-codec", codec]
        yield "ConsoleProducer", produce, "one\ntwo\n" + "three" * 50 + "\n"
    yield (
        "ConsoleProducer",
        [*servers, "--topic", "compacted", "--property", "parse.key=true"],
        ("key\tvalue\n"),
    )
    transactions = ["--num-records", "20", "--throughput", "-1", "--record-size", "20"]
    for name in ("txn", "other txn"):
        yield "ProducerPerformance", [
            *servers, *topic, *transactions, "--transactional-id", name,
            "--transaction-duration-ms", "50",
        ], ""  # fmt: skip
    yield "consumer.ConsoleConsumer", [
        *servers, *topic, *group, "--from-beginning", "--timeout-ms", "4000",
        "--consumer-property", "isolation.level=read_committed",
    ], ""  # fmt: skip
    yield topics, [*servers, "--create", "--topic", "new", "--partitions", "2"], ""
    yield topics, [*servers, "--alter", "--topic", "new", "--partitions", "3"], ""
    yield topics, [*servers, "--list"], ""
    yield topics, [*servers, "--describe"], ""
    yield groups, [*servers, "--list", "--state"], ""
    yield groups, [*servers, "--describe", *group], ""
    yield groups, [*servers, "--describe", "--members", *group], ""
    yield groups, [*servers, "--reset-offsets", "--to-earliest", "--execute", *topic, *group], ""
    yield groups, [*servers, "--delete-offsets", *topic, *group], ""
    yield groups, [*servers, "--delete", *group], ""
    for time in ("latest", "earliest", "max-timestamp", "1"):
        yield "GetOffsetShell", [*servers, *topic, "--time", time], ""
    yield "LogDirsCommand", [*servers, "--describe", "--topic-list", "plain"], ""
    yield "TransactionsCommand", [*servers, "list"], ""
    yield "TransactionsCommand", [*servers, "describe", "--transactional-id", "txn"], ""
    yield "TransactionsCommand", [
        *servers, "describe-producers", *topic, "--partition", "0",
    ], ""  # fmt: skip
    yield "ClusterTool", ["cluster-id", *servers], ""
    deleted = directory / "delete.json"
    deleted.write_text(
        '{"partitions": [{"topic": "plain", "partition": 0, "offset": 1}], "version": 1}'
    )
    yield "DeleteRecordsCommand", [*servers, "--offset-json-file", str(deleted)], ""
    yield topics, [*servers, "--delete", "--topic", "new"], ""


SESSIONS: dict[str, Callable[[str], None]] = {
    "aiokafka": _aiokafka,
    "kafka-python": _kafka_python,
    "librdkafka": _librdkafka,
    "old-kafka-python": _old_kafka_python,
}
