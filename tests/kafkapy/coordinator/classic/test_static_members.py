"""Static members keep their place although their process is replaced (KIP-345)."""

from typing import Any

import pytest

from kafkapy.coordinator.classic.group import GroupState
from kafkapy.errors import ApiError
from kafkapy.wire.error_codes import ErrorCode


def value(answer: Any) -> Any:
    values: list[Any] = []
    answer.then(values.append)
    return values[0]


def stable_with_static_leader(shard: Any) -> tuple[Any, Any]:
    answers = [shard.join(instance_id="i1"), shard.join(instance_id="i2")]
    shard.advance(0)
    leader, follower = map(value, answers)
    shard.sync(leader, {leader.member_id: b"1", follower.member_id: b"2"})
    shard.sync(follower)
    return leader, follower


def test_a_static_member_needs_no_second_join(shard: Any) -> None:
    answer = shard.join(instance_id="i1", known_ids=True)
    shard.advance(0)
    assert value(answer).member_id == "i1-id1"


def test_a_static_follower_is_replaced_without_a_rebalance(shard: Any) -> None:
    leader, follower = stable_with_static_leader(shard)
    again = shard.join(instance_id="i2")
    assert again.member_id != follower.member_id
    assert (again.generation_id, again.leader, again.members) == (1, leader.member_id, [])
    assert shard.sync(again, instance_id="i2").assignment == b"2"
    assert shard.heartbeat(leader) == ErrorCode.NONE
    assert shard.group.state is GroupState.STABLE


def test_a_replacement_takes_over_the_sync_that_is_expected(shard: Any) -> None:
    answers = [shard.join(instance_id="i1"), shard.join(instance_id="i2")]
    shard.advance(0)
    leader, follower = map(value, answers)
    shard.sync(leader, {leader.member_id: b"1", follower.member_id: b"2"})
    again = shard.join(instance_id="i2")
    assert shard.group.pending_syncs == {again.member_id}
    assert shard.sync(again, instance_id="i2").assignment == b"2"
    for _ in range(8):
        shard.advance(9_000)
        assert shard.heartbeat(leader, "i1") == shard.heartbeat(again, "i2") == ErrorCode.NONE


def test_the_replacement_is_durable(shard: Any) -> None:
    stable_with_static_leader(shard)
    again = shard.join(instance_id="i2")
    shard.reload()
    assert shard.sync(again, instance_id="i2").assignment == b"2"


def test_a_static_leader_is_replaced_and_told_to_skip_the_assignment(shard: Any) -> None:
    stable_with_static_leader(shard)
    again = shard.join(instance_id="i1")
    assert (again.leader, again.skip_assignment) == (again.member_id, True)
    assert len(again.members) == 2
    assert shard.group.state is GroupState.STABLE


def test_a_static_leader_that_cannot_skip_is_not_told_that_it_leads(shard: Any) -> None:
    leader, _ = stable_with_static_leader(shard)
    again = shard.join(instance_id="i1", can_skip=False)
    assert (again.leader, again.members, again.skip_assignment) == (leader.member_id, [], False)
    assert shard.group.leader_id == again.member_id


def test_whoever_uses_the_old_id_is_fenced(shard: Any) -> None:
    _, follower = stable_with_static_leader(shard)
    shard.join(instance_id="i2")
    assert shard.heartbeat(follower, "i2") == ErrorCode.FENCED_INSTANCE_ID
    assert shard.heartbeat(follower) == ErrorCode.UNKNOWN_MEMBER_ID
    with pytest.raises(ApiError, match="FENCED_INSTANCE_ID"):
        shard.commit({("t", 0): 1}, follower, group_instance_id="i2")
    assert shard.join(follower.member_id, "i2").error_code == ErrorCode.FENCED_INSTANCE_ID


def test_an_old_process_that_waits_is_fenced_at_once(shard: Any) -> None:
    first = shard.join(instance_id="i1")
    second = shard.join(instance_id="i1")
    assert value(first).error_code == ErrorCode.FENCED_INSTANCE_ID
    shard.advance(0)
    assert value(second).generation_id == 1


def test_a_replacement_during_the_assignment_makes_the_group_rebalance(shard: Any) -> None:
    answers = [shard.join(instance_id="i1"), shard.join(instance_id="i2")]
    shard.advance(0)
    waiting = shard.sync(value(answers[1]), instance_id="i2")
    shard.join(instance_id="i1")
    assert value(waiting).error_code == ErrorCode.REBALANCE_IN_PROGRESS
    assert shard.group.state is GroupState.PREPARING_REBALANCE


def test_a_replacement_that_changes_the_chosen_protocol_makes_the_group_rebalance(
    shard: Any,
) -> None:
    answer = shard.join(instance_id="i1", protocols={"range": b"", "sticky": b""})
    shard.advance(0)
    shard.sync(value(answer), {})
    again = shard.join(instance_id="i1", protocols={"sticky": b"", "range": b""})
    assert (again.generation_id, again.protocol_name) == (2, "sticky")


def test_a_replacement_that_cannot_be_stored_leaves_the_old_member(shard: Any) -> None:
    _, follower = stable_with_static_leader(shard)
    shard.append_error = ApiError(ErrorCode.NOT_COORDINATOR)
    assert shard.join(instance_id="i2").error_code == ErrorCode.NOT_COORDINATOR
    assert shard.heartbeat(follower, "i2") == ErrorCode.NONE


def test_a_static_member_that_misses_a_rebalance_keeps_its_place(shard: Any) -> None:
    leader, follower = stable_with_static_leader(shard)
    waiting = shard.join(leader.member_id, "i1")
    for _ in range(7):
        shard.advance(9_000)
        assert shard.heartbeat(follower, "i2") in (
            ErrorCode.REBALANCE_IN_PROGRESS,
            ErrorCode.ILLEGAL_GENERATION,
        )
    assert value(waiting).generation_id == 2
    assert list(shard.group.members) == [leader.member_id, follower.member_id]


def test_a_rebalance_that_only_static_members_missed_waits_for_one_of_them(shard: Any) -> None:
    leader, follower = stable_with_static_leader(shard)
    shard.join(protocols={"range": b""}, session_timeout_ms=6_000)
    [joiner] = [m for m in shard.group.members if m not in (leader.member_id, follower.member_id)]
    shard.leave((joiner, None))
    for _ in range(14):
        shard.advance(9_000)
        shard.heartbeat(leader, "i1")
        shard.heartbeat(follower, "i2")
    assert shard.group.state is GroupState.PREPARING_REBALANCE
    assert shard.group.generation_id == 1
