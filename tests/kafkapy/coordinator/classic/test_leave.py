"""LeaveGroup, by member ids and by instance ids."""

from typing import Any

import pytest

from kafkapy.coordinator.classic.group import GroupState
from kafkapy.errors import ApiError
from kafkapy.wire.error_codes import ErrorCode


def test_the_last_member_to_leave_makes_the_group_empty_and_durably_so(shard: Any) -> None:
    [member] = shard.stable()
    assert shard.leave((member.member_id, None)) == [ErrorCode.NONE]
    assert shard.group.state is GroupState.EMPTY
    value = shard.log[-1].value
    assert (value.generation, value.protocol, value.leader, value.members) == (2, None, None, [])
    assert value.protocol_type == "consumer"


def test_the_others_rebalance_when_a_member_leaves(shard: Any) -> None:
    leader, follower = shard.stable(2)
    shard.leave((leader.member_id, None))
    assert shard.heartbeat(follower) == ErrorCode.REBALANCE_IN_PROGRESS
    assert shard.join(follower.member_id).leader == follower.member_id


def test_a_rebalance_ends_when_the_missing_member_leaves(shard: Any) -> None:
    leader, follower = shard.stable(2)
    waiting = shard.join(leader.member_id)
    shard.leave((follower.member_id, None))
    assert waiting.done


def test_several_members_leave_at_once_and_each_has_its_result(shard: Any) -> None:
    [dynamic] = shard.stable()
    shard.join(instance_id="i1")
    shard.join(dynamic.member_id)
    assert shard.leave(
        ("", "i1"), (dynamic.member_id, None), ("nobody", None), ("", "unknown"), ("", None)
    ) == [
        ErrorCode.NONE,
        ErrorCode.NONE,
        ErrorCode.UNKNOWN_MEMBER_ID,
        ErrorCode.UNKNOWN_MEMBER_ID,
        ErrorCode.UNKNOWN_MEMBER_ID,
    ]
    assert shard.group.state is GroupState.EMPTY


def test_a_static_member_can_be_removed_only_by_its_current_id(shard: Any) -> None:
    shard.stable(instance_id="i1")
    assert shard.leave(("old-id", "i1")) == [ErrorCode.FENCED_INSTANCE_ID]


def test_a_member_that_was_only_told_its_id_can_leave(shard: Any) -> None:
    refused = shard.join(known_ids=True)
    assert shard.leave((refused.member_id, None)) == [ErrorCode.NONE]
    assert not shard.group.pending_joins


def test_a_member_that_waits_is_told_that_it_was_removed(shard: Any) -> None:
    shard.stable()
    waiting = shard.join()
    [member_id] = [m for m, member in shard.group.members.items() if member.awaiting_join]
    shard.leave((member_id, None))
    answers: list[Any] = []
    waiting.then(answers.append)
    assert answers[0].error_code == ErrorCode.UNKNOWN_MEMBER_ID


def test_leaving_an_unknown_group_is_refused(shard: Any) -> None:
    with pytest.raises(ApiError, match="UNKNOWN_MEMBER_ID"):
        shard.leave(("m", None))
