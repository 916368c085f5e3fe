"""ShareAcknowledge: say what became of acquired records, without fetching more (KIP-932).

It belongs to the session of ShareFetch and counts on in its epoch.
Versions: 2 renewal of locks (KIP-1222). Version 0 was an early access that Kafka 4.1 no longer
speaks.
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
    int64,
    string,
    struct,
    uuid,
)


class AcknowledgementBatch(Struct):
    """What became of consecutive records."""

    first_offset: int = int64()
    last_offset: int = int64()  # inclusive
    # 0 gap, 1 accept, 2 release, 3 reject, 4 renew (version 2); one per record, or one for all
    acknowledge_types: list[int] = array(int8)


class AcknowledgePartition(Struct):
    """Acknowledgements of one partition."""

    partition_index: int = int32()
    acknowledgement_batches: list[AcknowledgementBatch] = array(AcknowledgementBatch)


class AcknowledgeTopic(Struct):
    """Partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[AcknowledgePartition] = array(AcknowledgePartition)


class ShareAcknowledgeRequest(Request, api_key=79, versions="1-2", flexible="0+"):
    """The acknowledgements."""

    group_id: str | None = string(nullable="1+", default=None)
    member_id: str | None = string(nullable="1+")
    share_session_epoch: int = int32()  # -1: close the session
    is_renew_ack: bool = boolean("2+")  # there are acknowledgements of type 4
    topics: list[AcknowledgeTopic] = array(AcknowledgeTopic)


class LeaderIdAndEpoch(Struct):
    """Who leads a partition, where it is not this broker."""

    leader_id: int = int32()  # -1: unknown
    leader_epoch: int = int32()


class PartitionData(Struct):
    """Whether the acknowledgements of one partition were taken."""

    partition_index: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="1+", default=None)
    current_leader: LeaderIdAndEpoch = struct(LeaderIdAndEpoch)


class ShareAcknowledgeTopicResponse(Struct):
    """The partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[PartitionData] = array(PartitionData)


class NodeEndpoint(Struct):
    """Where a leader is reached that a partition names."""

    node_id: int = int32()
    host: str = string()
    port: int = int32()
    rack: str | None = string(nullable="1+", default=None)


class ShareAcknowledgeResponse(Response, api_key=79, versions="1-2", flexible="0+"):
    """One result per partition."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="1+", default=None)
    acquisition_lock_timeout_ms: int = int32("2+")  # how long a renewed lock lasts
    responses: list[ShareAcknowledgeTopicResponse] = array(ShareAcknowledgeTopicResponse)
    node_endpoints: list[NodeEndpoint] = array(NodeEndpoint)
