"""AlterConfigs v0-2: replace all settings of resources (KIP-133); superseded, but still in use."""

from __future__ import annotations

from kafkapy.config.alter import Operation, OperationType
from kafkapy.handlers.config_changes import change_each
from kafkapy.server.context import RequestContext
from kafkapy.wire.messages.alter_configs import (
    AlterConfigsRequest,
    AlterConfigsResource,
    AlterConfigsResourceResponse,
    AlterConfigsResponse,
)


async def handle(request: AlterConfigsRequest, context: RequestContext) -> AlterConfigsResponse:
    """Replace the settings of each resource by itself."""
    responses = await change_each(
        request.resources,
        _operations,
        AlterConfigsResourceResponse,
        context,
        replace=True,
        validate_only=request.validate_only,
    )
    return AlterConfigsResponse(responses=responses)


def _operations(resource: AlterConfigsResource) -> list[Operation]:
    return [Operation(OperationType.SET, each.name, each.value) for each in resource.configs]
