"""LeaveGroup v0-5: members leave without waiting for their session to time out.

- v0-2 name one member, whose error is that of the whole response.
- v3: several members, by member id or by instance id (KIP-345). v5: reasons (KIP-800).
"""

from __future__ import annotations

from kafkapy.errors import ApiError
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.leave_group import (
    LeaveGroupRequest,
    LeaveGroupResponse,
    MemberIdentity,
    MemberResponse,
)

_FIRST_VERSION_WITH_MEMBERS = 3


async def handle(request: LeaveGroupRequest, context: RequestContext) -> LeaveGroupResponse:
    """Remove the members; each has its own result."""
    names_one = context.api_version < _FIRST_VERSION_WITH_MEMBERS
    if names_one:
        request.members = [MemberIdentity(request.member_id)]
    try:
        response = await context.broker.groups.leave(request)
    except ApiError as error:
        if error.code is not ErrorCode.UNKNOWN_MEMBER_ID:
            raise
        members = [
            MemberResponse(member.member_id, member.group_instance_id, error.code)
            for member in request.members
        ]
        response = LeaveGroupResponse(members=members)
    if names_one:
        return LeaveGroupResponse(error_code=response.members[0].error_code)
    return response
