"""RemoveRaftVoter: let a node no longer be a voter of the metadata log (KIP-853)."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, int16, int32, string, uuid


class RemoveRaftVoterRequest(Request, api_key=81, versions="0", flexible="0+"):
    """The voter; the directory makes sure that it is the one meant."""

    cluster_id: str | None = string(nullable="0+")  # null: not checked
    voter_id: int = int32()
    voter_directory_id: bytes = uuid()


class RemoveRaftVoterResponse(Response, api_key=81, versions="0", flexible="0+"):
    """Whether it was done."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+")
