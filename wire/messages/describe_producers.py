"""DescribeProducers: the idempotent producers that partitions know (KIP-664).

Leaders answer from the state by which they find duplicates, to help find hanging transactions.
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, int64, string


class TopicRequest(Struct):
    """Partitions of one topic."""

    name: str = string()
    partition_indexes: list[int] = array(int32)


class DescribeProducersRequest(Request, api_key=61, versions="0", flexible="0+"):
    """The partitions in question."""

    topics: list[TopicRequest] = array(TopicRequest)


class ProducerState(Struct):
    """A producer, as the partition remembers it."""

    producer_id: int = int64()
    producer_epoch: int = int32()
    last_sequence: int = int32(default=-1)  # -1: none
    last_timestamp: int = int64(default=-1)  # of its newest batch, epoch ms; -1: none
    coordinator_epoch: int = int32()  # of its newest transaction marker; -1: none
    current_txn_start_offset: int = int64(default=-1)  # -1: no open transaction


class PartitionResponse(Struct):
    """The producers of one partition."""

    partition_index: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+", default=None)
    active_producers: list[ProducerState] = array(ProducerState)


class TopicResponse(Struct):
    """The partitions of one topic."""

    name: str = string()
    partitions: list[PartitionResponse] = array(PartitionResponse)


class DescribeProducersResponse(Response, api_key=61, versions="0", flexible="0+"):
    """The producers, by partition."""

    throttle_time_ms: int = int32()
    topics: list[TopicResponse] = array(TopicResponse)
