"""Compaction as a broker does it by itself: the keys that steer it, and what groups see of it."""

from __future__ import annotations

from pathlib import Path

from kafkapy.testing import Broker
from kafkapy.wire.messages.find_coordinator import FindCoordinatorRequest
from kafkapy.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kafkapy.wire.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from tests.kafkapy.wire_client import RawClient

CONFIG = {
    "offsets.topic.num.partitions": "1",
    "offsets.topic.segment.bytes": "1048576",
    "log.cleaner.backoff.ms": "10",
    "log.cleaner.min.cleanable.ratio": "0",
}
MOST_COMMITS = 20_000


def commit(client: RawClient, offset: int) -> None:
    partition = OffsetCommitRequestPartition(
        partition_index=0, committed_offset=offset, committed_metadata="x" * 4000
    )
    topics = [OffsetCommitRequestTopic(name="orders", partitions=[partition])]
    response = client.call(OffsetCommitRequest(group_id=f"g{offset % 3}", topics=topics), 9)
    assert response.topics[0].partitions[0].error_code == 0


def find_coordinator(client: RawClient) -> None:
    """Make the broker create the topic of the offsets."""
    response = client.call(FindCoordinatorRequest(coordinator_keys=["g0"]), 4)
    assert response.coordinators[0].error_code == 0


def committed(client: RawClient) -> list[int]:
    groups = [
        OffsetFetchRequestGroup(
            group_id=f"g{number}",
            topics=[OffsetFetchRequestTopics(name="orders", partition_indexes=[0])],
        )
        for number in range(3)
    ]
    response = client.call(OffsetFetchRequest(groups=groups), 9)
    return [group.topics[0].partitions[0].committed_offset for group in response.groups]


def is_compacted(data_dir: Path) -> bool:
    checkpoint = data_dir / "cleaner-offset-checkpoint"
    return checkpoint.exists() and "__consumer_offsets" in checkpoint.read_text()


def test_groups_find_their_offsets_after_a_compaction_and_a_restart(tmp_path: Path) -> None:
    with (
        Broker(CONFIG, data_dir=tmp_path, topics=["orders"]) as broker,
        RawClient(broker.bootstrap_servers) as client,
    ):
        find_coordinator(client)
        last = 0
        while not is_compacted(tmp_path) and last < MOST_COMMITS:
            commit(client, last)
            last += 1
        assert is_compacted(tmp_path)
        expected = [max(range(number, last, 3)) for number in range(3)]
        assert committed(client) == expected
    with (
        Broker(CONFIG, data_dir=tmp_path) as broker,
        RawClient(broker.bootstrap_servers) as client,
    ):
        assert committed(client) == expected


def test_nothing_is_compacted_where_the_cleaner_is_off(tmp_path: Path) -> None:
    config = CONFIG | {"log.cleaner.enable": "false"}
    with (
        Broker(config, data_dir=tmp_path, topics=["orders"]) as broker,
        RawClient(broker.bootstrap_servers) as client,
    ):
        find_coordinator(client)
        for offset in range(600):
            commit(client, offset)
    assert not is_compacted(tmp_path)
