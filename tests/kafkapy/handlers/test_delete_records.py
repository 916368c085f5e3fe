"""DeleteRecords over the wire: the start of a log moves, where that is allowed."""

from __future__ import annotations

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.delete_records import (
    DeleteRecordsPartition,
    DeleteRecordsRequest,
    DeleteRecordsTopic,
)
from tests.kafkapy.handlers.admin_client import AdminClient, admin_client


def delete(
    client: AdminClient, offset: int, topic: str = "t", partition: int = 0, version: int = 2
) -> tuple[int, int]:
    asked = DeleteRecordsPartition(partition_index=partition, offset=offset)
    request = DeleteRecordsRequest(topics=[DeleteRecordsTopic(name=topic, partitions=[asked])])
    result = client.call(request, version).topics[0].partitions[0]
    return result.error_code, result.low_watermark


@pytest.mark.parametrize("version", range(3))
def test_the_start_moves_forward_only_and_at_most_to_the_end(version: int) -> None:
    out_of_range = (ErrorCode.OFFSET_OUT_OF_RANGE, -1)
    with admin_client() as client:
        client.create("t")
        client.produce("t", *range(1000, 1005))
        assert delete(client, 0, version=version) == (0, 0)
        assert delete(client, 3, version=version) == (0, 3)
        assert delete(client, 2, version=version) == (0, 3)
        assert delete(client, 6, version=version) == out_of_range
        assert delete(client, -2, version=version) == out_of_range
        assert delete(client, -1, version=version) == (0, 5)
        assert delete(client, 5, version=version) == (0, 5)


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("compact", ErrorCode.POLICY_VIOLATION),
        ("compact,delete", ErrorCode.NONE),
        ("delete", ErrorCode.NONE),
    ],
)
def test_a_topic_that_is_only_compacted_keeps_its_records(policy: str, code: ErrorCode) -> None:
    with admin_client() as client:
        client.create("t", cleanup_policy=policy)
        client.produce("t", 1000, 2000)
        assert delete(client, 1)[0] == code


def test_what_does_not_exist_is_unknown() -> None:
    unknown = (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1)
    with admin_client() as client:
        client.create("t")
        for topic, partition in (("t", 1), ("t", -1), ("nope", 0), ("__cluster_metadata", 0)):
            assert delete(client, 0, topic, partition) == unknown


def test_internal_topics_keep_their_records() -> None:
    with admin_client() as client:
        client.create("__consumer_offsets")
        assert delete(client, 0, "__consumer_offsets")[0] == ErrorCode.INVALID_TOPIC_EXCEPTION


def test_the_last_offset_that_is_asked_for_is_the_one() -> None:
    with admin_client() as client:
        client.create("t", 2)
        client.produce("t", *range(1000, 1005))
        asked = [DeleteRecordsPartition(partition_index=0, offset=at) for at in (7, 4, 2)]
        topics = [DeleteRecordsTopic(name="t", partitions=asked)] * 2
        [topic] = client.call(DeleteRecordsRequest(topics=topics), 2).topics
        [partition] = topic.partitions
        assert (partition.error_code, partition.low_watermark) == (0, 2)
