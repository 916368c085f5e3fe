"""Clients that are closed when their block ends, and what consumers read."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

TIMEOUT_S = 30


@asynccontextmanager
async def administrator(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def create_topic(bootstrap: str, name: str, partitions: int = 1, **configs: str) -> None:
    # The records of some scenarios are old.
    configs = {"retention_ms": "-1", **configs}
    options = {key.replace("_", "."): value for key, value in configs.items()}
    async with administrator(bootstrap) as admin:
        answer = await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=options)])
        ((_, code, *_),) = answer.topic_errors
        if code:
            raise for_code(code)()

        async def known() -> bool:
            (topic,) = await admin.describe_topics([name])
            return len(topic["partitions"]) == partitions

        await eventually(known, "the topic is known")


async def eventually(
    probe: Callable[[], Awaitable[Any]], what: str, timeout_s: float = TIMEOUT_S
) -> Any:
    deadline = time.monotonic() + timeout_s
    while not (value := await probe()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s} s: {what}")
        await asyncio.sleep(0.05)
    return value


def producing(
    bootstrap: str, **options: Any
) -> AbstractAsyncContextManager[AIOKafkaProducer, bool | None]:
    return AIOKafkaProducer(bootstrap_servers=bootstrap, **options)


def consuming(
    bootstrap: str, *topics: str, **options: Any
) -> AbstractAsyncContextManager[AIOKafkaConsumer, bool | None]:
    options = {"auto_offset_reset": "earliest", "enable_auto_commit": False, **options}
    return AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, **options)


@asynccontextmanager
async def assigned(bootstrap: str, name: str, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """Give a consumer of the topic's first partition that is in no group, at its beginning."""
    async with consuming(bootstrap, **options) as reader:
        reader.assign([TopicPartition(name, 0)])
        reader.seek(TopicPartition(name, 0), 0)
        yield reader


async def read(reader: AIOKafkaConsumer, count: int) -> list[Any]:
    async with asyncio.timeout(TIMEOUT_S):
        return [await reader.getone() for _ in range(count)]


async def stamped(bootstrap: str, name: str, *times_ms: int) -> None:
    """Send a record with each of these timestamps to the topic's first partition."""
    async with producing(bootstrap) as producer:
        for stamp in times_ms:
            await producer.send_and_wait(name, b"%d" % stamp, partition=0, timestamp_ms=stamp)
