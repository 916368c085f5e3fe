"""Produce: append record batches to the partitions that this broker leads.

Versions: 1 throttle time, 2 timestamp of append (KIP-32), 3 transactions and batches of magic 2
(KIP-98), 5 log start offset, 6 throttles after the answer (KIP-219), 7 zstd (KIP-110), 8 errors of
single records (KIP-467), 10 where the leader is now (KIP-951), 11 TRANSACTION_ABORTABLE, 12 adds
partitions to the transaction by itself (both KIP-890), 13 topic ids (KIP-516).
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Buffer,
    Request,
    Response,
    Struct,
    array,
    int16,
    int32,
    int64,
    records,
    string,
    struct,
    uuid,
)


class PartitionProduceData(Struct):
    """The batches for one partition; versions 3 and above carry exactly one."""

    index: int = int32()
    records: Buffer | None = records(nullable="0+")


class TopicProduceData(Struct):
    """One topic: by name up to version 12, by id from 13 on."""

    name: str = string("0-12")
    topic_id: bytes = uuid("13+")
    partition_data: list[PartitionProduceData] = array(PartitionProduceData)


class ProduceRequest(Request, api_key=0, versions="0-13", flexible="9+"):
    """What to append, and how much of the replication to wait for."""

    # null: no record is transactional
    transactional_id: str | None = string("3+", nullable="3+", default=None)
    # 0: no response at all, 1: the leader has it, -1: all in-sync replicas have
    acks: int = int16()
    timeout_ms: int = int32()  # how long to wait for replicas; REQUEST_TIMED_OUT afterwards
    topic_data: list[TopicProduceData] = array(TopicProduceData)


class BatchIndexAndErrorMessage(Struct):
    """A record that made the broker refuse its whole batch."""

    batch_index: int = int32("8+")  # position of the record in its batch
    batch_index_error_message: str | None = string("8+", nullable="8+", default=None)


class LeaderIdAndEpoch(Struct):
    """Who leads the partition now; -1: unknown. Sent to clients that asked another."""

    leader_id: int = int32("10+", default=-1)
    leader_epoch: int = int32("10+", default=-1)


class PartitionProduceResponse(Struct):
    """Where the batch of one partition went, or why it was refused."""

    index: int = int32()
    error_code: int = int16()
    base_offset: int = int64()  # of the first record; -1 on error
    log_append_time_ms: int = int64("2+", default=-1)  # -1 unless the topic stamps LogAppendTime
    log_start_offset: int = int64("5+", default=-1)  # tells lost records from deleted ones (KIP-98)
    record_errors: list[BatchIndexAndErrorMessage] = array(BatchIndexAndErrorMessage, "8+")
    error_message: str | None = string("8+", nullable="8+", default=None)
    current_leader: LeaderIdAndEpoch = struct(LeaderIdAndEpoch, "10+", tag=0)


class TopicProduceResponse(Struct):
    """The results of one topic, named as in the request."""

    name: str = string("0-12")
    topic_id: bytes = uuid("13+")
    partition_responses: list[PartitionProduceResponse] = array(PartitionProduceResponse)


class NodeEndpoint(Struct):
    """The address of a broker that a `current_leader` points to."""

    node_id: int = int32("10+")
    host: str = string("10+")
    port: int = int32("10+")
    rack: str | None = string("10+", nullable="10+", default=None)


class ProduceResponse(Response, api_key=0, versions="0-13", flexible="9+"):
    """One result per partition; not sent for acks=0."""

    responses: list[TopicProduceResponse] = array(TopicProduceResponse)
    throttle_time_ms: int = int32("1+")
    node_endpoints: list[NodeEndpoint] = array(NodeEndpoint, "10+", tag=0)
