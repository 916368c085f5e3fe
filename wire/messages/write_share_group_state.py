"""WriteShareGroupState: a partition's leader stores what changed in share-partitions (KIP-932).

Version 1 tells how many records are done with, from which lag is computed (KIP-1226).
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Request,
    Response,
    Struct,
    array,
    int8,
    int16,
    int32,
    int64,
    string,
    uuid,
)


class StateBatch(Struct):
    """Consecutive records that are in the same state."""

    first_offset: int = int64()
    last_offset: int = int64()  # inclusive
    delivery_state: int = int8()  # 0 available, 2 acknowledged, 4 archived
    delivery_count: int = int16()


class PartitionData(Struct):
    """What changed in one share-partition."""

    partition: int = int32()
    state_epoch: int = int32()  # an older one is refused with FENCED_STATE_EPOCH
    leader_epoch: int = int32()
    start_offset: int = int64()  # -1: unchanged
    delivery_complete_count: int = int32("1+", default=-1)  # from start_offset on; -1: unknown
    state_batches: list[StateBatch] = array(StateBatch)


class WriteStateData(Struct):
    """Partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[PartitionData] = array(PartitionData)


class WriteShareGroupStateRequest(Request, api_key=85, versions="0-1", flexible="0+"):
    """The share-partitions of one group."""

    group_id: str = string()
    topics: list[WriteStateData] = array(WriteStateData)


class PartitionResult(Struct):
    """Whether one share-partition was stored."""

    partition: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+", default=None)


class WriteStateResult(Struct):
    """The partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[PartitionResult] = array(PartitionResult)


class WriteShareGroupStateResponse(Response, api_key=85, versions="0-1", flexible="0+"):
    """One result per share-partition."""

    results: list[WriteStateResult] = array(WriteStateResult)
