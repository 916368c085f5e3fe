"""DescribeGroups: the state and the members of classic groups.

Versions: 1 throttle time, 2 throttles after the answer (KIP-219), 3 authorized operations
(KIP-430), 4 static members (KIP-345), 6 an unknown group is an error, with text, where it was a
dead group before (KIP-1043).
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Request,
    Response,
    Struct,
    array,
    boolean,
    bytes_,
    int16,
    int32,
    string,
)


class DescribeGroupsRequest(Request, api_key=15, versions="0-6", flexible="5+"):
    """The ids of the groups in question."""

    groups: list[str] = array(string)
    include_authorized_operations: bool = boolean("3+")


class DescribedGroupMember(Struct):
    """A member; metadata and assignment are empty unless the group is stable."""

    member_id: str = string()
    group_instance_id: str | None = string("4+", nullable="4+", default=None)
    client_id: str = string()
    client_host: str = string()
    member_metadata: bytes = bytes_()
    member_assignment: bytes = bytes_()


class DescribedGroup(Struct):
    """One group."""

    error_code: int = int16()
    error_message: str | None = string("6+", nullable="6+", default=None)
    group_id: str = string()
    group_state: str = string()  # PreparingRebalance, CompletingRebalance, Stable, Empty or Dead
    protocol_type: str = string()
    protocol_data: str = string()  # name of the protocol in use, if the group is stable
    members: list[DescribedGroupMember] = array(DescribedGroupMember)
    # bit n: operation n is allowed; -2**31: not asked for
    authorized_operations: int = int32("3+", default=-(2**31))


class DescribeGroupsResponse(Response, api_key=15, versions="0-6", flexible="5+"):
    """One description per group."""

    throttle_time_ms: int = int32("1+")
    groups: list[DescribedGroup] = array(DescribedGroup)
