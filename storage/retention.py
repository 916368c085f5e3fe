"""Which segments a log no longer needs: before its start, too old, or beyond its size."""

from __future__ import annotations

from kafkapy.storage.log import Log


def enforce(log: Log, now_ms: int) -> list[str]:
    """Move the log's start up as its settings ask; gives the paths of what is to be removed.

    Whole segments go, oldest first. May raise OSError.
    """
    if any(segment.pins for segment in log.segments):
        return []  # a flush has files open; the next time comes soon
    count = _expired(log, now_ms)
    if count == 0:
        return []
    if count == len(log.segments):
        log.roll()
    log.advance_start(log.segments[count].base_offset)
    return log.drop_segments(log.segments[:count])


def _expired(log: Log, now_ms: int) -> int:
    config = log.config
    deletes = "delete" in config.cleanup_policy
    excess = log.size_bytes() - config.retention_bytes
    if not deletes or config.retention_bytes < 0:
        excess = -1
    count = 0
    high_watermark = log.bounds().high_watermark
    for segment in log.segments:
        if segment is log.active and segment.size == 0:
            break
        following = log.end if segment is log.active else log.segments[count + 1].base_offset
        if following > high_watermark:
            break
        excess -= segment.size
        is_expired = excess >= 0 or following <= log.start
        if not is_expired and deletes and config.retention_ms >= 0:
            timestamp_ms = segment.largest_timestamp()[0]
            last_ms = timestamp_ms if timestamp_ms >= 0 else segment.created_ms
            is_expired = now_ms - last_ms > config.retention_ms
        if not is_expired:
            break
        count += 1
    return count
