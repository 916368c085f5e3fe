"""CreatePartitions: add partitions to topics (KIP-195).

Versions: 1 throttles after the answer (KIP-219), 3 limited rate (KIP-599).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, boolean, int16, int32, string


class CreatePartitionsAssignment(Struct):
    """The brokers that shall hold one new partition, the preferred leader first."""

    broker_ids: list[int] = array(int32)


class CreatePartitionsTopic(Struct):
    """One topic and how many partitions it shall have in all."""

    name: str = string()
    count: int = int32()
    # one per new partition; null: the broker chooses
    assignments: list[CreatePartitionsAssignment] | None = array(
        CreatePartitionsAssignment, nullable="0+"
    )


class CreatePartitionsRequest(Request, api_key=37, versions="0-3", flexible="2+"):
    """The topics to enlarge."""

    topics: list[CreatePartitionsTopic] = array(CreatePartitionsTopic)
    timeout_ms: int = int32()  # how long to wait until the partitions exist
    validate_only: bool = boolean()  # check and answer, but create nothing


class CreatePartitionsTopicResult(Struct):
    """Whether one topic was enlarged."""

    name: str = string()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+", default=None)


class CreatePartitionsResponse(Response, api_key=37, versions="0-3", flexible="2+"):
    """One result per topic."""

    throttle_time_ms: int = int32()
    results: list[CreatePartitionsTopicResult] = array(CreatePartitionsTopicResult)
