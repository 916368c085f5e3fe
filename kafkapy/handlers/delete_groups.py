"""DeleteGroups v0-2: delete groups that are empty, with their offsets (KIP-229)."""

from __future__ import annotations

from kafkapy.errors import ApiError
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.delete_groups import (
    DeletableGroupResult,
    DeleteGroupsRequest,
    DeleteGroupsResponse,
)


async def handle(request: DeleteGroupsRequest, context: RequestContext) -> DeleteGroupsResponse:
    """Delete each group by itself, once even if it is named twice."""
    results = []
    for group_id in dict.fromkeys(request.groups_names):
        error = ErrorCode.NONE
        try:
            await context.broker.groups.delete_group(group_id)
        except ApiError as failure:
            error = failure.code
        results.append(DeletableGroupResult(group_id, error))
    return DeleteGroupsResponse(results=results)
