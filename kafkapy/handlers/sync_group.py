"""SyncGroup v0-5: the leader gives the assignment, every member gets its own.

- v3: static members (KIP-345).
- v5: protocol type and name must be sent, and must be the group's (KIP-559).
"""

from __future__ import annotations

from kafkapy.errors import ApiError
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.sync_group import SyncGroupRequest, SyncGroupResponse

_FIRST_VERSION_WITH_PROTOCOL = 5


async def handle(request: SyncGroupRequest, context: RequestContext) -> SyncGroupResponse:
    """Answer when the leader's assignment is durable."""
    if context.api_version >= _FIRST_VERSION_WITH_PROTOCOL and (
        request.protocol_type is None or request.protocol_name is None
    ):
        raise ApiError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    return await context.broker.groups.sync(request)
