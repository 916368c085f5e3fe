"""Heartbeat: a member of a classic group is alive, and asks whether to rejoin.

Versions: 1 throttle time, 2 throttles after the answer (KIP-219), 3 static members (KIP-345).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, int16, int32, string


class HeartbeatRequest(Request, api_key=12, versions="0-4", flexible="4+"):
    """The member and the generation it is in."""

    group_id: str = string()
    generation_id: int = int32()
    member_id: str = string()
    group_instance_id: str | None = string("3+", nullable="3+", default=None)


class HeartbeatResponse(Response, api_key=12, versions="0-4", flexible="4+"):
    """REBALANCE_IN_PROGRESS tells the member to join again."""

    throttle_time_ms: int = int32("1+")
    error_code: int = int16()
