"""Records that are sent, and come back as they went."""

from contextlib import closing

from dialect import IDEMPOTENT, PLAIN, create_topic
from kafka import TopicPartition
from kafka.errors import KafkaError
from records import TIMEOUT_S, assigned, consumer, producing, read


def round_trip(bootstrap: str, name: str, codec: str) -> dict:
    create_topic(bootstrap, name, 3)
    sent = {(b"key %d" % i, b"value %d" % i, (("number", b"%d" % i),)) for i in range(200)}
    compression = None if codec == "none" else codec
    with producing(bootstrap, compression_type=compression, linger_ms=20) as producer:
        for key, value, headers in sent:
            producer.send(name, value, key=key, headers=list(headers))
        producer.flush(TIMEOUT_S)
    with closing(consumer(bootstrap, name, group_id=name)) as reader:
        records = read(reader, 200)
    assert {(record.key, record.value, tuple(record.headers)) for record in records} == sent
    return {"records": len(records)}


def acks(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    # 0 comes last: what a broker refuses, because the topic is so new, nobody sends again.
    for setting in ("all", 1, 0):
        with producing(bootstrap, acks=setting, **PLAIN) as producer:
            for i in range(10):
                producer.send(name, b"%d" % i)
            producer.flush(TIMEOUT_S)
            if setting == 0:
                # Release 2.0 keeps what needs no answer until it asks for something that does.
                producer.partitions_for(f"{name}-other")
    with assigned(bootstrap, name) as reader:
        return {"records": len(read(reader, 30))}


def idempotence(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    with producing(
        bootstrap, batch_size=200, max_in_flight_requests_per_connection=5, **IDEMPOTENT
    ) as producer:
        for i in range(200):
            producer.send(name, b"%d" % i)
        producer.flush(TIMEOUT_S)
    with assigned(bootstrap, name) as reader:
        values = [int(record.value) for record in read(reader, 200)]
        end = reader.end_offsets([TopicPartition(name, 0)])[TopicPartition(name, 0)]
    return {"records": len(values), "in order": values == list(range(200)), "end": end}


def headers(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    pairs = [("a", b"1"), ("a", b"2"), ("b", b"")]  # it takes no header without a value
    with producing(bootstrap) as producer:
        sent = producer.send(name, b"v", key=b"k", headers=pairs, timestamp_ms=1500000000000)
        sent.get(TIMEOUT_S)
    with assigned(bootstrap, name) as reader:
        (record,) = read(reader, 1)
    return {
        "key": record.key.decode(),
        "value": record.value.decode(),
        "headers": [[key, value.decode()] for key, value in record.headers],
        "timestamp": record.timestamp,
    }


def tombstones(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    with producing(bootstrap) as producer:
        for value in (b"v", b"", None):
            producer.send(name, value, key=b"k").get(TIMEOUT_S)
    with assigned(bootstrap, name) as reader:
        values = [record.value for record in read(reader, 3)]
    return {"values": [None if value is None else value.decode() for value in values]}


def five_megabytes(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, max_message_bytes=str(6 << 20))
    value = bytes(range(256)) * (5 << 12)
    with producing(bootstrap, max_request_size=8 << 20) as producer:
        producer.send(name, value).get(TIMEOUT_S)
    with assigned(bootstrap, name) as reader:
        (record,) = read(reader, 1)
    return {"bytes": len(record.value), "same": record.value == value}


def too_large(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, max_message_bytes="1000")
    with producing(bootstrap) as producer:
        try:
            producer.send(name, b"x" * 5000).get(TIMEOUT_S)
        except KafkaError as error:
            return {"code": error.errno}
    return {"code": 0}


def partitioning(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, 4)
    with producing(bootstrap) as producer:
        explicit = [producer.send(name, b"v", partition=number) for number in range(4)]
        keyed = [producer.send(name, b"v", key=b"the same") for _ in range(20)]
        return {
            "explicit": [sent.get(TIMEOUT_S).partition for sent in explicit],
            "keyed": len({sent.get(TIMEOUT_S).partition for sent in keyed}),
        }


def volume(bootstrap: str, name: str) -> dict:
    """Ten thousand records in many batches; a scenario of this suite alone."""
    create_topic(bootstrap, name, 4)
    with producing(bootstrap, batch_size=4096, linger_ms=5) as producer:
        for i in range(10_000):
            producer.send(name, b"%d" % i)
        producer.flush(TIMEOUT_S)
    with closing(consumer(bootstrap, name, group_id=name)) as reader:
        values = [int(record.value) for record in read(reader, 10_000)]
    return {"whole": sorted(values) == list(range(10_000))}


def auto_creation(bootstrap: str, name: str) -> dict:
    """A topic that nobody has made; a scenario of this suite alone."""
    with producing(bootstrap) as producer:
        producer.send(name, b"v").get(TIMEOUT_S)
    with assigned(bootstrap, name) as reader:
        return {"records": len(read(reader, 1))}


PLAYS = {
    "round_trip": round_trip,
    "acks": acks,
    "idempotence": idempotence,
    "headers": headers,
    "tombstones": tombstones,
    "five_megabytes": five_megabytes,
    "too_large": too_large,
    "partitioning": partitioning,
    "volume": volume,
    "auto_creation": auto_creation,
}
