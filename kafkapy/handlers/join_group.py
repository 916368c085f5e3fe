"""JoinGroup v0-9: enter a group, and learn the generation and its leader.

- v0 has no rebalance timeout of its own: it is the session timeout (KIP-62).
- v4: who comes without a member id is told one, and has to come again with it (KIP-394).
- v5: static members (KIP-345). v7: protocol type in the answer (KIP-559). v8: a reason (KIP-800).
- v9: a leader may be told to leave the assignment as it is (KIP-814).
"""

from __future__ import annotations

from kafkapy.coordinator.classic.groups import Client
from kafkapy.coordinator.classic.rebalance import not_joined
from kafkapy.errors import ApiError
from kafkapy.server.context import RequestContext
from kafkapy.wire.messages.join_group import JoinGroupRequest, JoinGroupResponse

_FIRST_VERSION_WITH_REBALANCE_TIMEOUT = 1
_FIRST_VERSION_WITH_KNOWN_MEMBER_IDS = 4
_FIRST_VERSION_WITH_NULL_PROTOCOL = 7
_FIRST_VERSION_WITH_SKIPPED_ASSIGNMENT = 9


async def handle(request: JoinGroupRequest, context: RequestContext) -> JoinGroupResponse:
    """Answer when the rebalance that the join causes is over."""
    version = context.api_version
    if version < _FIRST_VERSION_WITH_REBALANCE_TIMEOUT:
        request.rebalance_timeout_ms = request.session_timeout_ms
    client = Client(
        context.client_id or "",
        f"/{context.peer.client_host}",
        requires_known_member_id=version >= _FIRST_VERSION_WITH_KNOWN_MEMBER_IDS,
        can_skip_assignment=version >= _FIRST_VERSION_WITH_SKIPPED_ASSIGNMENT,
    )
    try:
        response = await context.broker.groups.join(request, client)
    except ApiError as error:
        response = not_joined(error.code, request.member_id)
    if response.protocol_name is None and version < _FIRST_VERSION_WITH_NULL_PROTOCOL:
        response.protocol_name = ""
    return response
