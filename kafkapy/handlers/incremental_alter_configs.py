"""IncrementalAlterConfigs v0-1: change single settings, all of a resource or none (KIP-339)."""

from __future__ import annotations

from kafkapy.config.alter import Operation, OperationType
from kafkapy.errors import ApiError
from kafkapy.handlers.config_changes import change_each
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.incremental_alter_configs import (
    AlterConfigsResource,
    AlterConfigsResourceResponse,
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
)

_OPERATIONS = frozenset(OperationType)


async def handle(
    request: IncrementalAlterConfigsRequest, context: RequestContext
) -> IncrementalAlterConfigsResponse:
    """Change each resource by itself."""
    responses = await change_each(
        request.resources,
        _operations,
        AlterConfigsResourceResponse,
        context,
        replace=False,
        validate_only=request.validate_only,
    )
    return IncrementalAlterConfigsResponse(responses=responses)


def _operations(resource: AlterConfigsResource) -> list[Operation]:
    for config in resource.configs:
        if config.config_operation not in _OPERATIONS:
            raise ApiError(
                ErrorCode.INVALID_REQUEST, f"There is no operation {config.config_operation}."
            )
    return [
        Operation(OperationType(config.config_operation), config.name, config.value)
        for config in resource.configs
    ]
