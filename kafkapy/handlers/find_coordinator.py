"""FindCoordinator v0-6: which broker coordinates a group, a transaction or a share group.

- v1: transactions (KIP-98). v4: many keys (KIP-699). v6: share groups (KIP-932), whose key is
  `group:topic id:partition`.
- The first one for a group makes `__consumer_offsets`, for a transaction `__transaction_state`;
  Kafka lets the client ask again meanwhile.
"""

from __future__ import annotations

import enum

from kafkapy.errors import ApiError
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.find_coordinator import (
    Coordinator,
    FindCoordinatorRequest,
    FindCoordinatorResponse,
)

_FIRST_VERSION_WITH_MANY_KEYS = 4
_FIRST_VERSION_WITH_SHARE_GROUPS = 6
_NO_NODE = -1


class KeyType(enum.IntEnum):
    """What a key names."""

    GROUP = 0
    TRANSACTION = 1
    SHARE = 2


async def handle(
    request: FindCoordinatorRequest, context: RequestContext
) -> FindCoordinatorResponse:
    """Name this broker, which coordinates everything."""
    if context.api_version >= _FIRST_VERSION_WITH_MANY_KEYS:
        coordinators = [
            await _find(key, request.key_type, context) for key in request.coordinator_keys
        ]
        return FindCoordinatorResponse(coordinators=coordinators)
    found = await _find(request.key, request.key_type, context)
    return FindCoordinatorResponse(
        error_code=found.error_code,
        # Kafka names the error here even where there is none.
        error_message=found.error_message or ErrorCode.NONE.name,
        node_id=found.node_id,
        host=found.host,
        port=found.port,
    )


async def _find(key: str, key_type: int, context: RequestContext) -> Coordinator:
    broker = context.broker
    try:
        if key_type == KeyType.GROUP:
            await broker.groups.ensure_started()
        elif key_type == KeyType.TRANSACTION:
            await broker.transactions.ensure_started()
        else:
            _check_share_key(key, key_type, context)
    except ApiError as error:
        message = error.message or error.code.message
        return Coordinator(key, _NO_NODE, "", _NO_NODE, error.code, message)
    host, port = broker.advertised(context.peer)
    return Coordinator(key, broker.node_id, host, port, error_message="")


def _check_share_key(key: str, key_type: int, context: RequestContext) -> None:
    if (
        key_type != KeyType.SHARE
        or context.api_version < _FIRST_VERSION_WITH_SHARE_GROUPS
        or key.count(":") < 2
    ):
        raise ApiError(ErrorCode.INVALID_REQUEST)
