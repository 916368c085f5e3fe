"""SyncGroup."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, bytes_, int16, int32, string


class SyncGroupRequestAssignment(Struct):
    """SyncGroupRequestAssignment of SyncGroupRequest."""

    member_id: str = string()
    assignment: bytes = bytes_()


class SyncGroupRequest(Request, api_key=14, versions="0-5", flexible="4+"):
    """SyncGroupRequest, versions 0-5."""

    group_id: str = string()
    generation_id: int = int32()
    member_id: str = string()
    group_instance_id: str | None = string("3+", nullable="3+", default=None)
    protocol_type: str | None = string("5+", nullable="5+", default=None)
    protocol_name: str | None = string("5+", nullable="5+", default=None)
    assignments: list[SyncGroupRequestAssignment] = array(SyncGroupRequestAssignment)


class SyncGroupResponse(Response, api_key=14, versions="0-5", flexible="4+"):
    """SyncGroupResponse, versions 0-5."""

    throttle_time_ms: int = int32("1+")
    error_code: int = int16()
    protocol_type: str | None = string("5+", nullable="5+", default=None)
    protocol_name: str | None = string("5+", nullable="5+", default=None)
    assignment: bytes = bytes_()
