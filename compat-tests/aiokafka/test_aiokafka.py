"""Records, groups and administration with aiokafka."""

from __future__ import annotations

import contextlib

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.errors import MessageSizeTooLargeError, OffsetOutOfRangeError
from aiokafka.structs import OffsetAndMetadata


@contextlib.asynccontextmanager
async def started(client):
    await client.start()
    try:
        yield client
    finally:
        await (client.close if isinstance(client, AIOKafkaAdminClient) else client.stop)()


async def create(bootstrap: str, name: str, partitions: int = 1, **configs: str) -> None:
    async with started(AIOKafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
        options = {key.replace("_", "."): value for key, value in configs.items()}
        answer = await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=options)])
        assert [entry[1] for entry in answer.topic_errors] == [0]


def reader(bootstrap: str, *topics: str, **options):
    options = {"auto_offset_reset": "earliest", "enable_auto_commit": False, **options}
    return started(AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, **options))


async def read(consumer: AIOKafkaConsumer, count: int) -> list:
    return [await consumer.getone() for _ in range(count)]


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
@pytest.mark.scenario("codecs", "idempotence")
def test_each_codec_comes_back_as_it_went(codec, bootstrap, unique, play):
    async def scenario():
        name = unique("topic")
        await create(bootstrap, name)
        client = AIOKafkaProducer(
            bootstrap_servers=bootstrap, compression_type=codec, enable_idempotence=True
        )
        async with started(client) as producer:
            batch = producer.create_batch()
            for i in range(30):
                batch.append(key=b"k", value=b"%d" % i * 300, timestamp=1000 + i)
            await (await producer.send_batch(batch, name, partition=0))
        async with reader(bootstrap, name) as consumer:
            records = await read(consumer, 30)
        assert [record.value for record in records] == [b"%d" % i * 300 for i in range(30)]
        assert [record.timestamp for record in records] == [1000 + i for i in range(30)]

    play(scenario())


@pytest.mark.scenario("large", "errors")
def test_a_record_above_the_limit_of_its_topic_is_refused(bootstrap, unique, play):
    async def scenario():
        name = unique("topic")
        await create(bootstrap, name, max_message_bytes="1000")
        async with started(AIOKafkaProducer(bootstrap_servers=bootstrap)) as producer:
            with pytest.raises(MessageSizeTooLargeError):
                await producer.send_and_wait(name, b"x" * 2000)
            assert (await producer.send_and_wait(name, b"x")).offset == 0

    play(scenario())


@pytest.mark.scenario("seek", "timestamps")
def test_seeks_times_and_bounds(bootstrap, unique, play):
    async def scenario():
        name = unique("topic")
        partition = TopicPartition(name, 0)
        await create(bootstrap, name)
        async with started(AIOKafkaProducer(bootstrap_servers=bootstrap)) as producer:
            for i in range(10):
                await producer.send_and_wait(name, b"%d" % i, timestamp_ms=1000 + 100 * i)
        async with reader(bootstrap, auto_offset_reset="none") as consumer:
            consumer.assign([partition])
            found = await consumer.offsets_for_times({partition: 1450})
            assert found[partition][:2] == (5, 1500)
            assert await consumer.beginning_offsets([partition]) == {partition: 0}
            assert await consumer.end_offsets([partition]) == {partition: 10}
            consumer.seek(partition, 7)
            assert [record.offset for record in await read(consumer, 3)] == [7, 8, 9]
            consumer.seek(partition, 1000)
            with pytest.raises(OffsetOutOfRangeError):
                await consumer.getone()

    play(scenario())


@pytest.mark.scenario("admin topics", "admin partitions", "admin records", "admin groups")
def test_an_administrator_changes_topics(bootstrap, unique, play):
    async def scenario():
        name, group = unique("topic"), unique("group")
        partition = TopicPartition(name, 0)
        await create(bootstrap, name, 2)
        async with started(AIOKafkaProducer(bootstrap_servers=bootstrap)) as producer:
            for _ in range(5):
                await producer.send_and_wait(name, b"v", partition=0)
        async with started(AIOKafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
            await admin.create_partitions({name: NewPartitions(3)})
            (described,) = await admin.describe_topics([name])
            assert len(described["partitions"]) == 3
            marks = await admin.delete_records({partition: RecordsToDelete(before_offset=3)})
            assert marks == {partition: 3}
            async with reader(bootstrap, group_id=group) as consumer:
                consumer.assign([partition])
                await consumer.commit({partition: OffsetAndMetadata(4, "note")})
            offsets = await admin.list_consumer_group_offsets(group)
            assert offsets[partition] == OffsetAndMetadata(4, "note")
            assert group in {entry[0] for entry in await admin.list_consumer_groups()}
            await admin.delete_topics([name])
            assert name not in await admin.list_topics()

    play(scenario())


@pytest.mark.scenario("auto-creation")
def test_a_topic_comes_into_being_when_it_is_written(bootstrap, unique, play):
    async def scenario():
        name = unique("auto")
        async with started(AIOKafkaProducer(bootstrap_servers=bootstrap)) as producer:
            await producer.send_and_wait(name, b"v")
        async with reader(bootstrap, name) as consumer:
            assert [record.value for record in await read(consumer, 1)] == [b"v"]

    play(scenario())


@pytest.mark.scenario("volume")
def test_many_batches_arrive_whole(bootstrap, unique, play):
    async def scenario():
        name = unique("topic")
        await create(bootstrap, name, 4)
        client = AIOKafkaProducer(bootstrap_servers=bootstrap, max_batch_size=4096, linger_ms=5)
        async with started(client) as producer:
            for i in range(10_000):
                await producer.send(name, b"%d" % i)
        async with reader(bootstrap, name) as consumer:
            records = await read(consumer, 10_000)
        assert sorted(int(record.value) for record in records) == list(range(10_000))

    play(scenario())
