"""DescribeGroups over the wire, in its versions."""

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.describe_groups import DescribeGroupsRequest
from tests.kafkapy.handlers.group_client import GROUP, group_client

NOT_ASKED = -(2**31)
# READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS and ALTER_CONFIGS, as Kafka 4.3 answers.
OPERATIONS = 3400


@pytest.mark.parametrize("version", range(7))
def test_a_group_is_described_in_every_version(version: int) -> None:
    with group_client() as client:
        joined = client.join(group_instance_id="i1")
        client.sync(joined, group_instance_id="i1")
        [group] = client.call(DescribeGroupsRequest([GROUP]), version).groups
        assert (group.error_code, group.group_state, group.protocol_data) == (0, "Stable", "range")
        [member] = group.members
        assert (member.member_id, member.client_id) == (joined.member_id, "raw")
        assert member.group_instance_id == ("i1" if version >= 4 else None)
        assert member.member_assignment == b"all"


def test_operations_are_told_who_asks() -> None:
    with group_client() as client:
        client.member()
        answers = [
            client.call(DescribeGroupsRequest([GROUP], asks), 5).groups[0].authorized_operations
            for asks in (False, True)
        ]
        assert answers == [NOT_ASKED, OPERATIONS]


@pytest.mark.parametrize(
    ("version", "error", "message", "operations"),
    [
        (5, ErrorCode.NONE, None, OPERATIONS),
        (6, ErrorCode.GROUP_ID_NOT_FOUND, "Group unknown not found.", NOT_ASKED),
    ],
)
def test_an_unknown_group_is_dead(
    version: int, error: ErrorCode, message: str | None, operations: int
) -> None:
    with group_client() as client:
        [group] = client.call(DescribeGroupsRequest(["unknown"], True), version).groups
        assert (group.group_state, group.error_code, group.error_message) == (
            "Dead",
            error,
            message,
        )
        assert group.authorized_operations == operations


def test_without_a_coordinator_the_client_has_to_look_for_one() -> None:
    with group_client(finds_coordinator=False) as client:
        [group] = client.call(DescribeGroupsRequest([GROUP]), 6).groups
        assert group.error_code == ErrorCode.NOT_COORDINATOR
