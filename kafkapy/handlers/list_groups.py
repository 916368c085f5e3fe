"""ListGroups v0-5: the groups of which this broker is the coordinator.

- v4: only groups in some states (KIP-518). v5: only groups of some types (KIP-848).
"""

from __future__ import annotations

from kafkapy.server.context import RequestContext
from kafkapy.wire.messages.list_groups import ListGroupsRequest, ListGroupsResponse


async def handle(request: ListGroupsRequest, context: RequestContext) -> ListGroupsResponse:
    """List them all, or those that the filters let pass."""
    groups = context.broker.groups.list_groups(request.states_filter, request.types_filter)
    return ListGroupsResponse(groups=groups)
