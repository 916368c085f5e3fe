"""Where reading begins, stops and goes on."""

import asyncio
import collections

from aiokafka import AIOKafkaConsumer, TopicPartition
from harness import player
from records import TIMEOUT_S, assigned, consuming, create_topic, producing, read, stamped


async def consume_from(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name)
    await stamped(bootstrap, name, *range(1000, 11000, 1000))
    partition = TopicPartition(name, 0)
    async with consuming(bootstrap) as reader:
        reader.assign([partition])

        async def first() -> int:
            return (await read(reader, 1))[0].offset

        await reader.seek_to_end(partition)
        assert await reader.position(partition) == 10
        await stamped(bootstrap, name, 11000)
        latest = await first()
        await reader.seek_to_beginning(partition)
        earliest = await first()
        reader.seek(partition, 7)
        offset = await first()
        found = await reader.offsets_for_times({partition: 4500})
        reader.seek(partition, found[partition].offset)
        return {"earliest": earliest, "latest": latest, "offset": offset, "time": await first()}


async def pause_and_seek(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name)
    await stamped(bootstrap, name, *range(1000, 11000, 1000))
    partition = TopicPartition(name, 0)
    async with assigned(bootstrap, name) as reader:
        reader.pause(partition)
        paused = await reader.getmany(timeout_ms=500)
        reader.resume(partition)
        (resumed,) = await read(reader, 1)
        reader.seek(partition, 3)
        (sought,) = await read(reader, 1)
    return {"paused": len(paused), "resumed": resumed.offset, "sought": sought.offset}


async def commits(bootstrap: str, name: str) -> dict:
    """The client has no call that commits and does not wait; a task of asyncio's is one."""
    await create_topic(bootstrap, name)
    partition = TopicPartition(name, 0)
    await stamped(bootstrap, name, *range(1000, 9000, 1000))
    async with consuming(bootstrap, name, group_id=name) as reader:
        await read(reader, 8)
        await reader.commit()
        first = await reader.committed(partition)
        await stamped(bootstrap, name, *range(9000, 13000, 1000))
        await read(reader, 4)
        task = asyncio.create_task(reader.commit())
        await task
        second = await reader.committed(partition)
    await stamped(bootstrap, name, 13000)
    async with consuming(bootstrap, name, group_id=name) as reader:
        (following,) = await read(reader, 1)
    return {"sync": first, "async": second, "next": following.offset}


async def restart(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name)
    found: collections.Counter[int] = collections.Counter()
    async with (
        producing(bootstrap, enable_idempotence=True, request_timeout_ms=60_000) as producer,
        assigned(bootstrap, name) as reader,
    ):
        async with asyncio.timeout(2 * TIMEOUT_S), asyncio.TaskGroup() as tasks:
            tasks.create_task(produce(producer, name))
            tasks.create_task(count(reader, found))
        # Whatever was written twice lies before this record.
        await producer.send_and_wait(name, b"300")
        while 300 not in found:
            found[int((await read(reader, 1))[0].value)] += 1
    return {"lost": 301 - len(found), "twice": found.total() - len(found)}


async def produce(producer, name: str) -> None:
    for i in range(300):
        await producer.send_and_wait(name, b"%d" % i)


async def count(reader: AIOKafkaConsumer, found: collections.Counter[int]) -> None:
    while len(found) < 300:
        record = await reader.getone()
        found[int(record.value)] += 1
        if len(found) == 100 and found.total() == 100:
            player.halfway()


async def times(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name)
    await stamped(bootstrap, name, 1000, 3000, 2000)
    partition = TopicPartition(name, 0)
    async with consuming(bootstrap) as reader:

        async def at(time_ms: int) -> int:
            found = (await reader.offsets_for_times({partition: time_ms}))[partition]
            return found.offset if found else -1

        return {"early": await at(1), "between": await at(1500), "late": await at(9000)}


PLAYS = {
    "consume_from": consume_from,
    "pause_and_seek": pause_and_seek,
    "commits": commits,
    "restart": restart,
    "times": times,
}
