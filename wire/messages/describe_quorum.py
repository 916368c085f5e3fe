"""DescribeQuorum."""

from __future__ import annotations

from kafkapy.wire.schema import (
    Request,
    Response,
    Struct,
    array,
    int16,
    int32,
    int64,
    string,
    uint16,
    uuid,
)


class RequestPartitionData(Struct):
    """RequestPartitionData of DescribeQuorumRequest."""

    partition_index: int = int32()


class RequestTopicData(Struct):
    """RequestTopicData of DescribeQuorumRequest."""

    topic_name: str = string()
    partitions: list[RequestPartitionData] = array(RequestPartitionData)


class DescribeQuorumRequest(Request, api_key=55, versions="0-2", flexible="0+"):
    """DescribeQuorumRequest, versions 0-2."""

    topics: list[RequestTopicData] = array(RequestTopicData)


class ReplicaState(Struct):
    """ReplicaState of DescribeQuorumResponse."""

    replica_id: int = int32()
    replica_directory_id: bytes = uuid("2+")
    log_end_offset: int = int64()
    last_fetch_timestamp: int = int64("1+", default=-1)
    last_caught_up_timestamp: int = int64("1+", default=-1)


class ResponsePartitionData(Struct):
    """ResponsePartitionData of DescribeQuorumResponse."""

    partition_index: int = int32()
    error_code: int = int16()
    error_message: str | None = string("2+", nullable="2+")
    leader_id: int = int32()
    leader_epoch: int = int32()
    high_watermark: int = int64()
    current_voters: list[ReplicaState] = array(ReplicaState)
    observers: list[ReplicaState] = array(ReplicaState)


class ResponseTopicData(Struct):
    """ResponseTopicData of DescribeQuorumResponse."""

    topic_name: str = string()
    partitions: list[ResponsePartitionData] = array(ResponsePartitionData)


class Listener(Struct):
    """Listener of DescribeQuorumResponse."""

    name: str = string("2+")
    host: str = string("2+")
    port: int = uint16("2+")


class Node(Struct):
    """Node of DescribeQuorumResponse."""

    node_id: int = int32("2+")
    listeners: list[Listener] = array(Listener, "2+")


class DescribeQuorumResponse(Response, api_key=55, versions="0-2", flexible="0+"):
    """DescribeQuorumResponse, versions 0-2."""

    error_code: int = int16()
    error_message: str | None = string("2+", nullable="2+")
    topics: list[ResponseTopicData] = array(ResponseTopicData)
    nodes: list[Node] = array(Node, "2+")
