"""DescribeCluster over the wire."""

from __future__ import annotations

import pytest

from kafkapy.authorized_operations import CLUSTER_OPERATIONS, NOT_ASKED
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.describe_cluster import DescribeClusterRequest
from kafkapy.wire.messages.metadata import MetadataRequest
from tests.kafkapy.handlers.admin_client import admin_client


@pytest.mark.parametrize("version", range(3))
def test_this_broker_is_the_whole_cluster(version: int) -> None:
    with admin_client(broker_rack="r1") as client:
        request = DescribeClusterRequest(include_cluster_authorized_operations=True)
        response = client.call(request, version)
        assert (response.error_code, response.controller_id) == (0, 1)
        assert response.cluster_id == client.call(MetadataRequest(topics=[]), 12).cluster_id
        assert len(response.cluster_id) == 22
        [broker] = response.brokers
        assert (broker.host, broker.port) == client.socket.getpeername()
        assert (broker.broker_id, broker.rack, broker.is_fenced) == (1, "r1", False)
        assert response.cluster_authorized_operations == CLUSTER_OPERATIONS
        silent = client.call(DescribeClusterRequest(), version)
        assert silent.cluster_authorized_operations == NOT_ASKED


@pytest.mark.parametrize(
    ("endpoint_type", "code"),
    [
        (2, ErrorCode.MISMATCHED_ENDPOINT_TYPE),
        (0, ErrorCode.UNSUPPORTED_ENDPOINT_TYPE),
        (3, ErrorCode.UNSUPPORTED_ENDPOINT_TYPE),
    ],
)
def test_a_client_that_looks_for_another_endpoint_is_told(
    endpoint_type: int, code: ErrorCode
) -> None:
    with admin_client() as client:
        response = client.call(DescribeClusterRequest(endpoint_type=endpoint_type), 1)
        assert (response.error_code, response.brokers) == (code, [])
        assert response.error_message
