"""OffsetCommit v0-10: store offsets, for a member of a group or for a consumer without one.

- v0 was kept in ZooKeeper; here it is stored like the others.
- v1: generation and member. v2-4: a retention time of its own. v6: leader epochs (KIP-320).
- v7: static members (KIP-345). v9: a member epoch in place of the generation (KIP-848).
- v10: topics by id (KIP-848).
"""

from __future__ import annotations

from kafkapy.errors import ApiError
from kafkapy.metadata.image import Topic
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestTopic,
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)

_FIRST_VERSION_WITH_IDS = 10


async def handle(request: OffsetCommitRequest, context: RequestContext) -> OffsetCommitResponse:
    """Commit what is of existing partitions; each partition has its own result."""
    accepted: list[OffsetCommitRequestTopic] = []
    pending: list[OffsetCommitResponsePartition] = []
    topics = []
    for asked in request.topics:
        topic, error = _find(asked, context)
        known = []
        answers = []
        for partition in asked.partitions:
            answer = OffsetCommitResponsePartition(partition.partition_index, error)
            answers.append(answer)
            if topic is None:
                continue
            if topic.partition(partition.partition_index) is None:
                answer.error_code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            else:
                known.append(partition)
                pending.append(answer)
        if topic is not None and known:
            accepted.append(OffsetCommitRequestTopic(topic.name, topic.topic_id, known))
        topics.append(OffsetCommitResponseTopic(asked.name, asked.topic_id, answers))
    if accepted:
        request.topics = accepted
        await _commit(request, pending, context)
    return OffsetCommitResponse(topics=topics)


def _find(
    asked: OffsetCommitRequestTopic, context: RequestContext
) -> tuple[Topic | None, ErrorCode]:
    image = context.broker.image
    if context.api_version >= _FIRST_VERSION_WITH_IDS:
        return image.topic_by_id(asked.topic_id), ErrorCode.UNKNOWN_TOPIC_ID
    return image.topic(asked.name), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


async def _commit(
    request: OffsetCommitRequest,
    pending: list[OffsetCommitResponsePartition],
    context: RequestContext,
) -> None:
    try:
        response = await context.broker.groups.commit_offsets(request, context.api_version)
    except ApiError as error:
        for answer in pending:
            answer.error_code = error.code
    else:
        committed = (partition for topic in response.topics for partition in topic.partitions)
        for answer, partition in zip(pending, committed, strict=True):
            answer.error_code = partition.error_code
