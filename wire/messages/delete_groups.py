"""DeleteGroups: delete groups without members, and their offsets (KIP-229).

Versions: 1 throttles after the answer (KIP-219).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, string


class DeleteGroupsRequest(Request, api_key=42, versions="0-2", flexible="2+"):
    """The ids of the groups."""

    groups_names: list[str] = array(string)


class DeletableGroupResult(Struct):
    """Whether one group was deleted; NON_EMPTY_GROUP if it has members."""

    group_id: str = string()
    error_code: int = int16()


class DeleteGroupsResponse(Response, api_key=42, versions="0-2", flexible="2+"):
    """One result per group."""

    throttle_time_ms: int = int32()
    results: list[DeletableGroupResult] = array(DeletableGroupResult)
