"""Records that are sent, and come back as they went."""

from confluent_kafka import TopicPartition
from records import assigned, consumer, create_topic, producer, read, send


def round_trip(bootstrap: str, name: str, codec: str) -> dict:
    create_topic(bootstrap, name, 3)
    sent = {(b"key %d" % i, b"value %d" % i, (("number", b"%d" % i),)) for i in range(200)}
    client = producer(bootstrap, compression_type=codec, linger_ms=20)
    send(client, name, [{"key": k, "value": v, "headers": list(h)} for k, v, h in sent])
    with consumer(bootstrap, name, check_crcs=True) as reader:
        reader.subscribe([name])
        found = read(reader, 200)
    assert {(record.key(), record.value(), tuple(record.headers())) for record in found} == sent
    return {"records": len(found)}


def acks(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    # 0 comes last: what a broker refuses, because the topic is so new, nobody sends again.
    for setting in ("all", "1", "0"):
        send(producer(bootstrap, acks=setting), name, [{"value": b"%d" % i} for i in range(10)])
    with assigned(bootstrap, name) as reader:
        return {"records": len(read(reader, 30))}


def idempotence(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    client = producer(bootstrap, enable_idempotence=True, batch_num_messages=10)
    send(client, name, [{"value": b"%d" % i} for i in range(200)])
    with assigned(bootstrap, name) as reader:
        values = [int(record.value()) for record in read(reader, 200)]
        _, end = reader.get_watermark_offsets(TopicPartition(name, 0), timeout=20)
    return {"records": len(values), "in order": values == list(range(200)), "end": end}


def headers(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    pairs = [("a", b"1"), ("a", b"2"), ("b", None)]
    record = {"key": b"k", "value": b"v", "headers": pairs, "timestamp": 1500000000000}
    send(producer(bootstrap), name, [record])
    with assigned(bootstrap, name) as reader:
        (found,) = read(reader, 1)
    return {
        "key": found.key().decode(),
        "value": found.value().decode(),
        "headers": [[key, value and value.decode()] for key, value in found.headers()],
        "timestamp": found.timestamp()[1],
    }


def tombstones(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    send(producer(bootstrap), name, [{"key": b"k", "value": v} for v in (b"v", b"", None)])
    with assigned(bootstrap, name) as reader:
        values = [record.value() for record in read(reader, 3)]
    return {"values": [None if value is None else value.decode() for value in values]}


def five_megabytes(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, max_message_bytes=str(6 << 20))
    value = bytes(range(256)) * (5 << 12)
    send(producer(bootstrap, message_max_bytes=8 << 20), name, [{"value": value}])
    with assigned(bootstrap, name) as reader:
        (found,) = read(reader, 1)
    return {"bytes": len(found.value()), "same": found.value() == value}


def partitioning(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, 4)
    client = producer(bootstrap)
    explicit = send(client, name, [{"value": b"v", "partition": number} for number in range(4)])
    keyed = send(client, name, [{"value": b"v", "key": b"the same"} for _ in range(20)])
    return {
        "explicit": sorted(record.partition() for record in explicit),
        "keyed": len({record.partition() for record in keyed}),
    }


PLAYS = {
    "round_trip": round_trip,
    "acks": acks,
    "idempotence": idempotence,
    "headers": headers,
    "tombstones": tombstones,
    "five_megabytes": five_megabytes,
    "partitioning": partitioning,
}
