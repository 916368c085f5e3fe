"""ReadShareGroupStateSummary."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, int64, string, uuid


class PartitionData(Struct):
    """PartitionData of ReadShareGroupStateSummaryRequest."""

    partition: int = int32()
    leader_epoch: int = int32()


class ReadStateSummaryData(Struct):
    """ReadStateSummaryData of ReadShareGroupStateSummaryRequest."""

    topic_id: bytes = uuid()
    partitions: list[PartitionData] = array(PartitionData)


class ReadShareGroupStateSummaryRequest(Request, api_key=87, versions="0-1", flexible="0+"):
    """ReadShareGroupStateSummaryRequest, versions 0-1."""

    group_id: str = string()
    topics: list[ReadStateSummaryData] = array(ReadStateSummaryData)


class PartitionResult(Struct):
    """PartitionResult of ReadShareGroupStateSummaryResponse."""

    partition: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+", default=None)
    state_epoch: int = int32()
    leader_epoch: int = int32()
    start_offset: int = int64()
    delivery_complete_count: int = int32("1+", default=-1)


class ReadStateSummaryResult(Struct):
    """ReadStateSummaryResult of ReadShareGroupStateSummaryResponse."""

    topic_id: bytes = uuid()
    partitions: list[PartitionResult] = array(PartitionResult)


class ReadShareGroupStateSummaryResponse(Response, api_key=87, versions="0-1", flexible="0+"):
    """ReadShareGroupStateSummaryResponse, versions 0-1."""

    results: list[ReadStateSummaryResult] = array(ReadStateSummaryResult)
