"""Records that count when their transaction commits, and only then."""

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import ProducerFenced
from records import assigned, consuming, create_topic, eventually, producing


async def send_five(producer: AIOKafkaProducer, name: str) -> None:
    for i in range(5):
        await producer.send_and_wait(name, b"%d" % i)


async def count(bootstrap: str, name: str, isolation: str) -> int:
    """Read to the end, and tell how many records there were."""
    partition = TopicPartition(name, 0)
    found = 0
    async with assigned(bootstrap, name, isolation_level=isolation) as reader:
        end = (await reader.end_offsets([partition]))[partition]
        while await reader.position(partition) < end:
            batches = await reader.getmany(timeout_ms=200)
            found += sum(map(len, batches.values()))
    return found


async def transactions(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name)
    partition = TopicPartition(name, 0)
    async with producing(bootstrap, transactional_id=name) as producer:
        async with producer.transaction():
            await send_five(producer, name)
        await producer.begin_transaction()
        await send_five(producer, name)
        await producer.abort_transaction()
        async with producer.transaction():
            await send_five(producer, name)
            await producer.send_offsets_to_transaction({partition: 5}, name)
    async with consuming(bootstrap, group_id=name) as reader:

        async def committed() -> int | None:
            return await reader.committed(partition)

        # Kafka answers before the offsets count.
        offset = await eventually(committed, "an offset is committed")
    return {
        "committed": await count(bootstrap, name, "read_committed"),
        "uncommitted": await count(bootstrap, name, "read_uncommitted"),
        "offset": offset,
    }


async def fenced(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name)
    refused = False
    async with producing(bootstrap, transactional_id=name) as first:
        await first.begin_transaction()
        await send_five(first, name)
        # A producer has its epoch when it has started.
        async with producing(bootstrap, transactional_id=name) as second, second.transaction():
            await send_five(second, name)
        try:
            await first.commit_transaction()
        except ProducerFenced:
            refused = True
    return {"fenced": refused, "committed": await count(bootstrap, name, "read_committed")}


PLAYS = {"transactions": transactions, "fenced": fenced}
