"""DescribeCluster: the cluster's id, its controller and its brokers (KIP-700).

Versions: 1 may be asked of controllers about controllers (KIP-919), 2 fenced brokers (KIP-1073).
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Request,
    Response,
    Struct,
    array,
    boolean,
    int8,
    int16,
    int32,
    string,
)


class DescribeClusterRequest(Request, api_key=60, versions="0-2", flexible="0+"):
    """What to tell of the cluster."""

    include_cluster_authorized_operations: bool = boolean()
    endpoint_type: int = int8("1+", default=1)  # 1 brokers, 2 controllers
    include_fenced_brokers: bool = boolean("2+")


class DescribeClusterBroker(Struct):
    """A broker, or a controller, and where it is reached."""

    broker_id: int = int32()
    host: str = string()
    port: int = int32()
    rack: str | None = string(nullable="0+", default=None)
    is_fenced: bool = boolean("2+")


class DescribeClusterResponse(Response, api_key=60, versions="0-2", flexible="0+"):
    """The cluster."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+", default=None)
    endpoint_type: int = int8("1+", default=1)  # 1 brokers, 2 controllers
    cluster_id: str = string()
    # -1: unknown; brokers of a KRaft cluster name any of them
    controller_id: int = int32(default=-1)
    brokers: list[DescribeClusterBroker] = array(DescribeClusterBroker)
    # bit n: operation n is allowed; -2**31: not asked for
    cluster_authorized_operations: int = int32(default=-(2**31))
