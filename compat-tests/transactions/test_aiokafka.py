"""Transactions of aiokafka, which speaks the oldest versions of their APIs."""

from __future__ import annotations

import asyncio

import pytest

aiokafka = pytest.importorskip("aiokafka")
from aiokafka.errors import ProducerFenced  # noqa: E402
from aiokafka.structs import TopicPartition  # noqa: E402

pytestmark = [pytest.mark.client("aiokafka"), pytest.mark.scenario("transactions")]


def play(scenario) -> None:
    asyncio.run(asyncio.wait_for(scenario, 60))


def test_committed_records_count_and_aborted_ones_do_not(bootstrap, topic, unique, view):
    name = topic()

    async def scenario() -> None:
        client = aiokafka.AIOKafkaProducer(
            bootstrap_servers=bootstrap, transactional_id=unique("tx")
        )
        async with client:
            async with client.transaction():
                await client.send_and_wait(name, b"committed")
            await client.begin_transaction()
            await client.send_and_wait(name, b"aborted")
            await client.abort_transaction()
            async with client.transaction():
                await client.send_and_wait(name, b"committed, too")

    play(scenario())
    assert view(name) == [b"committed", b"committed, too"]


def test_a_zombie_is_fenced(bootstrap, topic, unique, view):
    name, transactional_id = topic(), unique("tx")

    async def scenario() -> None:
        def make() -> aiokafka.AIOKafkaProducer:
            return aiokafka.AIOKafkaProducer(
                bootstrap_servers=bootstrap, transactional_id=transactional_id
            )

        async with make() as zombie:
            await zombie.begin_transaction()
            await zombie.send_and_wait(name, b"of the zombie")
            async with make() as successor, successor.transaction():
                await successor.send_and_wait(name, b"of the successor")
            with pytest.raises(ProducerFenced):
                await zombie.commit_transaction()

    play(scenario())
    assert view(name) == [b"of the successor"]


def test_consumed_positions_are_committed_with_the_transaction(bootstrap, topic, unique, view):
    source, sink, group = topic(), topic(), unique("group")

    async def scenario() -> None:
        client = aiokafka.AIOKafkaProducer(
            bootstrap_servers=bootstrap, transactional_id=unique("tx")
        )
        reader = aiokafka.AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=group,
            enable_auto_commit=False,
            isolation_level="read_committed",
        )
        place = TopicPartition(source, 0)
        async with client, reader:
            reader.assign([place])
            async with client.transaction():
                await client.send(sink, b"made")
                await client.send_offsets_to_transaction({place: 5}, group)
            # Kafka answers before the offsets count.
            while await reader.committed(place) != 5:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            await client.begin_transaction()
            await client.send_offsets_to_transaction({place: 9}, group)
            await client.abort_transaction()
            assert await reader.committed(place) == 5

    play(scenario())
    assert view(sink) == [b"made"]
