"""Groups and committed offsets of one shard: commit, fetch, delete, expire, describe, list."""

from typing import Any

import pytest

from kafkapy.coordinator.classic.group import GroupState
from kafkapy.coordinator.result import Record
from kafkapy.errors import ApiError
from kafkapy.wire.compile import encode
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.internal.consumer_group import ConsumerGroupMetadataKey
from kafkapy.wire.internal.consumer_protocol import ConsumerProtocolSubscription
from kafkapy.wire.internal.offsets import OffsetCommitKey, OffsetCommitValue
from kafkapy.wire.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from kafkapy.wire.messages.offset_fetch import OffsetFetchRequestGroup, OffsetFetchRequestTopics

RETENTION_MS = 7 * 24 * 60 * 60_000


def subscription(*topics: str) -> dict[str, bytes]:
    message = ConsumerProtocolSubscription(topics=list(topics))
    return {"range": b"\x00\x03" + encode(message, 3)}


def delete(shard: Any, topic: str, *partitions: int) -> list[ErrorCode]:
    request = OffsetDeleteRequest(
        "orders",
        [OffsetDeleteRequestTopic(topic, [OffsetDeleteRequestPartition(p) for p in partitions])],
    )
    [answer] = shard.run(shard.shard.delete_offsets(request)).topics
    return [ErrorCode(partition.error_code) for partition in answer.partitions]


def test_a_consumer_without_a_group_commits_and_fetches(shard: Any) -> None:
    assert shard.commit({("t", 0): 5, ("t", 1): 6}) == [ErrorCode.NONE, ErrorCode.NONE]
    assert shard.fetch() == {("t", 0): 5, ("t", 1): 6}


def test_a_commit_keeps_metadata_and_leader_epoch(shard: Any) -> None:
    shard.commit({("t", 0): 5}, metadata="note")
    asked = OffsetFetchRequestTopics(name="t", partition_indexes=[0, 9])
    [topic] = shard.shard.fetch_offsets(
        OffsetFetchRequestGroup(group_id="orders", topics=[asked]), False
    ).topics
    assert [
        (p.partition_index, p.committed_offset, p.committed_leader_epoch, p.metadata, p.error_code)
        for p in topic.partitions
    ] == [(0, 5, 3, "note", 0), (9, -1, -1, "", 0)]


def test_offsets_of_an_unknown_group_are_unknown(shard: Any) -> None:
    assert shard.fetch() == {}


def test_a_member_commits_with_its_generation(shard: Any) -> None:
    [member] = shard.stable()
    assert shard.commit({("t", 0): 5}, member) == [ErrorCode.NONE]


def test_a_commit_keeps_the_session_alive(shard: Any) -> None:
    [member] = shard.stable()
    for _ in range(3):
        shard.advance(9_000)
        shard.commit({("t", 0): 5}, member)
    assert shard.heartbeat(member) == ErrorCode.NONE


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"generation_id_or_member_epoch": -1, "member_id": ""}, "UNKNOWN_MEMBER_ID"),
        ({"member_id": "nobody"}, "UNKNOWN_MEMBER_ID"),
        ({"generation_id_or_member_epoch": 7}, "ILLEGAL_GENERATION"),
        ({"group_instance_id": "unknown"}, "UNKNOWN_MEMBER_ID"),
    ],
)
def test_only_a_current_member_commits_to_a_group_with_members(
    shard: Any, fields: Any, error: str
) -> None:
    [member] = shard.stable()
    with pytest.raises(ApiError, match=error):
        shard.commit({("t", 0): 5}, member, **fields)


def test_a_commit_during_the_assignment_is_refused_but_not_during_the_join(shard: Any) -> None:
    [member] = shard.stable()
    shard.join()
    assert shard.commit({("t", 0): 5}, member) == [ErrorCode.NONE]
    again = shard.join(member.member_id)
    with pytest.raises(ApiError, match="REBALANCE_IN_PROGRESS"):
        shard.commit({("t", 0): 6}, again)


@pytest.mark.parametrize(
    ("api_version", "error"), [(8, "ILLEGAL_GENERATION"), (9, "GROUP_ID_NOT_FOUND")]
)
def test_a_generation_of_an_unknown_group_is_refused(
    shard: Any, api_version: int, error: str
) -> None:
    with pytest.raises(ApiError, match=error):
        shard.commit(
            {("t", 0): 5}, generation_id_or_member_epoch=1, member_id="m", api_version=api_version
        )


def test_metadata_beyond_the_limit_is_refused_by_itself(new_harness: Any) -> None:
    shard = new_harness(offset_metadata_max_bytes=3)
    assert shard.commit({("t", 0): 5}, metadata="four") == [ErrorCode.OFFSET_METADATA_TOO_LARGE]
    assert shard.commit({("t", 0): 5}, metadata="a😀") == [ErrorCode.NONE]
    assert shard.commit({("t", 0): 5}, metadata=None) == [ErrorCode.NONE]


def test_a_topic_with_another_id_does_not_inherit_offsets(shard: Any) -> None:
    old, new = b"o" * 16, b"n" * 16
    shard.commit({("t", 0): 5}, topic_id=old)

    def fetch(topic_id: bytes) -> int:
        asked = OffsetFetchRequestTopics(name="t", topic_id=topic_id, partition_indexes=[0])
        group = OffsetFetchRequestGroup(group_id="orders", topics=[asked])
        offset: int = (
            shard.shard.fetch_offsets(group, False).topics[0].partitions[0].committed_offset
        )
        return offset

    assert [fetch(topic_id) for topic_id in (old, new, bytes(16))] == [5, -1, 5]


def test_an_offset_that_a_transaction_is_committing_is_not_stable(shard: Any) -> None:
    shard.commit({("t", 0): 5})
    pending = OffsetCommitValue(offset=9)
    shard.shard.replay(Record(OffsetCommitKey("orders", "t", 0), pending), 1, 77)
    assert shard.fetch() == {("t", 0): 5}
    assert shard.fetch(require_stable=True) == {("t", 0): -1}
    shard.shard.replay_end(77, True)
    assert shard.fetch(require_stable=True) == {("t", 0): 9}


def test_an_aborted_transaction_commits_nothing(shard: Any) -> None:
    pending = OffsetCommitValue(offset=9)
    shard.shard.replay(Record(OffsetCommitKey("orders", "t", 0), pending), 0, 77)
    shard.shard.replay_end(77, False)
    assert shard.fetch(require_stable=True) == {}


def test_an_ordinary_commit_wins_over_an_earlier_one_of_a_transaction(shard: Any) -> None:
    key = OffsetCommitKey("orders", "t", 0)
    shard.shard.replay(Record(key, OffsetCommitValue(offset=9)), 0, 77)
    shard.shard.replay(Record(key, OffsetCommitValue(offset=5)), 1, -1)
    shard.shard.replay_end(77, True)
    assert shard.fetch() == {("t", 0): 5}


def test_offsets_are_deleted(shard: Any) -> None:
    shard.commit({("t", 0): 5, ("t", 1): 6})
    assert delete(shard, "t", 0, 9) == [ErrorCode.NONE, ErrorCode.NONE]
    assert shard.fetch() == {("t", 1): 6}


def test_offsets_of_a_topic_that_is_consumed_are_not_deleted(shard: Any) -> None:
    [member] = shard.stable(protocols=subscription("t"))
    shard.commit({("t", 0): 5, ("old", 0): 6}, member)
    assert delete(shard, "t", 0) == [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC]
    assert delete(shard, "old", 0) == [ErrorCode.NONE]
    assert shard.fetch() == {("t", 0): 5}


def test_of_consumers_that_cannot_be_read_no_offset_is_deleted(shard: Any) -> None:
    [member] = shard.stable(protocols={"range": b"?"})
    shard.commit({("t", 0): 5}, member)
    assert delete(shard, "t", 0) == [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC]


def test_offsets_of_other_protocols_are_deleted_only_when_the_group_is_empty(shard: Any) -> None:
    shard.stable(protocol_type="connect")
    with pytest.raises(ApiError, match="NON_EMPTY_GROUP"):
        delete(shard, "t", 0)


def test_offsets_of_an_unknown_group_cannot_be_deleted(shard: Any) -> None:
    with pytest.raises(ApiError, match="GROUP_ID_NOT_FOUND"):
        delete(shard, "t", 0)


def test_the_offsets_of_deleted_topics_go_with_them(shard: Any) -> None:
    shard.commit({("t", 0): 5, ("t", 1): 6, ("kept", 0): 7})
    gone = frozenset({"t"})
    assert shard.shard.offsets.groups_of_topics(gone) == ["orders"]
    shard.run(shard.shard.forget_topics("orders", gone))
    assert shard.fetch() == {("kept", 0): 7}


def test_an_empty_group_is_deleted_with_its_offsets(shard: Any) -> None:
    shard.commit({("t", 0): 5})
    shard.run(shard.shard.delete_group("orders"))
    assert (shard.fetch(), shard.shard.groups) == ({}, {})
    shard.reload()
    assert (shard.fetch(), shard.shard.groups) == ({}, {})


def test_a_group_with_members_is_not_deleted(shard: Any) -> None:
    shard.stable()
    with pytest.raises(ApiError, match="NON_EMPTY_GROUP"):
        shard.shard.delete_group("orders")
    with pytest.raises(ApiError, match="GROUP_ID_NOT_FOUND"):
        shard.shard.delete_group("unknown")


# Expiry. A reload starts the periodic check.


def test_offsets_of_a_consumer_without_a_group_expire_after_their_commit(shard: Any) -> None:
    shard.reload()
    shard.commit({("t", 0): 5})
    shard.advance(RETENTION_MS // 2)
    shard.commit({("t", 1): 5})
    shard.advance(RETENTION_MS // 2)
    assert shard.fetch() == {("t", 1): 5}
    shard.advance(RETENTION_MS)
    assert (shard.fetch(), shard.shard.groups) == ({}, {})


def test_offsets_of_a_group_expire_after_it_became_empty(shard: Any) -> None:
    shard.reload()
    [member] = shard.stable(protocols=subscription("t"))
    shard.commit({("t", 0): 5}, member)
    for _ in range(3):
        shard.group.members[member.member_id].session_timeout_ms = RETENTION_MS
        shard.heartbeat(member)
        shard.advance(RETENTION_MS // 2)
    shard.leave((member.member_id, None))
    shard.advance(RETENTION_MS - 1)
    assert shard.fetch() == {("t", 0): 5}
    shard.advance(600_000)
    assert (shard.fetch(), shard.shard.groups) == ({}, {})


def test_offsets_of_a_topic_that_nobody_consumes_any_more_expire(shard: Any) -> None:
    shard.reload()
    [member] = shard.stable(protocols=subscription("t"))
    shard.commit({("t", 0): 5, ("old", 0): 6}, member)
    shard.group.members[member.member_id].session_timeout_ms = 2 * RETENTION_MS
    shard.heartbeat(member)
    shard.advance(RETENTION_MS + 600_000)
    assert shard.fetch() == {("t", 0): 5}
    assert shard.group.state is GroupState.STABLE


def test_a_commit_may_bring_its_own_retention(shard: Any) -> None:
    shard.reload()
    shard.commit({("t", 0): 5}, retention_ms=1_000)
    shard.commit({("t", 1): 6})
    shard.advance(600_000)
    assert shard.fetch() == {("t", 1): 6}


def test_a_group_that_somebody_is_about_to_join_does_not_expire(shard: Any) -> None:
    shard.reload()
    refused = shard.join(known_ids=True, session_timeout_ms=1_800_000)
    shard.advance(600_000)
    assert not shard.join(refused.member_id, known_ids=True).done


def test_many_expired_offsets_are_deleted_in_several_batches(shard: Any) -> None:
    shard.reload()
    for number in range(30):
        for partition in range(100):
            key = OffsetCommitKey(f"g{number}", "t", partition)
            shard.shard.replay(Record(key, OffsetCommitValue(offset=1)), 0, -1)
    shard.advance(RETENTION_MS)
    assert not shard.shard.groups
    assert len(shard.log) == 30 * 101


# Descriptions


def test_a_stable_group_is_described_with_its_members(shard: Any) -> None:
    [member] = shard.stable(protocol_type="connect", protocols={"compatible": b"m"})
    group = shard.shard.describe("orders")
    assert (group.group_state, group.protocol_type, group.protocol_data) == (
        "Stable",
        "connect",
        "compatible",
    )
    [described] = group.members
    assert (described.member_id, described.client_id, described.client_host) == (
        member.member_id,
        "client",
        "/10.0.0.1",
    )
    assert (described.member_metadata, described.member_assignment) == (b"m", b"a0")


def test_a_group_that_rebalances_is_described_without_metadata(shard: Any) -> None:
    shard.join()
    group = shard.shard.describe("orders")
    assert (group.group_state, group.protocol_data) == ("PreparingRebalance", "")
    assert [member.member_metadata for member in group.members] == [b""]


def test_an_unknown_group_cannot_be_described(shard: Any) -> None:
    with pytest.raises(ApiError, match="GROUP_ID_NOT_FOUND: Group unknown not found"):
        shard.shard.describe("unknown")


@pytest.mark.parametrize(
    ("states", "types", "found"),
    [
        ([], [], True),
        (["stable"], ["Classic"], True),
        ([" STABLE ", "Empty"], [], True),
        (["Empty"], [], False),
        (["nonsense"], [], False),
        ([], ["consumer"], False),
    ],
)
def test_groups_are_listed_by_state_and_type(
    shard: Any, states: list[str], types: list[str], found: bool
) -> None:
    shard.stable()
    listed = [
        (g.group_id, g.protocol_type, g.group_state, g.group_type)
        for g in (shard.shard.list_groups(states, types))
    ]
    assert listed == ([("orders", "consumer", "Stable", "classic")] if found else [])


def test_a_record_of_another_kind_of_group_is_skipped(shard: Any, caplog: Any) -> None:
    shard.shard.replay(Record(ConsumerGroupMetadataKey("g"), None), 0, -1)
    assert "ConsumerGroupMetadataKey" in caplog.text
