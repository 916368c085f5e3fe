"""CreateTopics v0-7: one result per topic, errors included.

- v1: `validate_only` checks everything and changes nothing.
- v4: -1 partitions and -1 replicas stand for the broker's defaults (KIP-464).
- v5: the answer carries the partition count, the replication factor and all settings (KIP-525).
- v7: the answer carries the topic id.
"""

from __future__ import annotations

from collections import Counter

from kafkapy.config.describe import describe_topic
from kafkapy.errors import ApiError
from kafkapy.metadata.log import METADATA_LOG
from kafkapy.metadata.topics import MAX_PARTITIONS_PER_REQUEST
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.create_topics import (
    CreatableTopic,
    CreatableTopicConfigs,
    CreatableTopicResult,
    CreateTopicsRequest,
    CreateTopicsResponse,
)


async def handle(request: CreateTopicsRequest, context: RequestContext) -> CreateTopicsResponse:
    """Create each topic by itself: one that is refused does not hinder the others."""
    names = Counter(topic.name for topic in request.topics)
    partitions = sum(max(topic.num_partitions, len(topic.assignments)) for topic in request.topics)
    results = []
    for topic in {topic.name: topic for topic in request.topics}.values():
        try:
            _check_request(topic.name, names[topic.name], partitions)
            results.append(await _create(topic, request.validate_only, context))
        except ApiError as error:
            message = error.message or error.code.message
            results.append(
                CreatableTopicResult(
                    name=topic.name, error_code=error.code, error_message=message, configs=[]
                )
            )
    return CreateTopicsResponse(topics=results)


def _check_request(name: str, occurrences: int, partitions: int) -> None:
    if occurrences > 1:
        raise ApiError(ErrorCode.INVALID_REQUEST, "Duplicate topic name.")
    if name == METADATA_LOG.topic:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"The topic {name} cannot be created by clients.")
    if partitions > MAX_PARTITIONS_PER_REQUEST:
        raise ApiError(
            ErrorCode.POLICY_VIOLATION,
            f"One request may create {MAX_PARTITIONS_PER_REQUEST} partitions at most.",
        )


async def _create(
    topic: CreatableTopic, validate_only: bool, context: RequestContext
) -> CreatableTopicResult:
    broker = context.broker
    plan = await broker.controller.create_topic(topic, validate_only=validate_only)
    result = CreatableTopicResult(
        name=plan.name,
        topic_id=plan.topic_id,
        error_message=None,
        num_partitions=plan.partitions,
        replication_factor=1,
    )
    if context.api_version >= 5:
        entries = describe_topic(plan.overrides, broker.config)
        result.configs = [
            CreatableTopicConfigs(
                name=entry.name,
                # A value that the client has set comes back as the client wrote it.
                value=plan.overrides.get(entry.name, entry.value),
                read_only=entry.is_read_only,
                config_source=entry.source,
                is_sensitive=entry.is_sensitive,
            )
            for entry in sorted(entries, key=lambda entry: entry.name)
        ]
    return result
