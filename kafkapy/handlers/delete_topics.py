"""DeleteTopics v0-6: one result per topic, errors included.

- v6: topics may be named by id, and the names come in another field (KIP-516).
- TOPIC_DELETION_DISABLED with `delete.topic.enable=false`; before v3 that was INVALID_REQUEST.
"""

from __future__ import annotations

from collections import Counter

from kafkapy.errors import ApiError
from kafkapy.metadata.image import Topic
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.delete_topics import (
    DeletableTopicResult,
    DeleteTopicsRequest,
    DeleteTopicsResponse,
    DeleteTopicState,
)
from kafkapy.wire.schema import ZERO_UUID


async def handle(request: DeleteTopicsRequest, context: RequestContext) -> DeleteTopicsResponse:
    """Delete each topic by itself; one that is named more than once stays."""
    asked = request.topics or [DeleteTopicState(name=name) for name in request.topic_names]
    if not context.broker.config["delete.topic.enable"]:
        is_old = context.api_version < 3
        code = ErrorCode.INVALID_REQUEST if is_old else ErrorCode.TOPIC_DELETION_DISABLED
        return DeleteTopicsResponse(
            responses=[
                DeletableTopicResult(name=each.name, topic_id=each.topic_id, error_code=code)
                for each in asked
            ]
        )
    results = []
    names: Counter[str] = Counter()
    ids: Counter[bytes] = Counter()
    for each in asked:
        if (each.name is None) == (each.topic_id == ZERO_UUID):
            results.append(_ambiguous(each))
        elif each.name is not None:
            names[each.name] += 1
        else:
            ids[each.topic_id] += 1
    image = context.broker.image
    for name, times in names.items():
        topic = image.topic(name)
        if topic is not None:
            times += ids.pop(topic.topic_id, 0)
        unknown = DeletableTopicResult(name=name, error_code=ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        results.append(await _delete(topic, times, unknown, context))
    for topic_id, times in ids.items():
        unknown = DeletableTopicResult(
            name=None, topic_id=topic_id, error_code=ErrorCode.UNKNOWN_TOPIC_ID
        )
        results.append(await _delete(image.topic_by_id(topic_id), times, unknown, context))
    return DeleteTopicsResponse(responses=results)


def _ambiguous(asked: DeleteTopicState) -> DeletableTopicResult:
    return DeletableTopicResult(
        name=asked.name,
        topic_id=asked.topic_id,
        error_code=ErrorCode.INVALID_REQUEST,
        error_message="A topic is to be named either by its name or by its id.",
    )


async def _delete(
    topic: Topic | None, times: int, result: DeletableTopicResult, context: RequestContext
) -> DeletableTopicResult:
    """Complete `result`, which says so far that there is no such topic."""
    try:
        if times > 1:
            raise ApiError(ErrorCode.INVALID_REQUEST, "The topic is named more than once.")
        if topic is None:
            raise ApiError(ErrorCode(result.error_code))
        await context.broker.controller.delete_topic(topic)
        result.name, result.topic_id = topic.name, topic.topic_id
        result.error_code = ErrorCode.NONE
    except ApiError as error:
        result.error_code = error.code
        result.error_message = error.message or error.code.message
    return result
