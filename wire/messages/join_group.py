"""JoinGroup: become a member of a classic group; answered when all members have joined.

Versions: 1 rebalance timeout of its own (KIP-62), 2 throttle time, 3 throttles after the answer
(KIP-219), 4 a new member is given its id first and joins again (KIP-394), 5 static members
(KIP-345), 7 protocol type in the answer (KIP-559), 8 reason (KIP-800), 9 tells a returning static
leader to keep the assignment (KIP-814).
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


class JoinGroupRequestProtocol(Struct):
    """A protocol that the member can follow; only the members read its metadata."""

    name: str = string()
    metadata: bytes = bytes_()


class JoinGroupRequest(Request, api_key=11, versions="0-9", flexible="6+"):
    """Who wants to join, with which protocols, the preferred one first."""

    group_id: str = string()
    session_timeout_ms: int = int32()  # without a heartbeat for this long, the member is out
    # for the others to join again; -1: the session timeout
    rebalance_timeout_ms: int = int32("1+", default=-1)
    member_id: str = string()  # empty: a new member
    # of a static member; null: a dynamic one
    group_instance_id: str | None = string("5+", nullable="5+", default=None)
    protocol_type: str = string()  # such as `consumer` or `connect`; the same for all members
    protocols: list[JoinGroupRequestProtocol] = array(JoinGroupRequestProtocol)
    reason: str | None = string("8+", nullable="8+", default=None)  # for logs


class JoinGroupResponseMember(Struct):
    """A member and its metadata for the chosen protocol."""

    member_id: str = string()
    group_instance_id: str | None = string("5+", nullable="5+", default=None)
    metadata: bytes = bytes_()


class JoinGroupResponse(Response, api_key=11, versions="0-9", flexible="6+"):
    """The new generation; only its leader is told the members."""

    throttle_time_ms: int = int32("2+")
    error_code: int = int16()
    generation_id: int = int32(default=-1)  # -1 on error
    protocol_type: str | None = string("7+", nullable="7+", default=None)
    # the one that all members know and most prefer
    protocol_name: str | None = string(nullable="7+")
    leader: str = string()  # member id of the one that assigns
    skip_assignment: bool = boolean("9+")
    member_id: str = string()  # with MEMBER_ID_REQUIRED: the id to join again with
    members: list[JoinGroupResponseMember] = array(JoinGroupResponseMember)
