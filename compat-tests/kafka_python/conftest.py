"""Clients of kafka-python that are closed when a test ends."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest

kafka = pytest.importorskip("kafka")


@pytest.fixture
def clients() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def admin(bootstrap: str, clients: contextlib.ExitStack) -> kafka.KafkaAdminClient:
    client = kafka.KafkaAdminClient(bootstrap_servers=bootstrap)
    clients.callback(client.close)
    return client


@pytest.fixture
def topic(admin: kafka.KafkaAdminClient, unique: Callable[[str], str]) -> Callable[..., str]:
    """Create a topic and give its name."""

    def create(partitions: int = 1, **configs: str) -> str:
        name = unique("topic")
        options = {key.replace("_", "."): value for key, value in configs.items()}
        admin.create_topics(
            {name: {"num_partitions": partitions, "replication_factor": 1, "configs": options}},
            wait_for_metadata=True,
        )
        return name

    return create


@pytest.fixture
def producer(bootstrap: str, clients: contextlib.ExitStack) -> Callable[..., kafka.KafkaProducer]:
    def make(**options: object) -> kafka.KafkaProducer:
        client = kafka.KafkaProducer(bootstrap_servers=bootstrap, **options)
        clients.callback(client.close, timeout=5)
        return client

    return make


@pytest.fixture
def consumer(bootstrap: str, clients: contextlib.ExitStack) -> Callable[..., kafka.KafkaConsumer]:
    def make(*topics: str, **options: object) -> kafka.KafkaConsumer:
        # A leader that shared out a topic before it knew it looks again after the metadata's age.
        options = {"auto_offset_reset": "earliest", "metadata_max_age_ms": 3000, **options}
        client = kafka.KafkaConsumer(*topics, bootstrap_servers=bootstrap, **options)
        clients.callback(client.close, autocommit=False, timeout_ms=5000)
        # One that leads a group before it knows its topic joins again and again, with Kafka too.
        for topic in topics:
            client.partitions_for_topic(topic)
        return client

    return make


@pytest.fixture
def read() -> Callable[..., list]:
    """Poll until `count` records have come, and give them."""

    def poll(client: kafka.KafkaConsumer, count: int, timeout_s: float = 30.0) -> list:
        records: list = []
        deadline = time.monotonic() + timeout_s
        while len(records) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(records)} of {count} records in {timeout_s:g} s")
            for batch in client.poll(timeout_ms=200).values():
                records += batch
        return records

    return poll
