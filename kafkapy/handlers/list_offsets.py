"""ListOffsets v0-11: offsets by timestamp, and the special ones at the ends of a log.

- v0 answers with a list of at most `max_num_offsets` offsets; later versions with one offset and
  its timestamp. v4 adds leader epochs.
- -1 latest, -2 earliest, -3 the record with the largest timestamp (v7, KIP-734), -4 the earliest
  local one (v8, KIP-405), -5 the latest tiered one (v9, KIP-1005), -6 the earliest that is pending
  upload (v11). Nothing is tiered here, so -4 is the log's start, and -5 and -6 are nothing.
"""

from __future__ import annotations

from kafkapy.errors import error_code
from kafkapy.leader_epochs import check_epoch
from kafkapy.server.context import RequestContext
from kafkapy.storage.engine import Engine, Isolation, LogId, OffsetAndTimestamp
from kafkapy.storage.errors import StorageError
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsPartitionResponse,
    ListOffsetsRequest,
    ListOffsetsResponse,
    ListOffsetsTopicResponse,
)

LATEST, EARLIEST, MAX_TIMESTAMP, EARLIEST_LOCAL, LATEST_TIERED, EARLIEST_PENDING = range(-1, -7, -1)
_FIRST_VERSION = {MAX_TIMESTAMP: 7, EARLIEST_LOCAL: 8, LATEST_TIERED: 9, EARLIEST_PENDING: 11}
_NOTHING = OffsetAndTimestamp(-1, -1, -1)


async def handle(request: ListOffsetsRequest, context: RequestContext) -> ListOffsetsResponse:
    """Look up each partition by itself."""
    isolation = Isolation(request.isolation_level == 1)
    topics: dict[str, dict[int, ListOffsetsPartitionResponse]] = {}
    for asked in request.topics:
        topic = context.broker.image.topic(asked.name)
        results = topics.setdefault(asked.name, {})
        for partition in asked.partitions:
            index = partition.partition_index
            log = topic.partition(index) if topic else None
            if index in results:
                # Once is the answer to all of them.
                results[index] = _failed(partition, ErrorCode.INVALID_REQUEST)
            elif log is None:
                results[index] = _failed(partition, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
            else:
                results[index] = await _partition(partition, log, isolation, context)
    return ListOffsetsResponse(
        topics=[
            ListOffsetsTopicResponse(name, list(results.values()))
            for name, results in topics.items()
        ]
    )


def _failed(partition: ListOffsetsPartition, code: ErrorCode) -> ListOffsetsPartitionResponse:
    return ListOffsetsPartitionResponse(partition.partition_index, code)


async def _partition(
    partition: ListOffsetsPartition, log: LogId, isolation: Isolation, context: RequestContext
) -> ListOffsetsPartitionResponse:
    engine = context.broker.engine
    timestamp = partition.timestamp
    if timestamp < 0 and (
        timestamp < EARLIEST_PENDING or context.api_version < _FIRST_VERSION.get(timestamp, 0)
    ):
        return _failed(partition, ErrorCode.UNSUPPORTED_VERSION)
    try:
        refusal = check_epoch(engine, log, partition.current_leader_epoch)
        if refusal:
            return _failed(partition, refusal)
        found = await look_up(engine, log, timestamp, isolation)
    except StorageError as error:
        return _failed(partition, error_code(error))
    result = ListOffsetsPartitionResponse(partition.partition_index)
    if context.api_version == 0:
        result.old_style_offsets = _old_style(engine, log, partition, found)
    else:
        result.timestamp = found.timestamp_ms
        result.offset = found.offset
        result.leader_epoch = found.leader_epoch
    return result


async def look_up(
    engine: Engine, log: LogId, timestamp: int, isolation: Isolation
) -> OffsetAndTimestamp:
    """Find the offset for a timestamp, special ones included; offset -1 where there is none."""
    bounds = engine.bounds(log)
    visible_end = bounds.stable if isolation else bounds.high_watermark
    if timestamp == LATEST:
        return OffsetAndTimestamp(visible_end, -1, engine.epoch_at(log, visible_end))
    if timestamp in (EARLIEST, EARLIEST_LOCAL):
        return OffsetAndTimestamp(bounds.start, -1, engine.epoch_at(log, bounds.start))
    if timestamp in (LATEST_TIERED, EARLIEST_PENDING):
        return _NOTHING
    if timestamp == MAX_TIMESTAMP:
        found = await engine.offset_of_max_timestamp(log)
    else:
        found = await engine.offset_for_timestamp(log, timestamp)
    if found is None or found.offset >= visible_end:
        return _NOTHING
    return found


def _old_style(
    engine: Engine, log: LogId, partition: ListOffsetsPartition, found: OffsetAndTimestamp
) -> list[int]:
    """Give offsets from the newest to the oldest, as clients before 0.10.1 want them."""
    bounds = engine.bounds(log)
    offsets = [bounds.high_watermark] if partition.timestamp == LATEST else []
    if partition.timestamp != LATEST and found.offset >= 0:
        offsets.append(found.offset)
    if bounds.start not in offsets:
        offsets.append(bounds.start)
    return offsets[: partition.max_num_offsets]
