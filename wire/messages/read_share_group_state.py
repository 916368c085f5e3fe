"""ReadShareGroupState: a partition's leader loads the state of share-partitions (KIP-932).

An older leader epoch is refused with FENCED_LEADER_EPOCH; a newer one fences the older.
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


class PartitionData(Struct):
    """A share-partition to read."""

    partition: int = int32()
    leader_epoch: int = int32()


class ReadStateData(Struct):
    """Partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[PartitionData] = array(PartitionData)


class ReadShareGroupStateRequest(Request, api_key=84, versions="0", flexible="0+"):
    """The share-partitions of one group."""

    group_id: str = string()
    topics: list[ReadStateData] = array(ReadStateData)


class StateBatch(Struct):
    """Consecutive records that are in the same state."""

    first_offset: int = int64()
    last_offset: int = int64()  # inclusive
    delivery_state: int = int8()  # 0 available, 2 acknowledged, 4 archived
    delivery_count: int = int16()


class PartitionResult(Struct):
    """The state of one share-partition."""

    partition: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+", default=None)
    state_epoch: int = int32()
    start_offset: int = int64()  # -1: not known yet
    state_batches: list[StateBatch] = array(StateBatch)


class ReadStateResult(Struct):
    """The partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[PartitionResult] = array(PartitionResult)


class ReadShareGroupStateResponse(Response, api_key=84, versions="0", flexible="0+"):
    """One state per share-partition."""

    results: list[ReadStateResult] = array(ReadStateResult)
