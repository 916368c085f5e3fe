"""DescribeQuorum: the Raft voters and observers of the metadata log (KIP-595).

The only topic is `__cluster_metadata`, the only partition 0.
Versions: 1 when replicas last fetched and last caught up (KIP-836), 2 directory ids, addresses and
error messages (KIP-853).
"""

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
    """A partition in question."""

    partition_index: int = int32()


class RequestTopicData(Struct):
    """Partitions of one topic."""

    topic_name: str = string()
    partitions: list[RequestPartitionData] = array(RequestPartitionData)


class DescribeQuorumRequest(Request, api_key=55, versions="0-2", flexible="0+"):
    """The metadata log."""

    topics: list[RequestTopicData] = array(RequestTopicData)


class ReplicaState(Struct):
    """How far a replica is; times are by the leader's clock."""

    replica_id: int = int32()
    replica_directory_id: bytes = uuid("2+")
    log_end_offset: int = int64()  # -1: unknown
    last_fetch_timestamp: int = int64("1+", default=-1)  # epoch ms; -1: unknown
    last_caught_up_timestamp: int = int64("1+", default=-1)  # epoch ms; -1: unknown


class ResponsePartitionData(Struct):
    """The state of one partition's quorum."""

    partition_index: int = int32()
    error_code: int = int16()
    error_message: str | None = string("2+", nullable="2+")
    leader_id: int = int32()  # -1: none
    leader_epoch: int = int32()
    high_watermark: int = int64()
    current_voters: list[ReplicaState] = array(ReplicaState)
    observers: list[ReplicaState] = array(ReplicaState)


class ResponseTopicData(Struct):
    """The partitions of one topic."""

    topic_name: str = string()
    partitions: list[ResponsePartitionData] = array(ResponsePartitionData)


class Listener(Struct):
    """An address of a node."""

    name: str = string("2+")
    host: str = string("2+")
    port: int = uint16("2+")


class Node(Struct):
    """Where a voter is reached."""

    node_id: int = int32("2+")
    listeners: list[Listener] = array(Listener, "2+")


class DescribeQuorumResponse(Response, api_key=55, versions="0-2", flexible="0+"):
    """The state of the quorum."""

    error_code: int = int16()
    error_message: str | None = string("2+", nullable="2+")
    topics: list[ResponseTopicData] = array(ResponseTopicData)
    nodes: list[Node] = array(Node, "2+")
