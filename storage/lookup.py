"""Finding records of a log by their timestamps, which means reading inside of batches."""

from __future__ import annotations

from kafkapy.storage.engine import OffsetAndTimestamp
from kafkapy.storage.errors import CorruptRecordsError
from kafkapy.storage.log import Log
from kafkapy.storage.segment import Segment
from kafkapy.wire.errors import WireError
from kafkapy.wire.records.record import offset_for_timestamp


def first_at(log: Log, timestamp_ms: int, max_expanded_bytes: int) -> OffsetAndTimestamp | None:
    """The first record at or after a time. Raises CorruptRecordsError or DiskError."""
    log.check()
    try:
        for segment in log.segments[log.segment_of(log.start) :]:
            if segment.largest_timestamp()[0] >= timestamp_ms:
                position = segment.position_at(timestamp_ms, log.start)
                found = _first_in(segment, position, timestamp_ms, log.start, max_expanded_bytes)
                if found is not None:
                    return _visible(log, found)
    except WireError as error:
        raise CorruptRecordsError(f"{log.id}: {error}") from error
    except OSError as error:
        raise log.refuse(error) from error
    return None


def latest(log: Log, max_expanded_bytes: int) -> OffsetAndTimestamp | None:
    """The first record that carries the largest timestamp (KIP-734)."""
    log.check()
    try:
        segments = log.segments[log.segment_of(log.start) :]
        segment = max(segments, key=lambda segment: segment.largest_timestamp()[0])
        timestamp_ms, offset = segment.largest_timestamp()
        if timestamp_ms < 0:
            return None
        position = segment.position_of(offset)
        found = _first_in(segment, position, timestamp_ms, log.start, max_expanded_bytes)
        return _visible(log, found) if found is not None else None
    except WireError as error:
        raise CorruptRecordsError(f"{log.id}: {error}") from error
    except OSError as error:
        raise log.refuse(error) from error


def _visible(log: Log, found: OffsetAndTimestamp) -> OffsetAndTimestamp | None:
    return found if found.offset < log.bounds().high_watermark else None


def _first_in(
    segment: Segment, position: int, timestamp_ms: int, start_offset: int, max_expanded_bytes: int
) -> OffsetAndTimestamp | None:
    for at, header in segment.scan(position):
        if header.max_timestamp < timestamp_ms or header.last_offset < start_offset:
            continue
        found = offset_for_timestamp(
            segment.batch(at, header),
            timestamp_ms,
            header,
            from_offset=start_offset,
            max_bytes=max_expanded_bytes,
        )
        if found is not None:
            epoch = header.partition_leader_epoch
            return OffsetAndTimestamp(found.offset, found.timestamp_ms, epoch)
    return None
