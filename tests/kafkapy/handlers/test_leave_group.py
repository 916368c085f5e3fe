"""LeaveGroup over the wire, in its versions."""

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.leave_group import LeaveGroupRequest, MemberIdentity
from tests.kafkapy.handlers.group_client import GROUP, group_client


@pytest.mark.parametrize("version", [0, 1, 2])
def test_one_member_leaves_and_has_its_error_at_the_top(version: int) -> None:
    with group_client() as client:
        member = client.member()
        assert client.call(LeaveGroupRequest(GROUP, "nobody"), version).error_code == 25
        left = client.call(LeaveGroupRequest(GROUP, member.member_id), version)
        assert (left.error_code, left.members) == (0, [])
        again = client.call(LeaveGroupRequest(GROUP, member.member_id), version)
        assert again.error_code == ErrorCode.UNKNOWN_MEMBER_ID


@pytest.mark.parametrize("version", [3, 4, 5])
def test_several_members_leave_and_have_their_own_errors(version: int) -> None:
    with group_client() as client:
        member = client.member()
        identities = [MemberIdentity(member.member_id), MemberIdentity("", "unknown")]
        left = client.call(LeaveGroupRequest(GROUP, members=identities), version)
        assert left.error_code == 0
        assert [(m.member_id, m.group_instance_id, m.error_code) for m in left.members] == [
            (member.member_id, None, 0),
            ("", "unknown", ErrorCode.UNKNOWN_MEMBER_ID),
        ]


@pytest.mark.parametrize(("version", "top"), [(2, ErrorCode.UNKNOWN_MEMBER_ID), (3, 0)])
def test_of_an_unknown_group_every_member_is_unknown(version: int, top: int) -> None:
    with group_client() as client:
        request = LeaveGroupRequest("unknown", "m", [MemberIdentity("m")] if version > 2 else [])
        left = client.call(request, version)
        assert left.error_code == top
        assert [m.error_code for m in left.members] == ([25] if version > 2 else [])


def test_a_group_without_a_name_is_refused() -> None:
    with group_client() as client:
        request = LeaveGroupRequest("", members=[MemberIdentity("m")])
        assert client.call(request, 5).error_code == ErrorCode.INVALID_GROUP_ID
