"""Heartbeat v0-4: a member says that it lives, and is told of a rebalance.

- v3: static members (KIP-345).
"""

from __future__ import annotations

from kafkapy.errors import ApiError
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.heartbeat import HeartbeatRequest, HeartbeatResponse


async def handle(request: HeartbeatRequest, context: RequestContext) -> HeartbeatResponse:
    """Keep the member's session alive."""
    try:
        return context.broker.groups.heartbeat(request)
    except ApiError as error:
        # While the group is read from the log nobody can time out; old clients know no such error.
        if error.code is not ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
            raise
        return HeartbeatResponse()
