"""Metadata: the brokers of the cluster, and the leaders of the partitions of topics.

Versions: 1 racks, controller, null for all topics, 2 cluster id (KIP-78), 3 throttle time, 4 auto
creation on request, 5 offline replicas (KIP-112), 6 throttles after the answer (KIP-219), 7 leader
epoch (KIP-320), 8 authorized operations (KIP-430), 10 topic ids, 11 leaves those of the cluster to
DescribeCluster (KIP-700), 12 can ask by topic id (KIP-516), 13 an error for the whole (KIP-1102).
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Request,
    Response,
    Struct,
    array,
    boolean,
    int16,
    int32,
    string,
    uuid,
)


class MetadataRequestTopic(Struct):
    """A topic by name, or from version 12 on by id with a null name."""

    topic_id: bytes = uuid("10+")
    name: str | None = string(nullable="10+")


class MetadataRequest(Request, api_key=3, versions="0-13", flexible="9+"):
    """Which topics the caller wants to know about."""

    # null: all; version 0: an empty list means all
    topics: list[MetadataRequestTopic] | None = array(MetadataRequestTopic, nullable="1+")
    allow_auto_topic_creation: bool = boolean("4+", default=True)
    include_cluster_authorized_operations: bool = boolean("8-10")
    include_topic_authorized_operations: bool = boolean("8+")


class MetadataResponseBroker(Struct):
    """A live broker, at its address on the listener that was asked."""

    node_id: int = int32()
    host: str = string()
    port: int = int32()
    rack: str | None = string("1+", nullable="1+", default=None)


class MetadataResponsePartition(Struct):
    """The state of one partition."""

    error_code: int = int16()
    partition_index: int = int32()
    leader_id: int = int32()  # -1: it has none now
    leader_epoch: int = int32("7+", default=-1)
    replica_nodes: list[int] = array(int32)
    isr_nodes: list[int] = array(int32)
    offline_replicas: list[int] = array(int32, "5+")


class MetadataResponseTopic(Struct):
    """One topic; an error stands beside the name or id that it concerns."""

    error_code: int = int16()
    name: str | None = string(nullable="12+")  # null: an unknown id was asked for
    topic_id: bytes = uuid("10+")
    is_internal: bool = boolean("1+")
    partitions: list[MetadataResponsePartition] = array(MetadataResponsePartition)
    # bit n: operation n is allowed; -2**31: not asked for
    topic_authorized_operations: int = int32("8+", default=-(2**31))


class MetadataResponse(Response, api_key=3, versions="0-13", flexible="9+"):
    """The cluster as this broker sees it."""

    throttle_time_ms: int = int32("3+")
    brokers: list[MetadataResponseBroker] = array(MetadataResponseBroker)
    cluster_id: str | None = string("2+", nullable="2+", default=None)
    controller_id: int = int32("1+", default=-1)  # where admin requests go; -1: unknown
    topics: list[MetadataResponseTopic] = array(MetadataResponseTopic)
    # bit n: operation n is allowed; -2**31: not asked for
    cluster_authorized_operations: int = int32("8-10", default=-(2**31))
    error_code: int = int16("13+")  # REBOOTSTRAP_REQUIRED: forget all brokers and start over
