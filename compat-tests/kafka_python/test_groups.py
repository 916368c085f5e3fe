"""Consumer groups with kafka-python."""

from __future__ import annotations

import time

import kafka
import pytest

P = kafka.TopicPartition


@pytest.mark.scenario("commits")
def test_an_asynchronous_commit_keeps_its_metadata(topic, unique, producer, consumer, read):
    name, group = topic(), unique("group")
    producer().send(name, b"v").get(timeout=30)
    client = consumer(name, group_id=group, enable_auto_commit=False)
    read(client, 1)
    future = client.commit_async({P(name, 0): kafka.OffsetAndMetadata(1, "note", -1)})
    deadline = time.monotonic() + 20
    while not future.is_done and time.monotonic() < deadline:
        client.poll(timeout_ms=50)
    assert future.succeeded(), future
    kept = client.committed(P(name, 0), metadata=True)
    assert (kept.offset, kept.metadata) == (1, "note")
