"""ListOffsets over the wire: by timestamp, and the special timestamps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.delete_records import (
    DeleteRecordsPartition,
    DeleteRecordsRequest,
    DeleteRecordsTopic,
)
from kafkapy.wire.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsPartitionResponse,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from tests.kafkapy.handlers.admin_client import AdminClient, admin_client


@pytest.fixture
def client() -> Iterator[AdminClient]:
    """A broker with a topic of six records in two batches, and an empty second partition."""
    with admin_client() as client:
        client.create("t", 2)
        client.produce("t", 1000, 1010, 1020)
        client.produce("t", 3000, 5000, 4000)
        yield client


def ask(
    client: AdminClient,
    timestamp: int,
    *,
    partition: int = 0,
    version: int = 11,
    epoch: int = -1,
    isolation: int = 0,
    topic: str = "t",
    max_offsets: int = 10,
) -> ListOffsetsPartitionResponse:
    asked = ListOffsetsPartition(
        partition_index=partition,
        timestamp=timestamp,
        current_leader_epoch=epoch,
        max_num_offsets=max_offsets,
    )
    request = ListOffsetsRequest(
        replica_id=-1,
        isolation_level=isolation,
        topics=[ListOffsetsTopic(name=topic, partitions=[asked])],
    )
    response: ListOffsetsPartitionResponse = client.call(request, version).topics[0].partitions[0]
    return response


@pytest.mark.parametrize("isolation", [0, 1])
@pytest.mark.parametrize("version", range(1, 12))
@pytest.mark.parametrize(
    ("timestamp", "offset", "found"),
    [
        (-1, 6, -1),
        (-2, 0, -1),
        (0, 0, 1000),
        (1000, 0, 1000),
        (1001, 1, 1010),
        (1021, 3, 3000),
        (3500, 4, 5000),
        (5000, 4, 5000),
        (5001, -1, -1),
        (2**63 - 1, -1, -1),
    ],
)
def test_the_first_record_at_or_after_a_timestamp_is_found(
    client: AdminClient, version: int, timestamp: int, offset: int, found: int, isolation: int
) -> None:
    result = ask(client, timestamp, version=version, isolation=isolation)
    assert (result.error_code, result.offset, result.timestamp) == (0, offset, found)
    assert result.leader_epoch == (0 if version >= 4 and offset >= 0 else -1)


@pytest.mark.parametrize(
    ("timestamp", "first_version", "offset", "found"),
    [(-3, 7, 4, 5000), (-4, 8, 0, -1), (-5, 9, -1, -1), (-6, 11, -1, -1), (-7, 99, -1, -1)],
)
def test_a_special_timestamp_is_known_from_a_version_on(
    client: AdminClient, timestamp: int, first_version: int, offset: int, found: int
) -> None:
    for version in range(1, 12):
        result = ask(client, timestamp, version=version)
        if version < first_version:
            assert result.error_code == ErrorCode.UNSUPPORTED_VERSION
        else:
            assert (result.error_code, result.offset, result.timestamp) == (0, offset, found)


@pytest.mark.parametrize(
    ("timestamp", "offset"), [(-1, 0), (-2, 0), (-3, -1), (-4, 0), (-5, -1), (-6, -1), (0, -1)]
)
def test_an_empty_partition_has_ends_and_no_records(
    client: AdminClient, timestamp: int, offset: int
) -> None:
    result = ask(client, timestamp, partition=1)
    assert (result.error_code, result.offset, result.timestamp) == (0, offset, -1)


def test_records_that_were_deleted_are_not_found(client: AdminClient) -> None:
    asked = DeleteRecordsPartition(partition_index=0, offset=4)
    topic = DeleteRecordsTopic(name="t", partitions=[asked])
    client.call(DeleteRecordsRequest(topics=[topic]), 2)
    assert ask(client, -2).offset == 4
    assert ask(client, 0).offset == 4


@pytest.mark.parametrize(
    ("timestamp", "max_offsets", "offsets"),
    [(-1, 10, [6, 0]), (-1, 1, [6]), (-2, 10, [0]), (3000, 10, [3, 0]), (9999, 10, [0])],
)
def test_version_0_gives_offsets_from_the_newest_on(
    client: AdminClient, timestamp: int, max_offsets: int, offsets: list[int]
) -> None:
    result = ask(client, timestamp, version=0, max_offsets=max_offsets)
    assert result.old_style_offsets == offsets


@pytest.mark.parametrize(
    ("epoch", "code"),
    [
        (-1, ErrorCode.NONE),
        (0, ErrorCode.NONE),
        (1, ErrorCode.UNKNOWN_LEADER_EPOCH),
        (-2, ErrorCode.FENCED_LEADER_EPOCH),
    ],
)
def test_a_client_with_another_epoch_is_refused(
    client: AdminClient, epoch: int, code: ErrorCode
) -> None:
    assert ask(client, -1, epoch=epoch).error_code == code


def test_what_does_not_exist_is_unknown(client: AdminClient) -> None:
    unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert ask(client, -1, partition=2).error_code == unknown
    assert ask(client, -1, partition=-1).error_code == unknown
    assert ask(client, -1, topic="nope").error_code == unknown


def test_a_partition_that_is_asked_for_twice_is_refused_once(client: AdminClient) -> None:
    asked = [ListOffsetsPartition(partition_index=0, timestamp=-1) for _ in range(2)]
    request = ListOffsetsRequest(topics=[ListOffsetsTopic(name="t", partitions=asked)] * 2)
    [topic] = client.call(request, 11).topics
    [partition] = topic.partitions
    assert partition.error_code == ErrorCode.INVALID_REQUEST
