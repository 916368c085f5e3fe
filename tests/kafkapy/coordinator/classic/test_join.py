"""JoinGroup: who gets into a group, and when the members learn of each other."""

from typing import Any

import pytest

from kafkapy.coordinator.result import Deferred
from kafkapy.errors import ApiError
from kafkapy.wire.error_codes import ErrorCode

RANGE, ROUNDROBIN = {"range": b"r"}, {"roundrobin": b"rr"}


def value(answer: Deferred[Any]) -> Any:
    values: list[Any] = []
    answer.then(values.append)
    return values[0]


def test_the_first_member_leads_and_is_given_the_members(shard: Any) -> None:
    answer = shard.join()
    shard.advance(0)
    joined = value(answer)
    assert (joined.error_code, joined.generation_id, joined.leader) == (0, 1, "client-id1")
    assert joined.member_id == "client-id1"
    assert (joined.protocol_type, joined.protocol_name) == ("consumer", "range")
    assert [(member.member_id, member.metadata) for member in joined.members] == [
        ("client-id1", b"r")
    ]


def test_a_new_client_without_a_member_id_has_to_come_again_with_one(shard: Any) -> None:
    refused = shard.join(known_ids=True)
    assert refused.error_code == ErrorCode.MEMBER_ID_REQUIRED
    answer = shard.join(refused.member_id, known_ids=True)
    shard.advance(0)
    assert value(answer).member_id == refused.member_id


def test_a_member_id_that_is_not_used_is_forgotten_after_the_session_timeout(shard: Any) -> None:
    refused = shard.join(known_ids=True)
    shard.advance(10_000)
    assert not shard.group.pending_joins
    assert shard.join(refused.member_id).error_code == ErrorCode.UNKNOWN_MEMBER_ID


def test_a_member_id_of_an_unknown_group_is_refused(shard: Any) -> None:
    assert shard.join("nobody").error_code == ErrorCode.UNKNOWN_MEMBER_ID
    assert not shard.log


def test_a_new_group_is_durable_before_anybody_has_joined(shard: Any) -> None:
    shard.join(known_ids=True)
    [record] = shard.log
    assert (record.key.group, record.value.generation, record.value.protocol_type) == (
        "orders",
        0,
        "",
    )


def test_a_new_group_that_cannot_be_stored_is_forgotten(shard: Any) -> None:
    shard.append_error = ApiError(ErrorCode.NOT_COORDINATOR)
    assert shard.join().error_code == ErrorCode.NOT_COORDINATOR
    assert not shard.shard.groups


@pytest.mark.parametrize("session_timeout_ms", [5_999, 1_800_001])
def test_a_session_timeout_outside_of_the_limits_is_refused(
    shard: Any, session_timeout_ms: int
) -> None:
    refused = shard.join(session_timeout_ms=session_timeout_ms)
    assert refused.error_code == ErrorCode.INVALID_SESSION_TIMEOUT


def test_members_that_come_within_the_initial_delay_share_one_rebalance(new_harness: Any) -> None:
    shard = new_harness(initial_rebalance_delay_ms=3_000)
    first = shard.join()
    shard.advance(2_000)
    second = shard.join()
    shard.advance(1_000)
    assert not first.done  # somebody came, so it waits for others once more
    shard.advance(3_000)
    assert value(first).generation_id == value(second).generation_id == 1
    assert len(value(first).members) == 2
    assert value(second).members == []


def test_the_initial_delay_ends_with_the_rebalance_timeout(new_harness: Any) -> None:
    shard = new_harness(initial_rebalance_delay_ms=3_000)
    first = shard.join(rebalance_timeout_ms=7_000)
    for _ in range(3):
        shard.advance(2_500)
        shard.join(rebalance_timeout_ms=7_000)
    assert first.done
    assert len(value(first).members) == 3


def test_a_joiner_makes_a_stable_group_rebalance(shard: Any) -> None:
    [old] = shard.stable()
    new = shard.join()
    assert not new.done
    assert shard.heartbeat(old) == ErrorCode.REBALANCE_IN_PROGRESS
    again = shard.join(old.member_id)
    assert (again.generation_id, again.leader) == (2, old.member_id)
    assert value(new).leader == old.member_id


def test_the_protocol_is_the_one_that_most_members_prefer(shard: Any) -> None:
    members = [
        shard.join(protocols=RANGE | ROUNDROBIN),
        shard.join(protocols=ROUNDROBIN | RANGE),
        shard.join(protocols=ROUNDROBIN | RANGE),
    ]
    shard.advance(0)
    assert {value(member).protocol_name for member in members} == {"roundrobin"}


def test_a_protocol_that_one_member_lacks_is_not_chosen(shard: Any) -> None:
    members = [
        shard.join(protocols=RANGE | ROUNDROBIN),
        shard.join(protocols=RANGE | ROUNDROBIN),
        shard.join(protocols=ROUNDROBIN),
    ]
    shard.advance(0)
    assert {value(member).protocol_name for member in members} == {"roundrobin"}


@pytest.mark.parametrize(
    "join",
    [
        {"protocols": ROUNDROBIN},
        {"protocols": {}},
        {"protocol_type": "connect"},
        {"protocol_type": ""},
    ],
)
def test_a_member_that_shares_no_protocol_is_refused(shard: Any, join: Any) -> None:
    shard.stable()
    assert shard.join(**join).error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL


@pytest.mark.parametrize("join", [{"protocols": {}}, {"protocol_type": ""}])
def test_the_first_member_must_name_a_protocol_and_its_type(shard: Any, join: Any) -> None:
    assert shard.join(**join).error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL


def test_a_protocol_that_is_offered_twice_counts_once(shard: Any) -> None:
    shard.stable(2, protocols={"range": b"", "sticky": b""})
    assert shard.group._offered == {"range": 2, "sticky": 2}


def test_a_full_group_refuses_a_joiner(new_harness: Any) -> None:
    shard = new_harness(max_size=1)
    [member] = shard.stable()
    assert shard.join().error_code == ErrorCode.GROUP_MAX_SIZE_REACHED
    assert shard.heartbeat(member) == ErrorCode.NONE


def test_in_a_rebalance_the_first_ones_to_come_fill_the_group(new_harness: Any) -> None:
    shard = new_harness(max_size=1)
    first = shard.join()
    assert shard.join().error_code == ErrorCode.GROUP_MAX_SIZE_REACHED
    shard.advance(0)
    assert value(first).error_code == 0


def test_a_follower_that_joins_again_unchanged_is_told_the_generation(shard: Any) -> None:
    [_, follower] = shard.stable(2)
    again = shard.join(follower.member_id)
    assert (again.generation_id, again.members) == (1, [])


def test_a_follower_that_joins_again_with_other_metadata_causes_a_rebalance(shard: Any) -> None:
    [leader, follower] = shard.stable(2)
    assert not shard.join(follower.member_id, protocols={"range": b"new"}).done
    assert shard.heartbeat(leader) == ErrorCode.REBALANCE_IN_PROGRESS


def test_the_leader_that_joins_again_causes_a_rebalance(shard: Any) -> None:
    [leader, follower] = shard.stable(2)
    assert not shard.join(leader.member_id).done
    assert shard.heartbeat(follower) == ErrorCode.REBALANCE_IN_PROGRESS


def test_a_join_answer_that_was_lost_is_given_again(shard: Any) -> None:
    answer = shard.join()
    shard.advance(0)
    joined = value(answer)
    assert shard.join(joined.member_id).generation_id == joined.generation_id


def test_an_unknown_member_of_a_known_group_is_refused(shard: Any) -> None:
    shard.stable()
    assert shard.join("nobody").error_code == ErrorCode.UNKNOWN_MEMBER_ID


def test_members_that_do_not_join_again_in_time_are_dropped(shard: Any) -> None:
    [leader, follower] = shard.stable(2, session_timeout_ms=100_000, rebalance_timeout_ms=60_000)
    answer = shard.join(follower.member_id, protocols={"range": b"new"})
    shard.advance(59_999)
    assert not answer.done
    shard.advance(1)
    assert value(answer).leader == follower.member_id
    assert shard.heartbeat(leader) == ErrorCode.UNKNOWN_MEMBER_ID


def test_a_new_member_whose_rebalance_never_ends_is_dropped_after_its_join_timeout(
    shard: Any,
) -> None:
    [old] = shard.stable(session_timeout_ms=1_800_000, rebalance_timeout_ms=1_000_000)
    new = shard.join(rebalance_timeout_ms=1_000_000)
    shard.advance(300_000)
    assert value(new).error_code == ErrorCode.UNKNOWN_MEMBER_ID
    assert list(shard.group.members) == [old.member_id]
