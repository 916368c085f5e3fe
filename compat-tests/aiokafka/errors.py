"""What is refused, and with which error's code."""

from collections.abc import Awaitable
from typing import Any

from admin import alter
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from records import administrator, assigned, create_topic, read


async def code_of(answer: Awaitable[Any]) -> dict:
    try:
        await answer
    except KafkaError as error:
        return {"code": error.errno}
    return {"code": 0}


async def unknown_topic(bootstrap: str, name: str) -> dict:
    async with administrator(bootstrap) as admin:
        answer = await admin.delete_topics([name])
    ((_, code),) = answer.topic_error_codes
    return {"code": code}


async def invalid_name(bootstrap: str, name: str) -> dict:
    return await code_of(create_topic(bootstrap, "not a name"))


async def bad_config(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name)
    async with administrator(bootstrap) as admin:
        return await code_of(alter(admin, name, retention_ms="soon"))


async def out_of_range(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name)
    async with assigned(bootstrap, name, auto_offset_reset="none") as reader:
        reader.seek(TopicPartition(name, 0), 1000)
        return await code_of(read(reader, 1))


PLAYS = {
    "unknown_topic": unknown_topic,
    "invalid_name": invalid_name,
    "bad_config": bad_config,
    "out_of_range": out_of_range,
}
