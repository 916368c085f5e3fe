"""OffsetDelete v0: delete committed offsets of topics that a group does not consume (KIP-496)."""

from __future__ import annotations

from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestTopic,
    OffsetDeleteResponse,
    OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
)


async def handle(request: OffsetDeleteRequest, context: RequestContext) -> OffsetDeleteResponse:
    """Delete the offsets of existing partitions; each partition has its own result."""
    known = []
    unknown = []
    for asked in request.topics:
        topic = context.broker.image.topic(asked.name)
        partitions = []
        for partition in asked.partitions:
            if topic is not None and topic.partition(partition.partition_index) is not None:
                partitions.append(partition)
            else:
                unknown.append((asked.name, partition.partition_index))
        if partitions:
            known.append(OffsetDeleteRequestTopic(asked.name, partitions))
    request.topics = known
    response = await context.broker.groups.delete_offsets(request)
    by_name = {topic.name: topic for topic in response.topics}
    for name, index in unknown:
        topic_response = by_name.get(name)
        if topic_response is None:
            topic_response = by_name[name] = OffsetDeleteResponseTopic(name)
            response.topics.append(topic_response)
        topic_response.partitions.append(
            OffsetDeleteResponsePartition(index, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        )
    return response
