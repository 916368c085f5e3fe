"""DeleteRecords v0-2: move the start of logs; what lies before is no longer read (KIP-107).

The offset -1 stands for the high watermark. Only topics with `cleanup.policy=delete` allow it.
"""

from __future__ import annotations

from kafkapy.errors import ApiError, error_code
from kafkapy.server.context import RequestContext
from kafkapy.storage.errors import StorageError
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.delete_records import (
    DeleteRecordsPartition,
    DeleteRecordsPartitionResult,
    DeleteRecordsRequest,
    DeleteRecordsResponse,
    DeleteRecordsTopicResult,
)


async def handle(request: DeleteRecordsRequest, context: RequestContext) -> DeleteRecordsResponse:
    """Move each partition's start by itself."""
    # What is asked for twice is done once, as asked for last.
    topics: dict[str, dict[int, DeleteRecordsPartition]] = {}
    for topic in request.topics:
        partitions = topics.setdefault(topic.name, {})
        partitions.update({asked.partition_index: asked for asked in topic.partitions})
    return DeleteRecordsResponse(
        topics=[
            DeleteRecordsTopicResult(
                name=name,
                partitions=[await _delete(name, asked, context) for asked in partitions.values()],
            )
            for name, partitions in topics.items()
        ]
    )


async def _delete(
    name: str, asked: DeleteRecordsPartition, context: RequestContext
) -> DeleteRecordsPartitionResult:
    result = DeleteRecordsPartitionResult(partition_index=asked.partition_index, low_watermark=-1)
    topic = context.broker.image.topic(name)
    log = topic.partition(asked.partition_index) if topic else None
    try:
        if topic is None or log is None:
            raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        if topic.is_internal:
            raise ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION)
        if "delete" not in topic.config.cleanup_policy:
            raise ApiError(ErrorCode.POLICY_VIOLATION)
        result.low_watermark = await context.broker.engine.delete_before(log, asked.offset)
    except (ApiError, StorageError) as error:
        result.error_code = error_code(error)
    return result
