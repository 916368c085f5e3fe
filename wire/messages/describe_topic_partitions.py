"""DescribeTopicPartitions: topics and their partitions, a page at a time (KIP-966).

What Metadata does for clients at work, this does for admin tools. Topics come in the order of their
names; without any named, all come.
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
    struct,
    uuid,
)


class TopicRequest(Struct):
    """A topic in question."""

    name: str = string()


class Cursor(Struct):
    """The partition that a page starts with."""

    topic_name: str = string()
    partition_index: int = int32()


class DescribeTopicPartitionsRequest(Request, api_key=75, versions="0", flexible="0+"):
    """Which topics, and which page."""

    topics: list[TopicRequest] = array(TopicRequest)  # empty: all
    response_partition_limit: int = int32(default=2000)  # the broker has a limit of its own too
    cursor: Cursor | None = struct(Cursor, nullable="0+", default=None)  # null: the first page


class DescribeTopicPartitionsResponsePartition(Struct):
    """One partition."""

    error_code: int = int16()
    partition_index: int = int32()
    leader_id: int = int32()  # -1: none
    leader_epoch: int = int32(default=-1)
    replica_nodes: list[int] = array(int32)
    isr_nodes: list[int] = array(int32)
    # Java's admin client takes these two lists empty, but not null.
    eligible_leader_replicas: list[int] | None = array(int32, nullable="0+", default=None)
    last_known_elr: list[int] | None = array(int32, nullable="0+", default=None)
    offline_replicas: list[int] = array(int32)


class DescribeTopicPartitionsResponseTopic(Struct):
    """One topic, or its partitions on this page."""

    error_code: int = int16()
    name: str | None = string(nullable="0+")
    topic_id: bytes = uuid()
    is_internal: bool = boolean()
    partitions: list[DescribeTopicPartitionsResponsePartition] = array(
        DescribeTopicPartitionsResponsePartition
    )
    # bit n: operation n is allowed; -2**31: not asked for
    topic_authorized_operations: int = int32(default=-(2**31))


class DescribeTopicPartitionsResponse(Response, api_key=75, versions="0", flexible="0+"):
    """One page."""

    throttle_time_ms: int = int32()
    topics: list[DescribeTopicPartitionsResponseTopic] = array(DescribeTopicPartitionsResponseTopic)
    # null: this was the last page
    next_cursor: Cursor | None = struct(Cursor, nullable="0+", default=None)
