"""DescribeLogDirs over the wire."""

from __future__ import annotations

import pytest

from kafkapy.wire.messages.describe_log_dirs import (
    DescribableLogDirTopic,
    DescribeLogDirsRequest,
)
from tests.kafkapy.handlers.admin_client import AdminClient, admin_client


def sizes(
    client: AdminClient, asked: dict[str, list[int]] | None, version: int = 4
) -> dict[tuple[str, int], int]:
    topics = (
        None
        if asked is None
        else [DescribableLogDirTopic(topic=t, partitions=p) for t, p in asked.items()]
    )
    [result] = client.call(DescribeLogDirsRequest(topics=topics), version).results
    assert (result.error_code, bool(result.log_dir)) == (0, True)
    return {
        (topic.name, partition.partition_index): partition.partition_size
        for topic in result.topics
        for partition in topic.partitions
    }


@pytest.mark.parametrize("version", range(6))
def test_every_partition_has_its_size(version: int) -> None:
    with admin_client() as client:
        client.create("t", 2)
        client.produce("t", 1000)
        found = sizes(client, None, version)
        assert set(found) == {("t", 0), ("t", 1)}
        assert found["t", 0] > found["t", 1] == 0


def test_only_existing_partitions_that_were_asked_for_are_described() -> None:
    with admin_client() as client:
        client.create("t", 2)
        client.create("u")
        assert set(sizes(client, {"t": [1, 7, -1], "nope": [0]})) == {("t", 1)}
        assert sizes(client, {}) == {}


def test_what_is_asked_for_twice_is_described_once() -> None:
    with admin_client() as client:
        client.create("t", 2)
        asked = [DescribableLogDirTopic(topic="t", partitions=[1, 1])] * 2
        [result] = client.call(DescribeLogDirsRequest(topics=asked), 4).results
        [topic] = result.topics
        assert [partition.partition_index for partition in topic.partitions] == [1]
