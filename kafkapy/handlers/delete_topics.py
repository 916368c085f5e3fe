"""DeleteTopics v0-6: one result per topic, errors included.

- v6: topics may be named by id, and the names come in another field (KIP-516).
- TOPIC_DELETION_DISABLED with `delete.topic.enable=false`; before v3 that was INVALID_REQUEST.
"""

from __future__ import annotations

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
    """Delete each topic by itself."""
    if not context.broker.config["delete.topic.enable"]:
        is_old = context.api_version < 3
        raise ApiError(ErrorCode.INVALID_REQUEST if is_old else ErrorCode.TOPIC_DELETION_DISABLED)
    asked = request.topics or [DeleteTopicState(name=name) for name in request.topic_names]
    return DeleteTopicsResponse(responses=[await _delete(topic, context) for topic in asked])


async def _delete(asked: DeleteTopicState, context: RequestContext) -> DeletableTopicResult:
    result = DeletableTopicResult(name=asked.name, topic_id=asked.topic_id)
    try:
        topic = _find(asked, context)
        result.name = topic.name
        result.topic_id = topic.topic_id
        await context.broker.controller.delete_topic(topic)
    except ApiError as error:
        result.error_code = error.code
        result.error_message = error.message or error.code.message
    return result


def _find(asked: DeleteTopicState, context: RequestContext) -> Topic:
    image = context.broker.image
    if asked.topic_id != ZERO_UUID:
        if asked.name is not None:
            raise ApiError(ErrorCode.INVALID_REQUEST, "A topic has either a name or an id here.")
        topic = image.topic_by_id(asked.topic_id)
        unknown = ErrorCode.UNKNOWN_TOPIC_ID
    elif asked.name is None:
        raise ApiError(ErrorCode.INVALID_REQUEST, "Neither a topic name nor an id was given.")
    else:
        topic = image.topic(asked.name)
        unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    if topic is None:
        raise ApiError(unknown)
    return topic
