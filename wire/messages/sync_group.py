"""SyncGroup: the leader of a classic group hands in the assignment, every member fetches its own.

Versions: 1 throttle time, 2 throttles after the answer (KIP-219), 3 static members (KIP-345),
5 checks protocol type and name (KIP-559).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, bytes_, int16, int32, string


class SyncGroupRequestAssignment(Struct):
    """What one member gets; only the members read it."""

    member_id: str = string()
    assignment: bytes = bytes_()


class SyncGroupRequest(Request, api_key=14, versions="0-5", flexible="4+"):
    """A member of a generation, and if it leads, the assignment of all."""

    group_id: str = string()
    generation_id: int = int32()
    member_id: str = string()
    group_instance_id: str | None = string("3+", nullable="3+", default=None)
    protocol_type: str | None = string("5+", nullable="5+", default=None)
    protocol_name: str | None = string("5+", nullable="5+", default=None)
    assignments: list[SyncGroupRequestAssignment] = array(SyncGroupRequestAssignment)


class SyncGroupResponse(Response, api_key=14, versions="0-5", flexible="4+"):
    """The assignment of the member that asked, once the leader has sent it."""

    throttle_time_ms: int = int32("1+")
    error_code: int = int16()
    protocol_type: str | None = string("5+", nullable="5+", default=None)
    protocol_name: str | None = string("5+", nullable="5+", default=None)
    assignment: bytes = bytes_()
