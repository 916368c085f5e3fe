"""ShareFetch: acquire records of share-partitions, and acknowledge earlier ones (KIP-932).

The broker chooses the offsets: it hands out records that no other member holds, under a lock that
ends after a time. There is always a session; its epoch counts the requests in it.
Versions: 2 how strictly `max_records` is kept (KIP-1206), renewal of locks (KIP-1222). Version 0
was an early access that Kafka 4.1 no longer speaks.
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Buffer,
    Request,
    Response,
    Struct,
    array,
    boolean,
    int8,
    int16,
    int32,
    int64,
    records,
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


class FetchPartition(Struct):
    """A partition to fetch from, with acknowledgements of it."""

    partition_index: int = int32()
    acknowledgement_batches: list[AcknowledgementBatch] = array(AcknowledgementBatch)


class FetchTopic(Struct):
    """Partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[FetchPartition] = array(FetchPartition)


class ForgottenTopic(Struct):
    """Partitions of one topic that leave the session."""

    topic_id: bytes = uuid()
    partitions: list[int] = array(int32)


class ShareFetchRequest(Request, api_key=78, versions="1-2", flexible="0+"):
    """What to acquire, and how much."""

    group_id: str | None = string(nullable="1+", default=None)
    member_id: str | None = string(nullable="1+")
    share_session_epoch: int = int32()  # 0: open a session; -1: close it
    max_wait_ms: int = int32()
    min_bytes: int = int32()
    max_bytes: int = int32(default=2**31 - 1)
    max_records: int = int32()  # may be exceeded, for the sake of whole batches, in mode 0
    batch_size: int = int32()  # records; wish for how to group what is acquired
    share_acquire_mode: int = int8("2+")  # 0: whole batches; 1: never more than max_records
    is_renew_ack: bool = boolean("2+")  # there are acknowledgements of type 4
    topics: list[FetchTopic] = array(FetchTopic)
    forgotten_topics_data: list[ForgottenTopic] = array(ForgottenTopic)


class LeaderIdAndEpoch(Struct):
    """Who leads a partition, where it is not this broker."""

    leader_id: int = int32()  # -1: unknown
    leader_epoch: int = int32()


class AcquiredRecords(Struct):
    """Consecutive records that the member now holds."""

    first_offset: int = int64()
    last_offset: int = int64()  # inclusive
    delivery_count: int = int16()  # 1: for the first time


class PartitionData(Struct):
    """What was fetched from one partition, and whether acknowledgements were taken."""

    partition_index: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="1+", default=None)
    acknowledge_error_code: int = int16()
    acknowledge_error_message: str | None = string(nullable="1+", default=None)
    current_leader: LeaderIdAndEpoch = struct(LeaderIdAndEpoch)
    records: Buffer = records(default=b"")
    acquired_records: list[AcquiredRecords] = array(AcquiredRecords)


class ShareFetchableTopicResponse(Struct):
    """The partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[PartitionData] = array(PartitionData)


class NodeEndpoint(Struct):
    """Where a leader is reached that a partition names."""

    node_id: int = int32()
    host: str = string()
    port: int = int32()
    rack: str | None = string(nullable="1+", default=None)


class ShareFetchResponse(Response, api_key=78, versions="1-2", flexible="0+"):
    """Records, of which only the acquired ones may be delivered."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="1+", default=None)
    acquisition_lock_timeout_ms: int = int32()  # how long acquired records are the member's
    responses: list[ShareFetchableTopicResponse] = array(ShareFetchableTopicResponse)
    node_endpoints: list[NodeEndpoint] = array(NodeEndpoint)
