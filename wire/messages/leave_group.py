"""LeaveGroup: remove members from a classic group before their session ends.

Versions: 1 throttle time, 2 throttles after the answer (KIP-219), 3 several members, static ones
too (KIP-345), 5 reason (KIP-800).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, string


class MemberIdentity(Struct):
    """Who leaves; a static member may be named by its instance id alone."""

    member_id: str = string("3+")
    group_instance_id: str | None = string("3+", nullable="3+", default=None)
    reason: str | None = string("5+", nullable="5+", default=None)  # for logs


class LeaveGroupRequest(Request, api_key=13, versions="0-5", flexible="4+"):
    """Who leaves which group: one member before version 3."""

    group_id: str = string()
    member_id: str = string("0-2")
    members: list[MemberIdentity] = array(MemberIdentity, "3+")


class MemberResponse(Struct):
    """Whether this member was removed."""

    member_id: str = string("3+")
    group_instance_id: str | None = string("3+", nullable="3+")
    error_code: int = int16("3+")


class LeaveGroupResponse(Response, api_key=13, versions="0-5", flexible="4+"):
    """One result, or from version 3 on one per member."""

    throttle_time_ms: int = int32("1+")
    error_code: int = int16()
    members: list[MemberResponse] = array(MemberResponse, "3+")
