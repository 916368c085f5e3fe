"""Consumers and what they read."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

TIMEOUT_S = 30


@contextmanager
def producing(bootstrap: str, **options: Any) -> Iterator[KafkaProducer]:
    producer = KafkaProducer(bootstrap_servers=bootstrap, **options)
    try:
        yield producer
    finally:
        producer.close(timeout=5)


def consumer(bootstrap: str, *topics: str, **options: Any) -> KafkaConsumer:
    # A leader that shared out a topic before it knew it looks again after the metadata's age.
    defaults = {"auto_offset_reset": "earliest", "metadata_max_age_ms": 3000}
    options = {"enable_auto_commit": False, **defaults, **options}
    reader = KafkaConsumer(*topics, bootstrap_servers=bootstrap, **options)
    for topic in topics:
        reader.partitions_for_topic(topic)
    return reader


@contextmanager
def assigned(bootstrap: str, name: str, **options: Any) -> Iterator[KafkaConsumer]:
    """Give a consumer of the topic's first partition that is in no group, at its beginning."""
    with closing(consumer(bootstrap, **options)) as reader:
        reader.assign([TopicPartition(name, 0)])
        reader.seek(TopicPartition(name, 0), 0)
        yield reader


def read(reader: KafkaConsumer, count: int) -> list[Any]:
    """Poll until `count` records have come, and give them."""
    records: list[Any] = []
    deadline = time.monotonic() + TIMEOUT_S
    while len(records) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(records)} of {count} records in {TIMEOUT_S} s")
        for batch in reader.poll(timeout_ms=200, max_records=count - len(records)).values():
            records += batch
    return records


def stamped(bootstrap: str, name: str, *times_ms: int) -> None:
    """Send a record with each of these timestamps to the topic's first partition."""
    with producing(bootstrap) as producer:
        for stamp in times_ms:
            sent = producer.send(name, b"%d" % stamp, partition=0, timestamp_ms=stamp)
            sent.get(TIMEOUT_S)
