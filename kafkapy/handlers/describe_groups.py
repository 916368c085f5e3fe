"""DescribeGroups v0-6: classic groups with their members.

- v3: the operations that the client may do on the group (KIP-430). v4: instance ids (KIP-345).
- A group that does not exist is dead; from v6 on it is an error, with a message (KIP-1043).
"""

from __future__ import annotations

from kafkapy.authorized_operations import Operation
from kafkapy.coordinator.classic.group import GroupState
from kafkapy.errors import ApiError
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.describe_groups import (
    DescribedGroup,
    DescribeGroupsRequest,
    DescribeGroupsResponse,
)

_FIRST_VERSION_WITH_NOT_FOUND = 6
_GROUP_OPERATIONS = sum(
    1 << operation
    for operation in (
        Operation.READ,
        Operation.DELETE,
        Operation.DESCRIBE,
        Operation.DESCRIBE_CONFIGS,
        Operation.ALTER_CONFIGS,
    )
)


async def handle(request: DescribeGroupsRequest, context: RequestContext) -> DescribeGroupsResponse:
    """Describe each group by itself."""
    groups = [_describe(group_id, context) for group_id in request.groups]
    if request.include_authorized_operations:
        for group in groups:
            if not group.error_code:
                group.authorized_operations = _GROUP_OPERATIONS
    return DescribeGroupsResponse(groups=groups)


def _describe(group_id: str, context: RequestContext) -> DescribedGroup:
    try:
        return context.broker.groups.describe(group_id)
    except ApiError as error:
        group = DescribedGroup(group_id=group_id, error_code=error.code)
        if error.code is ErrorCode.GROUP_ID_NOT_FOUND:
            group.group_state = GroupState.DEAD.value
            group.error_message = error.message
            if context.api_version < _FIRST_VERSION_WITH_NOT_FOUND:
                group.error_code = ErrorCode.NONE
        return group
