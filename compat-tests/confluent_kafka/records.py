"""Topics, and records that are sent to them and read."""

import functools
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

TIMEOUT_S = 30


@functools.cache
def administrator(bootstrap: str) -> AdminClient:
    """Give the one that there is: one that is gone has no answer to what it was asked."""
    return AdminClient({"bootstrap.servers": bootstrap})


def result(futures: Mapping[Any, Any]) -> Any:
    """Give the only answer to a request of the admin client; its error is raised."""
    (future,) = futures.values()
    return future.result(TIMEOUT_S)


def create_topic(bootstrap: str, name: str, partitions: int = 1, **configs: str) -> None:
    # The records of some scenarios are old.
    configs = {"retention_ms": "-1", **configs}
    options = {key.replace("_", "."): value for key, value in configs.items()}
    result(administrator(bootstrap).create_topics([NewTopic(name, partitions, 1, config=options)]))


def producer(bootstrap: str, **options: Any) -> Producer:
    config = {key.replace("_", "."): value for key, value in options.items()}
    return Producer({"bootstrap.servers": bootstrap, **config})


def send(client: Producer, name: str, records: Iterable[Mapping[str, Any]]) -> list[Message]:
    """Send records, wait, and give them as they were delivered; an error is raised."""
    delivered: list[Message] = []
    failed: list[Any] = []

    def report(error: Any, message: Message) -> None:
        if error:
            failed.append(error)
        else:
            delivered.append(message)

    for record in records:
        client.produce(name, on_delivery=report, **record)
        client.poll(0)
    if client.flush(TIMEOUT_S):
        raise TimeoutError(f"not delivered within {TIMEOUT_S} s")
    if failed:
        raise KafkaException(failed[0])
    return delivered


def stamped(bootstrap: str, name: str, *times_ms: int) -> None:
    """Send a record with each of these timestamps to the topic's first partition."""
    records = [{"value": b"%d" % stamp, "timestamp": stamp} for stamp in times_ms]
    send(producer(bootstrap), name, [{**record, "partition": 0} for record in records])


@contextmanager
def consumer(
    bootstrap: str, group: str, callbacks: Mapping[str, Any] | None = None, **options: Any
) -> Iterator[Consumer]:
    config = {key.replace("_", "."): value for key, value in options.items()}
    defaults = {"auto.offset.reset": "earliest", "enable.auto.commit": False}
    where = {"bootstrap.servers": bootstrap, "group.id": group}
    with closing(Consumer({**where, **defaults, **config, **(callbacks or {})})) as client:
        yield client


@contextmanager
def assigned(bootstrap: str, name: str, offset: int = 0, **options: Any) -> Iterator[Consumer]:
    """Give a consumer of the topic's first partition that joins no group."""
    with consumer(bootstrap, name, **options) as client:
        client.assign([TopicPartition(name, 0, offset)])
        yield client


def read(client: Consumer, count: int) -> list[Message]:
    """Poll until `count` records have come, and give them."""
    records: list[Message] = []
    deadline = time.monotonic() + TIMEOUT_S
    while len(records) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(records)} of {count} records in {TIMEOUT_S} s")
        message = client.poll(0.2)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        records.append(message)
    return records


def offset_of(client: Consumer) -> int:
    """Give the offset of the next record that comes."""
    return read(client, 1)[0].offset()
