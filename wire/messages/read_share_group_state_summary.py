"""ReadShareGroupStateSummary: where share-partitions start, without their batches (KIP-932).

The group coordinator asks for it to answer DescribeShareGroupOffsets.
Version 1 tells how many records are done with, from which lag is computed (KIP-1226).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, int64, string, uuid


class PartitionData(Struct):
    """A share-partition in question."""

    partition: int = int32()
    leader_epoch: int = int32()


class ReadStateSummaryData(Struct):
    """Partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[PartitionData] = array(PartitionData)


class ReadShareGroupStateSummaryRequest(Request, api_key=87, versions="0-1", flexible="0+"):
    """The share-partitions of one group."""

    group_id: str = string()
    topics: list[ReadStateSummaryData] = array(ReadStateSummaryData)


class PartitionResult(Struct):
    """The summary of one share-partition."""

    partition: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+", default=None)
    state_epoch: int = int32()
    leader_epoch: int = int32()
    start_offset: int = int64()  # -1: not known yet
    delivery_complete_count: int = int32("1+", default=-1)  # from start_offset on; -1: unknown


class ReadStateSummaryResult(Struct):
    """The partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[PartitionResult] = array(PartitionResult)


class ReadShareGroupStateSummaryResponse(Response, api_key=87, versions="0-1", flexible="0+"):
    """One summary per share-partition."""

    results: list[ReadStateSummaryResult] = array(ReadStateSummaryResult)
