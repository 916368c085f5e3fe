"""SyncGroup and Heartbeat: assignments, sessions and what ends them."""

from typing import Any

import pytest

from kafkapy.coordinator.classic.group import GroupState
from kafkapy.coordinator.result import Deferred
from kafkapy.errors import ApiError
from kafkapy.wire.error_codes import ErrorCode


def value(answer: Deferred[Any]) -> Any:
    values: list[Any] = []
    answer.then(values.append)
    return values[0]


def join_all(shard: Any, count: int, **join: Any) -> list[Any]:
    waiting = [shard.join(**join) for _ in range(count)]
    shard.advance(0)
    return [value(answer) for answer in waiting]


def test_followers_wait_for_the_leaders_assignment(shard: Any) -> None:
    leader, follower = join_all(shard, 2)
    waiting = shard.sync(follower)
    assert not waiting.done
    own = shard.sync(leader, {leader.member_id: b"mine", follower.member_id: b"yours"})
    assert (own.assignment, own.protocol_type, own.protocol_name) == (b"mine", "consumer", "range")
    assert value(waiting).assignment == b"yours"
    assert shard.group.state is GroupState.STABLE


def test_the_assignment_is_durable_before_anybody_learns_of_it(shard: Any) -> None:
    [leader] = join_all(shard, 1)
    shard.sync(leader, {leader.member_id: b"mine"})
    record = shard.log[-1]
    assert [member.assignment for member in record.value.members] == [b"mine"]
    assert (record.value.generation, record.value.leader) == (1, leader.member_id)


def test_a_member_that_the_leader_forgot_gets_an_empty_assignment(shard: Any) -> None:
    leader, follower = join_all(shard, 2)
    waiting = shard.sync(follower)
    shard.sync(leader, {leader.member_id: b"all"})
    assert value(waiting).assignment == b""


def test_a_follower_that_comes_late_gets_its_assignment_at_once(shard: Any) -> None:
    leader, follower = join_all(shard, 2)
    shard.sync(leader, {follower.member_id: b"yours"})
    assert shard.sync(follower).assignment == b"yours"


def test_an_assignment_that_cannot_be_stored_makes_the_group_rebalance(shard: Any) -> None:
    leader, follower = join_all(shard, 2)
    waiting = shard.sync(follower)
    shard.append_error = ApiError(ErrorCode.NOT_COORDINATOR)
    refused = shard.sync(leader, {leader.member_id: b"mine"})
    assert refused.error_code == ErrorCode.NOT_COORDINATOR
    assert value(waiting).error_code == ErrorCode.NOT_COORDINATOR
    assert shard.group.state is GroupState.PREPARING_REBALANCE


def test_a_rebalance_interrupts_those_who_wait_for_an_assignment(shard: Any) -> None:
    leader, follower = join_all(shard, 2)
    waiting = shard.sync(follower)
    shard.join()
    assert value(waiting).error_code == ErrorCode.REBALANCE_IN_PROGRESS
    with pytest.raises(ApiError, match="REBALANCE_IN_PROGRESS"):
        shard.sync(leader)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"member_id": "nobody"}, "UNKNOWN_MEMBER_ID"),
        ({"group_id": "unknown"}, "UNKNOWN_MEMBER_ID"),
        ({"generation_id": 7}, "ILLEGAL_GENERATION"),
        ({"protocol_type": "connect"}, "INCONSISTENT_GROUP_PROTOCOL"),
        ({"protocol_name": "sticky"}, "INCONSISTENT_GROUP_PROTOCOL"),
        ({"group_instance_id": "unknown"}, "UNKNOWN_MEMBER_ID"),
    ],
)
def test_a_sync_that_does_not_match_the_group_is_refused(
    shard: Any, fields: Any, error: str
) -> None:
    [leader] = join_all(shard, 1)
    with pytest.raises(ApiError, match=error):
        shard.sync(leader, **fields)


def test_members_that_do_not_sync_in_time_are_dropped(shard: Any) -> None:
    leader, follower = join_all(shard, 2, session_timeout_ms=100_000)
    shard.sync(leader, {})
    shard.advance(60_000)
    assert list(shard.group.members) == [leader.member_id]
    assert shard.heartbeat(follower) == ErrorCode.UNKNOWN_MEMBER_ID
    assert shard.heartbeat(leader) == ErrorCode.REBALANCE_IN_PROGRESS


def test_a_heartbeat_keeps_a_session_alive(shard: Any) -> None:
    [member] = shard.stable()
    for _ in range(5):
        shard.advance(9_999)
        assert shard.heartbeat(member) == ErrorCode.NONE
    shard.advance(10_000)
    assert shard.heartbeat(member) == ErrorCode.UNKNOWN_MEMBER_ID
    assert shard.group.state is GroupState.EMPTY


def test_a_member_that_waits_for_an_answer_needs_no_heartbeats(shard: Any) -> None:
    [leader, follower] = shard.stable(2)
    waiting = shard.join(leader.member_id)
    shard.advance(10_000)
    assert value(waiting).generation_id == 2
    assert follower.member_id not in shard.group.members


def test_a_heartbeat_of_another_generation_or_group_is_refused(shard: Any) -> None:
    [member] = shard.stable()
    member.generation_id = 0
    assert shard.heartbeat(member) == ErrorCode.ILLEGAL_GENERATION
    del shard.shard.groups["orders"]
    assert shard.heartbeat(member) == ErrorCode.UNKNOWN_MEMBER_ID


def test_sessions_go_on_after_a_reload(shard: Any) -> None:
    [member] = shard.stable()
    shard.reload()
    shard.advance(9_999)
    assert shard.heartbeat(member) == ErrorCode.NONE
    assert shard.sync(member).assignment == b"a0"
    shard.advance(10_000)
    assert shard.group.state is GroupState.EMPTY


def test_a_group_that_is_too_large_for_new_limits_rebalances_after_a_reload(shard: Any) -> None:
    members = shard.stable(2)
    shard.settings = shard.settings._replace(max_size=1)
    shard.reload()
    assert shard.heartbeat(members[0]) == ErrorCode.REBALANCE_IN_PROGRESS


def test_who_waits_is_told_when_the_broker_is_no_longer_the_coordinator(shard: Any) -> None:
    leader, follower = join_all(shard, 2)
    waiting_sync = shard.sync(follower)
    shard.shard.unloaded()
    assert value(waiting_sync).error_code == ErrorCode.NOT_COORDINATOR
    waiting_join = shard.join(leader.member_id, protocols={"range": b"new"})
    shard.shard.unloaded()
    assert value(waiting_join).error_code == ErrorCode.NOT_COORDINATOR
