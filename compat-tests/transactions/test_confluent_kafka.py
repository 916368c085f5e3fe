"""Transactions of librdkafka."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaException,
    Producer,
    TopicPartition,
)
from harness import process

pytestmark = [pytest.mark.client("confluent_kafka"), pytest.mark.scenario("transactions")]


@pytest.fixture
def producer(bootstrap: str, unique: Callable[[str], str]) -> Callable[..., Producer]:
    """Make a producer that has its epoch."""

    def make(transactional_id: str | None = None, **options: object) -> Producer:
        client = Producer(
            {
                "bootstrap.servers": bootstrap,
                "transactional.id": transactional_id or unique("tx"),
                **{key.replace("_", "."): value for key, value in options.items()},
            }
        )
        client.init_transactions(30)
        return client

    return make


@pytest.fixture
def consumer(bootstrap: str) -> Iterator[Callable[[str, str], Consumer]]:
    with contextlib.ExitStack() as stack:

        def make(group: str, name: str) -> Consumer:
            client = Consumer(
                {
                    "bootstrap.servers": bootstrap,
                    "group.id": group,
                    "enable.auto.commit": False,
                    "auto.offset.reset": "earliest",
                    "isolation.level": "read_committed",
                }
            )
            client.subscribe([name])
            stack.callback(client.close)
            return client

        yield make


def poll(client: Consumer, count: int) -> list[bytes]:
    values: list[bytes] = []
    deadline = time.monotonic() + 30
    while len(values) < count:
        assert time.monotonic() < deadline, f"{len(values)} of {count} records in 30 s"
        message = client.poll(0.2)
        if message is not None:
            assert message.error() is None, message.error()
            values.append(message.value())
    return values


def test_committed_records_count_and_aborted_ones_do_not(topic, producer, view):
    name = topic(2)
    client = producer()
    for turn in range(6):
        client.begin_transaction()
        for index in range(10):
            client.produce(name, b"%d-%d" % (turn, index), partition=index % 2)
        if turn % 3 == 1:
            client.flush(30)
            client.abort_transaction(30)
        else:
            client.commit_transaction(30)
    committed = {b"%d-%d" % (turn, index) for turn in (0, 2, 3, 5) for index in range(10)}
    assert set(view(name)) == committed
    assert len(view(name)) == 40
    assert len(view(name, isolation="read_uncommitted")) == 60


def test_a_committed_read_stops_before_an_open_transaction_and_wakes_at_its_end(
    topic, producer, consumer, unique, view
):
    name = topic()
    reader = consumer(unique("group"), name)
    first = producer()
    first.begin_transaction()
    first.produce(name, b"first")
    first.flush(30)
    second = producer()
    second.begin_transaction()
    second.produce(name, b"second")
    second.commit_transaction(30)
    assert view(name) == []
    first.commit_transaction(30)
    assert poll(reader, 2) == [b"first", b"second"]


def test_a_zombie_is_fenced_and_its_transaction_aborted(topic, producer, view, unique):
    name, transactional_id = topic(), unique("tx")
    zombie = producer(transactional_id)
    zombie.begin_transaction()
    zombie.produce(name, b"of the zombie")
    zombie.flush(30)
    successor = producer(transactional_id)
    successor.begin_transaction()
    successor.produce(name, b"of the successor")
    successor.commit_transaction(30)
    with pytest.raises(KafkaException) as refused:
        zombie.commit_transaction(30)
    assert refused.value.args[0].fatal()
    assert view(name) == [b"of the successor"]


def test_consumed_positions_are_committed_with_what_was_made_of_them(
    topic, producer, consumer, unique, view
):
    source, sink, group = topic(), topic(), unique("group")
    feeder = producer()
    feeder.begin_transaction()
    for index in range(10):
        feeder.produce(source, b"%d" % index)
    feeder.commit_transaction(30)
    reader = consumer(group, source)
    client = producer()
    for outcome in ("abort", "commit"):
        values = poll(reader, 10)
        client.begin_transaction()
        for value in values:
            client.produce(sink, value + b"!")
        client.send_offsets_to_transaction(
            reader.position(reader.assignment()), reader.consumer_group_metadata(), 30
        )
        if outcome == "abort":
            client.abort_transaction(30)
            assert reader.committed([TopicPartition(source, 0)], 30)[0].offset < 0
            reader.seek(TopicPartition(source, 0, 0))
        else:
            client.commit_transaction(30)
    assert (
        reader.committed([TopicPartition(source, 0)], 30)[0].offset
        == reader.position([TopicPartition(source, 0)])[0].offset
    )
    assert view(sink) == [b"%d!" % index for index in range(10)]


def test_an_open_transaction_keeps_stable_offsets_waiting(topic, producer, admin, unique):
    name, group = topic(), unique("group")
    client = producer()
    client.begin_transaction()
    reader = Consumer({"bootstrap.servers": _address(admin), "group.id": group})
    client.send_offsets_to_transaction(
        [TopicPartition(name, 0, 7)], reader.consumer_group_metadata(), 30
    )

    def committed(stable: bool) -> ConsumerGroupTopicPartitions:
        request = [ConsumerGroupTopicPartitions(group, [TopicPartition(name, 0)])]
        futures = admin.list_consumer_group_offsets(
            request, require_stable=stable, request_timeout=3
        )
        return futures[group].result(30).topic_partitions[0]

    found = committed(stable=True)
    assert found.error is not None
    assert found.error.name() == "UNSTABLE_OFFSET_COMMIT"
    assert committed(stable=False).offset == -1001
    client.commit_transaction(30)
    # Kafka answers before the offsets count.
    process.eventually(lambda: committed(stable=True).offset == 7, "a committed offset")
    reader.close()


def _address(admin) -> str:
    [broker] = admin.list_topics(timeout=30).brokers.values()
    return f"{broker.host}:{broker.port}"


def test_a_transaction_that_takes_too_long_is_aborted(topic, producer, view):
    name = topic()
    client = producer(transaction_timeout_ms=1000)
    client.begin_transaction()
    client.produce(name, b"late")
    client.flush(30)
    deadline = time.monotonic() + 30
    other = producer()
    other.begin_transaction()
    other.produce(name, b"in time")
    other.commit_transaction(30)
    while view(name) != [b"in time"]:
        assert time.monotonic() < deadline, "the transaction is still open"
    with pytest.raises(KafkaException):
        client.commit_transaction(30)
    assert view(name) == [b"in time"]
