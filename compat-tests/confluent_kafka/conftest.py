"""Clients of confluent-kafka (librdkafka) that are closed when a test ends."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest

confluent_kafka = pytest.importorskip("confluent_kafka")
confluent_admin = pytest.importorskip("confluent_kafka.admin")


@pytest.fixture
def clients() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def admin(bootstrap: str) -> confluent_admin.AdminClient:
    return confluent_admin.AdminClient({"bootstrap.servers": bootstrap})


@pytest.fixture
def topic(admin: confluent_admin.AdminClient, unique: Callable[[str], str]) -> Callable[..., str]:
    """Create a topic and give its name."""

    def create(partitions: int = 1, **configs: str) -> str:
        name = unique("topic")
        options = {key.replace("_", "."): value for key, value in configs.items()}
        new = confluent_admin.NewTopic(name, partitions, 1, config=options)
        admin.create_topics([new])[name].result(30)
        return name

    return create


@pytest.fixture
def producer(bootstrap: str) -> Callable[..., confluent_kafka.Producer]:
    def make(**options: object) -> confluent_kafka.Producer:
        config = {key.replace("_", "."): value for key, value in options.items()}
        return confluent_kafka.Producer({"bootstrap.servers": bootstrap, **config})

    return make


@pytest.fixture
def consumer(
    bootstrap: str, clients: contextlib.ExitStack, unique: Callable[[str], str]
) -> Callable[..., confluent_kafka.Consumer]:
    def make(**options: object) -> confluent_kafka.Consumer:
        config = {
            "bootstrap.servers": bootstrap,
            "group.id": unique("group"),
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            **{key.replace("_", "."): value for key, value in options.items()},
        }
        if "on.commit" in config:  # the one name that the binding spells with an underscore
            config["on_commit"] = config.pop("on.commit")
        client = confluent_kafka.Consumer(config)
        clients.callback(client.close)
        return client

    return make


@pytest.fixture
def read() -> Callable[..., list]:
    """Poll until `count` records have come, and give them."""

    def poll(client: confluent_kafka.Consumer, count: int, timeout_s: float = 30.0) -> list:
        records: list = []
        deadline = time.monotonic() + timeout_s
        while len(records) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(records)} of {count} records in {timeout_s:g} s")
            message = client.poll(0.2)
            if message is None:
                continue
            if message.error():
                raise confluent_kafka.KafkaException(message.error())
            records.append(message)
        return records

    return poll


@pytest.fixture
def send() -> Callable[..., list]:
    """Produce one record per value and give the delivered messages; an error is raised."""

    def produce(client: confluent_kafka.Producer, name: str, values, **options: object) -> list:
        delivered: list = []
        failed: list = []

        def report(error: object, message: object) -> None:
            (failed if error else delivered).append(error or message)

        for value in values:
            client.produce(name, value, on_delivery=report, **options)
            client.poll(0)
        assert client.flush(60) == 0
        if failed:
            raise confluent_kafka.KafkaException(failed[0])
        return delivered

    return produce
