"""OffsetDelete."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, string


class OffsetDeleteRequestPartition(Struct):
    """OffsetDeleteRequestPartition of OffsetDeleteRequest."""

    partition_index: int = int32()


class OffsetDeleteRequestTopic(Struct):
    """OffsetDeleteRequestTopic of OffsetDeleteRequest."""

    name: str = string()
    partitions: list[OffsetDeleteRequestPartition] = array(OffsetDeleteRequestPartition)


class OffsetDeleteRequest(Request, api_key=47, versions="0"):
    """OffsetDeleteRequest, versions 0."""

    group_id: str = string()
    topics: list[OffsetDeleteRequestTopic] = array(OffsetDeleteRequestTopic)


class OffsetDeleteResponsePartition(Struct):
    """OffsetDeleteResponsePartition of OffsetDeleteResponse."""

    partition_index: int = int32()
    error_code: int = int16()


class OffsetDeleteResponseTopic(Struct):
    """OffsetDeleteResponseTopic of OffsetDeleteResponse."""

    name: str = string()
    partitions: list[OffsetDeleteResponsePartition] = array(OffsetDeleteResponsePartition)


class OffsetDeleteResponse(Response, api_key=47, versions="0"):
    """OffsetDeleteResponse, versions 0."""

    error_code: int = int16()
    throttle_time_ms: int = int32()
    topics: list[OffsetDeleteResponseTopic] = array(OffsetDeleteResponseTopic)
