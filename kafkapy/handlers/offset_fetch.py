"""OffsetFetch v0-10: committed offsets; -1 where there is none.

- v0-7 ask for one group, v8 and later for many (KIP-709). Null topics ask for all (v2-7, v8+).
- v0-1 can tell an error only of partitions. v5: leader epochs (KIP-320).
- v7: offsets that a transaction is about to commit are not stable (KIP-447).
- v10: topics by id (KIP-848).
"""

from __future__ import annotations

from collections.abc import Iterable

from kafkapy.errors import ApiError
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
    OffsetFetchResponse,
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartition,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
)

_FIRST_VERSION_WITH_TOP_ERROR = 2
_FIRST_VERSION_WITH_GROUPS = 8
_FIRST_VERSION_WITH_IDS = 10


async def handle(request: OffsetFetchRequest, context: RequestContext) -> OffsetFetchResponse:
    """Look up each group by itself."""
    if context.api_version >= _FIRST_VERSION_WITH_GROUPS:
        groups = [_fetch(group, request.require_stable, context) for group in request.groups]
        return OffsetFetchResponse(groups=groups)
    topics = None
    if request.topics is not None:
        topics = [
            OffsetFetchRequestTopics(name=topic.name, partition_indexes=topic.partition_indexes)
            for topic in request.topics
        ]
    asked = OffsetFetchRequestGroup(group_id=request.group_id, topics=topics)
    return _of_one_group(_fetch(asked, request.require_stable, context), asked, context)


def _fetch(
    group: OffsetFetchRequestGroup, require_stable: bool, context: RequestContext
) -> OffsetFetchResponseGroup:
    by_id = context.api_version >= _FIRST_VERSION_WITH_IDS
    image = context.broker.image
    unknown = []
    asks_all = group.topics is None
    if by_id and group.topics is not None:
        known = []
        for asked in group.topics:
            topic = image.topic_by_id(asked.topic_id)
            if topic is None:
                unknown.append(_failed(asked, ErrorCode.UNKNOWN_TOPIC_ID))
            else:
                asked.name = topic.name
                known.append(asked)
        group.topics = known
    try:
        found = context.broker.groups.fetch_offsets(group, require_stable=require_stable)
    except ApiError as error:
        return OffsetFetchResponseGroup(group_id=group.group_id, error_code=error.code)
    if by_id and asks_all:
        found.topics = list(_with_ids(found.topics, context))
    found.topics += unknown
    return found


def _with_ids(
    topics: Iterable[OffsetFetchResponseTopics], context: RequestContext
) -> Iterable[OffsetFetchResponseTopics]:
    for found in topics:
        topic = context.broker.image.topic(found.name)
        if topic is not None:
            found.topic_id = topic.topic_id
            yield found


def _failed(asked: OffsetFetchRequestTopics, error: ErrorCode) -> OffsetFetchResponseTopics:
    return OffsetFetchResponseTopics(
        name=asked.name,
        topic_id=asked.topic_id,
        partitions=[
            OffsetFetchResponsePartitions(
                partition_index=index, committed_offset=-1, metadata="", error_code=error
            )
            for index in asked.partition_indexes
        ],
    )


def _of_one_group(
    found: OffsetFetchResponseGroup, asked: OffsetFetchRequestGroup, context: RequestContext
) -> OffsetFetchResponse:
    topics = found.topics
    if found.error_code and context.api_version < _FIRST_VERSION_WITH_TOP_ERROR:
        error = ErrorCode(found.error_code)
        topics = [_failed(topic, error) for topic in asked.topics or []]
    return OffsetFetchResponse(
        error_code=found.error_code,
        topics=[
            OffsetFetchResponseTopic(
                name=topic.name,
                partitions=[
                    OffsetFetchResponsePartition(
                        partition_index=partition.partition_index,
                        committed_offset=partition.committed_offset,
                        committed_leader_epoch=partition.committed_leader_epoch,
                        metadata=partition.metadata,
                        error_code=partition.error_code,
                    )
                    for partition in topic.partitions
                ],
            )
            for topic in topics
        ],
    )
