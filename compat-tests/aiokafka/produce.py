"""Records that are sent, and come back as they went."""

import asyncio

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from records import assigned, consuming, create_topic, producing, read


async def round_trip(bootstrap: str, name: str, codec: str) -> dict:
    await create_topic(bootstrap, name, 3)
    sent = {(b"key %d" % i, b"value %d" % i, (("number", b"%d" % i),)) for i in range(200)}
    compression = None if codec == "none" else codec
    async with producing(bootstrap, compression_type=compression, linger_ms=20) as producer:
        delivered = [
            await producer.send(name, value, key=key, headers=list(headers))
            for key, value, headers in sent
        ]
        await asyncio.gather(*delivered)
    async with consuming(bootstrap, name, group_id=name) as reader:
        records = await read(reader, 200)
    assert {(record.key, record.value, record.headers) for record in records} == sent
    return {"records": len(records)}


async def acks(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name)
    # 0 comes last: what a broker refuses, because the topic is so new, nobody sends again.
    for setting in ("all", 1, 0):
        async with producing(bootstrap, acks=setting) as producer:
            for i in range(10):
                await producer.send_and_wait(name, b"%d" % i)
    async with assigned(bootstrap, name) as reader:
        return {"records": len(await read(reader, 30))}


async def idempotence(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name)
    async with producing(bootstrap, enable_idempotence=True, max_batch_size=200) as producer:
        delivered = [await producer.send(name, b"%d" % i) for i in range(200)]
        await asyncio.gather(*delivered)
    partition = TopicPartition(name, 0)
    async with assigned(bootstrap, name) as reader:
        values = [int(record.value) for record in await read(reader, 200)]
        end = (await reader.end_offsets([partition]))[partition]
    return {"records": len(values), "in order": values == list(range(200)), "end": end}


async def headers(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name)
    pairs = [("a", b"1"), ("a", b"2"), ("b", None)]
    async with producing(bootstrap) as producer:
        await producer.send_and_wait(
            name, b"v", key=b"k", headers=pairs, timestamp_ms=1500000000000
        )
    async with assigned(bootstrap, name) as reader:
        (record,) = await read(reader, 1)
    return {
        "key": record.key.decode(),
        "value": record.value.decode(),
        "headers": [[key, value and value.decode()] for key, value in record.headers],
        "timestamp": record.timestamp,
    }


async def tombstones(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name)
    async with producing(bootstrap) as producer:
        for value in (b"v", b"", None):
            await producer.send_and_wait(name, value, key=b"k")
    async with assigned(bootstrap, name) as reader:
        values = [record.value for record in await read(reader, 3)]
    return {"values": [None if value is None else value.decode() for value in values]}


async def five_megabytes(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name, max_message_bytes=str(6 << 20))
    value = bytes(range(256)) * (5 << 12)
    async with producing(bootstrap, max_request_size=8 << 20) as producer:
        await producer.send_and_wait(name, value)
    async with assigned(bootstrap, name) as reader:
        (record,) = await read(reader, 1)
    return {"bytes": len(record.value), "same": record.value == value}


async def too_large(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name, max_message_bytes="1000")
    async with producing(bootstrap) as producer:
        try:
            await producer.send_and_wait(name, b"x" * 5000)
        except KafkaError as error:
            return {"code": error.errno}
    return {"code": 0}


async def partitioning(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name, 4)
    async with producing(bootstrap) as producer:
        explicit = [
            await producer.send_and_wait(name, b"v", partition=number) for number in range(4)
        ]
        keyed = [await producer.send_and_wait(name, b"v", key=b"the same") for _ in range(20)]
    return {
        "explicit": [sent.partition for sent in explicit],
        "keyed": len({sent.partition for sent in keyed}),
    }


PLAYS = {
    "round_trip": round_trip,
    "acks": acks,
    "idempotence": idempotence,
    "headers": headers,
    "tombstones": tombstones,
    "five_megabytes": five_megabytes,
    "too_large": too_large,
    "partitioning": partitioning,
}
