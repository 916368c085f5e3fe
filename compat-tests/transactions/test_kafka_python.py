"""Transactions of kafka-python."""

from __future__ import annotations

import contextlib

import pytest
from harness import process

kafka = pytest.importorskip("kafka")
from kafka.errors import KafkaError  # noqa: E402
from kafka.structs import OffsetAndMetadata, TopicPartition  # noqa: E402

pytestmark = [pytest.mark.client("kafka_python"), pytest.mark.scenario("transactions")]


@pytest.fixture
def producer(bootstrap, unique):
    with contextlib.ExitStack() as stack:

        def make(transactional_id: str | None = None) -> kafka.KafkaProducer:
            client = kafka.KafkaProducer(
                bootstrap_servers=bootstrap, transactional_id=transactional_id or unique("tx")
            )
            stack.callback(client.close, timeout=5)
            client.init_transactions()
            return client

        yield make


def test_committed_records_count_and_aborted_ones_do_not(topic, producer, view):
    name, client = topic(), producer()
    for turn in range(4):
        client.begin_transaction()
        client.send(name, b"%d" % turn).get(30)
        if turn % 2:
            client.abort_transaction()
        else:
            client.commit_transaction()
    assert view(name) == [b"0", b"2"]


def test_a_zombie_is_fenced(topic, producer, view, unique):
    name, transactional_id = topic(), unique("tx")
    zombie = producer(transactional_id)
    zombie.begin_transaction()
    zombie.send(name, b"of the zombie").get(30)
    successor = producer(transactional_id)
    successor.begin_transaction()
    successor.send(name, b"of the successor").get(30)
    successor.commit_transaction()
    with pytest.raises(KafkaError):
        zombie.commit_transaction()
    assert view(name) == [b"of the successor"]


def test_consumed_positions_are_committed_with_the_transaction(bootstrap, topic, producer, unique):
    name, group, client = topic(), unique("group"), producer()
    place = TopicPartition(name, 0)
    reader = kafka.KafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False
    )
    with contextlib.closing(reader):
        for offset, ends in ((5, client.commit_transaction), (9, client.abort_transaction)):
            client.begin_transaction()
            client.send_offsets_to_transaction({place: OffsetAndMetadata(offset, "", -1)}, group)
            ends()
            # Kafka answers before the offsets count.
            process.eventually(lambda: reader.committed(place) == 5, "committed offsets")
