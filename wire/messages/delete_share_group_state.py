"""DeleteShareGroupState."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, string, uuid


class PartitionData(Struct):
    """PartitionData of DeleteShareGroupStateRequest."""

    partition: int = int32()


class DeleteStateData(Struct):
    """DeleteStateData of DeleteShareGroupStateRequest."""

    topic_id: bytes = uuid()
    partitions: list[PartitionData] = array(PartitionData)


class DeleteShareGroupStateRequest(Request, api_key=86, versions="0", flexible="0+"):
    """DeleteShareGroupStateRequest, versions 0."""

    group_id: str = string()
    topics: list[DeleteStateData] = array(DeleteStateData)


class PartitionResult(Struct):
    """PartitionResult of DeleteShareGroupStateResponse."""

    partition: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+", default=None)


class DeleteStateResult(Struct):
    """DeleteStateResult of DeleteShareGroupStateResponse."""

    topic_id: bytes = uuid()
    partitions: list[PartitionResult] = array(PartitionResult)


class DeleteShareGroupStateResponse(Response, api_key=86, versions="0", flexible="0+"):
    """DeleteShareGroupStateResponse, versions 0."""

    results: list[DeleteStateResult] = array(DeleteStateResult)
