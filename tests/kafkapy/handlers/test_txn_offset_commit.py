"""TxnOffsetCommit over the wire, at every version."""

from __future__ import annotations

import pytest

from kafkapy.coordinator.shard_log import Producer
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from kafkapy.wire.messages.txn_offset_commit import (
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from tests.kafkapy.handlers.transaction_client import GROUP, TransactionClient, transaction_client

ALL = range(6)


def committed(client: TransactionClient, *, stable: bool = False) -> tuple[int, int]:
    """Give the error and the committed offset of partition 0."""
    topics = [OffsetFetchRequestTopics(name="t", partition_indexes=[0])]
    groups = [OffsetFetchRequestGroup(group_id=GROUP, topics=topics)]
    response = client.call(OffsetFetchRequest(groups=groups, require_stable=stable), 8)
    [found] = response.groups[0].topics[0].partitions
    return found.error_code, found.committed_offset


@pytest.mark.parametrize("is_commit", [True, False])
@pytest.mark.parametrize("version", ALL)
def test_offsets_count_from_the_commit_on(version: int, is_commit: bool) -> None:
    with transaction_client() as client:
        producer = client.producer()
        if version < 5:
            client.add_offsets(producer)
        assert client.commit_offset(producer, 5, version=version) == ErrorCode.NONE
        assert committed(client) == (0, -1)
        assert committed(client, stable=True) == (ErrorCode.UNSTABLE_OFFSET_COMMIT, -1)
        assert client.end(producer, is_commit, version=5 if version >= 5 else 3).error_code == 0
        assert committed(client, stable=True) == (0, 5 if is_commit else -1)


@pytest.mark.parametrize("version", ALL)
def test_only_version_5_needs_no_request_before(version: int) -> None:
    with transaction_client() as client:
        refused = client.commit_offset(client.producer(), version=version)
        assert refused == (
            ErrorCode.NONE
            if version >= 5
            else ErrorCode.TRANSACTION_ABORTABLE
            if version == 4
            else ErrorCode.INVALID_TXN_STATE
        )


@pytest.mark.parametrize("version", ALL)
def test_a_late_commit_is_in_no_transaction(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.add_offsets(producer)
        client.commit_offset(producer, 5, version=3)
        assert client.end(producer).error_code == 0
        late = client.commit_offset(producer, 9, version=version)
        assert late == ErrorCode.INVALID_PRODUCER_EPOCH
        assert committed(client, stable=True) == (0, 5)


@pytest.mark.parametrize("version", ALL)
def test_what_cannot_be_committed_is_refused(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.add_offsets(producer)
        unknown = Producer(producer.producer_id + 1, 0)
        refused = client.commit_offset(unknown, version=version)
        assert refused == ErrorCode.INVALID_PRODUCER_ID_MAPPING
        refused = client.commit_offset(producer, version=version, group_id="")
        assert refused == ErrorCode.INVALID_GROUP_ID
        partition = TxnOffsetCommitRequestPartition(9, 5, -1, "")
        missing = [TxnOffsetCommitRequestTopic("t", [partition])]
        refused = client.commit_offset(producer, version=version, topics=missing)
        assert refused == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        partition = TxnOffsetCommitRequestPartition(0, 5, -1, "m" * 4097)
        large = [TxnOffsetCommitRequestTopic("t", [partition])]
        refused = client.commit_offset(producer, version=version, topics=large)
        assert refused == ErrorCode.OFFSET_METADATA_TOO_LARGE


@pytest.mark.parametrize("version", [3, 4, 5])
def test_a_member_that_is_named_must_be_one_of_the_generation(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.add_offsets(producer)
        nobody = client.commit_offset(producer, version=version, generation_id=1, member_id="m")
        assert nobody == ErrorCode.ILLEGAL_GENERATION
        joined = client.member()
        generation_id, member_id = joined.generation_id, joined.member_id
        for fields, error in (
            ({"generation_id": generation_id, "member_id": member_id}, ErrorCode.NONE),
            ({"generation_id": generation_id, "member_id": "m"}, ErrorCode.UNKNOWN_MEMBER_ID),
            (
                {"generation_id": generation_id + 1, "member_id": member_id},
                ErrorCode.ILLEGAL_GENERATION,
            ),
            ({"generation_id": -1, "member_id": member_id}, ErrorCode.ILLEGAL_GENERATION),
            ({"generation_id": -1, "member_id": ""}, ErrorCode.NONE),
        ):
            assert client.commit_offset(producer, version=version, **fields) == error


@pytest.mark.parametrize("version", ALL)
def test_a_late_commit_of_a_forgotten_producer_is_fenced_by_the_log(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.commit_offset(producer)
        client.end(producer)
        late = client.commit_offset(producer, version=version, transactional_id="nobody")
        assert late is ErrorCode.INVALID_PRODUCER_EPOCH
        other = Producer(4711, 0)
        late = client.commit_offset(other, version=version, transactional_id="nobody")
        assert late is ErrorCode.INVALID_PRODUCER_ID_MAPPING
