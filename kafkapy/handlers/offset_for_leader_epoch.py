"""OffsetForLeaderEpoch v0-4: where a leader epoch ended, so where logs part (KIP-101, KIP-320).

- v1 answers with the epoch too (KIP-279); from v2 on the client may say which epoch it believes to
  be the current one.
"""

from __future__ import annotations

from kafkapy.errors import error_code
from kafkapy.leader_epochs import check_epoch
from kafkapy.server.context import RequestContext
from kafkapy.storage.errors import StorageError
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.offset_for_leader_epoch import (
    EpochEndOffset,
    OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochResponse,
    OffsetForLeaderPartition,
    OffsetForLeaderTopicResult,
)


async def handle(
    request: OffsetForLeaderEpochRequest, context: RequestContext
) -> OffsetForLeaderEpochResponse:
    """Look up each partition by itself."""
    return OffsetForLeaderEpochResponse(
        topics=[
            OffsetForLeaderTopicResult(
                topic=topic.topic,
                partitions=[_look_up(topic.topic, asked, context) for asked in topic.partitions],
            )
            for topic in request.topics
        ]
    )


def _look_up(name: str, asked: OffsetForLeaderPartition, context: RequestContext) -> EpochEndOffset:
    engine = context.broker.engine
    topic = context.broker.image.topic(name)
    log = topic.partition(asked.partition) if topic else None
    result = EpochEndOffset(partition=asked.partition)
    if log is None:
        result.error_code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        return result
    try:
        result.error_code = check_epoch(engine, log, asked.current_leader_epoch)
        if not result.error_code:
            end = engine.epoch_end(log, asked.leader_epoch)
            result.leader_epoch, result.end_offset = end.leader_epoch, end.end_offset
    except StorageError as error:
        result.error_code = error_code(error)
    return result
