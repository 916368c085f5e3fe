"""ListConfigResources v0-1: the resources that can be configured (KIP-1142).

- v0 lists the client metrics subscriptions only; v1 any types, and all of them where none is named.
"""

from __future__ import annotations

from kafkapy.metadata.image import BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.list_config_resources import (
    ConfigResource,
    ListConfigResourcesRequest,
    ListConfigResourcesResponse,
)

_TYPES = (TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP)


async def handle(
    request: ListConfigResourcesRequest, context: RequestContext
) -> ListConfigResourcesResponse:
    """List the resources of the types asked for."""
    broker = context.broker
    wanted = request.resource_types or list(_TYPES)
    if context.api_version == 0:
        wanted = [CLIENT_METRICS]
    if not set(wanted) <= set(_TYPES):
        return ListConfigResourcesResponse(error_code=ErrorCode.UNSUPPORTED_VERSION)
    names = {
        TOPIC: list(broker.image.topics),
        BROKER: [str(broker.node_id)],
        BROKER_LOGGER: [str(broker.node_id)],
        CLIENT_METRICS: broker.image.resources(CLIENT_METRICS),
        GROUP: broker.image.resources(GROUP),
    }
    return ListConfigResourcesResponse(
        config_resources=[
            ConfigResource(resource_name=name, resource_type=resource_type)
            for resource_type in _TYPES
            if resource_type in wanted
            for name in names[resource_type]
        ]
    )
