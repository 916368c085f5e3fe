"""Topics for transactions, and two views of a partition: what is there, and what counts."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

confluent_kafka = pytest.importorskip("confluent_kafka")
confluent_admin = pytest.importorskip("confluent_kafka.admin")


@pytest.fixture
def admin(bootstrap: str) -> confluent_admin.AdminClient:
    return confluent_admin.AdminClient({"bootstrap.servers": bootstrap})


@pytest.fixture
def topic(admin: confluent_admin.AdminClient, unique: Callable[[str], str]) -> Callable[..., str]:
    """Create a topic and give its name."""

    def create(partitions: int = 1) -> str:
        name = unique("topic")
        admin.create_topics([confluent_admin.NewTopic(name, partitions, 1)])[name].result(30)
        return name

    return create


@pytest.fixture
def view(
    request: pytest.FixtureRequest, unique: Callable[[str], str]
) -> Callable[..., list[bytes]]:
    """Read a topic with a stock consumer up to its end, and give the values in order."""

    def read(
        name: str, *, isolation: str = "read_committed", bootstrap: str | None = None
    ) -> list[bytes]:
        client = confluent_kafka.Consumer(
            {
                "bootstrap.servers": bootstrap or request.getfixturevalue("bootstrap"),
                "group.id": unique("view"),
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "isolation.level": isolation,
            }
        )
        try:
            partitions = client.list_topics(name, 30).topics[name].partitions
            client.assign([confluent_kafka.TopicPartition(name, index, 0) for index in partitions])
            return _until_ends(client, len(partitions))
        finally:
            client.close()

    return read


def _until_ends(client: confluent_kafka.Consumer, ends: int) -> list[bytes]:
    values: list[bytes] = []
    reached = set()
    deadline = time.monotonic() + 30
    while len(reached) < ends:
        assert time.monotonic() < deadline, f"{len(reached)} of {ends} partitions were read"
        message = client.poll(0.2)
        if message is None:
            continue
        error = message.error()
        if error is None:
            values.append(message.value())
        elif error.code() == confluent_kafka.KafkaError._PARTITION_EOF:
            reached.add(message.partition())
        else:
            raise confluent_kafka.KafkaException(error)
    return values
