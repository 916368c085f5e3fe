"""TxnOffsetCommit: store positions of a group that count once the transaction commits (KIP-98).

Versions: 1 throttles after the answer (KIP-219), 2 leader epoch (KIP-320), 3 checks the member
(KIP-447), 4 TRANSACTION_ABORTABLE, 5 adds the group to the transaction by itself (both KIP-890).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, int64, string


class TxnOffsetCommitRequestPartition(Struct):
    """The position of the group in one partition."""

    partition_index: int = int32()
    committed_offset: int = int64()  # of the next record to read
    committed_leader_epoch: int = int32("2+", default=-1)  # of the last record read; -1: unknown
    committed_metadata: str | None = string(nullable="0+")  # free text that OffsetFetch returns


class TxnOffsetCommitRequestTopic(Struct):
    """The positions in one topic."""

    name: str = string()
    partitions: list[TxnOffsetCommitRequestPartition] = array(TxnOffsetCommitRequestPartition)


class TxnOffsetCommitRequest(Request, api_key=28, versions="0-5", flexible="3+"):
    """Positions of one group, with the transaction that they belong to."""

    transactional_id: str = string()
    group_id: str = string()
    producer_id: int = int64()
    producer_epoch: int = int16()
    generation_id: int = int32("3+", default=-1)  # -1 with an empty member id: not checked
    member_id: str = string("3+")
    group_instance_id: str | None = string("3+", nullable="3+", default=None)
    topics: list[TxnOffsetCommitRequestTopic] = array(TxnOffsetCommitRequestTopic)


class TxnOffsetCommitResponsePartition(Struct):
    """Whether the position was stored as pending."""

    partition_index: int = int32()
    error_code: int = int16()


class TxnOffsetCommitResponseTopic(Struct):
    """The results of one topic."""

    name: str = string()
    partitions: list[TxnOffsetCommitResponsePartition] = array(TxnOffsetCommitResponsePartition)


class TxnOffsetCommitResponse(Response, api_key=28, versions="0-5", flexible="3+"):
    """One result per partition."""

    throttle_time_ms: int = int32()
    topics: list[TxnOffsetCommitResponseTopic] = array(TxnOffsetCommitResponseTopic)
