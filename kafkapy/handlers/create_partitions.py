"""CreatePartitions v0-3: let topics grow; one result per topic, errors included (KIP-195)."""

from __future__ import annotations

from collections import Counter

from kafkapy.errors import ApiError
from kafkapy.metadata.topics import MAX_PARTITIONS_PER_REQUEST
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.create_partitions import (
    CreatePartitionsRequest,
    CreatePartitionsResponse,
    CreatePartitionsTopic,
    CreatePartitionsTopicResult,
)


async def handle(
    request: CreatePartitionsRequest, context: RequestContext
) -> CreatePartitionsResponse:
    """Grow each topic by itself."""
    names = Counter(topic.name for topic in request.topics)
    left = MAX_PARTITIONS_PER_REQUEST
    results = []
    for topic in {topic.name: topic for topic in request.topics}.values():
        result = CreatePartitionsTopicResult(name=topic.name)
        try:
            if names[topic.name] > 1:
                raise ApiError(ErrorCode.INVALID_REQUEST, "Duplicate topic name.")
            left -= await _grow(topic, left, request.validate_only, context)
        except ApiError as error:
            result.error_code = error.code
            result.error_message = error.message or error.code.message
        results.append(result)
    return CreatePartitionsResponse(results=results)


async def _grow(
    asked: CreatePartitionsTopic, limit: int, validate_only: bool, context: RequestContext
) -> int:
    """Give how many partitions were added."""
    broker = context.broker
    topic = broker.image.topic(asked.name)
    if topic is None:
        raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    added = asked.count - len(topic.partitions)
    if added > limit:
        raise ApiError(
            ErrorCode.POLICY_VIOLATION,
            f"One request may create {MAX_PARTITIONS_PER_REQUEST} partitions at most.",
        )
    assignments = None
    if asked.assignments is not None:
        assignments = [assignment.broker_ids for assignment in asked.assignments]
    await broker.controller.create_partitions(
        topic, asked.count, assignments, validate_only=validate_only
    )
    return added
