"""CreatePartitions."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, boolean, int16, int32, string


class CreatePartitionsAssignment(Struct):
    """CreatePartitionsAssignment of CreatePartitionsRequest."""

    broker_ids: list[int] = array(int32)


class CreatePartitionsTopic(Struct):
    """CreatePartitionsTopic of CreatePartitionsRequest."""

    name: str = string()
    count: int = int32()
    assignments: list[CreatePartitionsAssignment] | None = array(
        CreatePartitionsAssignment, nullable="0+"
    )


class CreatePartitionsRequest(Request, api_key=37, versions="0-3", flexible="2+"):
    """CreatePartitionsRequest, versions 0-3."""

    topics: list[CreatePartitionsTopic] = array(CreatePartitionsTopic)
    timeout_ms: int = int32()
    validate_only: bool = boolean()


class CreatePartitionsTopicResult(Struct):
    """CreatePartitionsTopicResult of CreatePartitionsResponse."""

    name: str = string()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+", default=None)


class CreatePartitionsResponse(Response, api_key=37, versions="0-3", flexible="2+"):
    """CreatePartitionsResponse, versions 0-3."""

    throttle_time_ms: int = int32()
    results: list[CreatePartitionsTopicResult] = array(CreatePartitionsTopicResult)
