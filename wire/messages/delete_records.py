"""DeleteRecords: move the start of partitions forward (KIP-107).

Versions: 1 throttles after the answer (KIP-219).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, int64, string


class DeleteRecordsPartition(Struct):
    """The new first offset of one partition."""

    partition_index: int = int32()
    offset: int = int64()  # -1: the high watermark


class DeleteRecordsTopic(Struct):
    """The partitions of one topic."""

    name: str = string()
    partitions: list[DeleteRecordsPartition] = array(DeleteRecordsPartition)


class DeleteRecordsRequest(Request, api_key=21, versions="0-2", flexible="2+"):
    """What to delete."""

    topics: list[DeleteRecordsTopic] = array(DeleteRecordsTopic)
    timeout_ms: int = int32()  # how long to wait until all replicas have done it


class DeleteRecordsPartitionResult(Struct):
    """The result of one partition."""

    partition_index: int = int32()
    low_watermark: int = int64()  # smallest log start offset of its replicas; -1 on error
    error_code: int = int16()


class DeleteRecordsTopicResult(Struct):
    """The results of one topic."""

    name: str = string()
    partitions: list[DeleteRecordsPartitionResult] = array(DeleteRecordsPartitionResult)


class DeleteRecordsResponse(Response, api_key=21, versions="0-2", flexible="2+"):
    """One result per partition."""

    throttle_time_ms: int = int32()
    topics: list[DeleteRecordsTopicResult] = array(DeleteRecordsTopicResult)
