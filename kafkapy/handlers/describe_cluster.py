"""DescribeCluster v0-2: the brokers, the controller, and what the client may do (KIP-700).

- v1: the client says whether it asks a broker (1) or a controller (2); this is a broker (KIP-919).
- v2: fenced brokers may be listed too; there are none here (KIP-1073).
"""

from __future__ import annotations

from kafkapy.authorized_operations import CLUSTER_OPERATIONS, NOT_ASKED
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.describe_cluster import (
    DescribeClusterBroker,
    DescribeClusterRequest,
    DescribeClusterResponse,
)

_BROKERS, _CONTROLLERS = 1, 2


async def handle(
    request: DescribeClusterRequest, context: RequestContext
) -> DescribeClusterResponse:
    """Describe this broker, which is the whole cluster."""
    broker = context.broker
    if request.endpoint_type != _BROKERS:
        is_known = request.endpoint_type == _CONTROLLERS
        code = (
            ErrorCode.MISMATCHED_ENDPOINT_TYPE
            if is_known
            else (ErrorCode.UNSUPPORTED_ENDPOINT_TYPE)
        )
        return DescribeClusterResponse(
            error_code=code, error_message=code.message, endpoint_type=_BROKERS
        )
    host, port = broker.advertised(context.peer)
    asks_operations = request.include_cluster_authorized_operations
    return DescribeClusterResponse(
        cluster_id=broker.cluster_id,
        controller_id=broker.node_id,
        brokers=[
            DescribeClusterBroker(broker_id=broker.node_id, host=host, port=port, rack=broker.rack)
        ],
        cluster_authorized_operations=CLUSTER_OPERATIONS if asks_operations else NOT_ASKED,
    )
