"""When a log begins a new segment: `segment.bytes`, `segment.ms` and `segment.index.bytes`."""

from __future__ import annotations

from random import Random

from kafkapy.storage.config import LogConfig
from kafkapy.storage.errors import BatchesTooLargeError
from kafkapy.storage.segment import MAX_RELATIVE_OFFSET, Segment

_NEVER = -(2**63) - 1  # earlier than any timestamp


class RollPolicy:
    """Decides for the active segment of a log, which `begin_segment` is told of."""

    __slots__ = (
        "_index_bytes",
        "_jitter_ms",
        "_random",
        "_roll_after_ms",
        "_roll_behind_ms",
        "_segment_bytes",
        "_segment_ms",
    )

    def __init__(self, config: LogConfig, random: Random) -> None:
        self._random = random
        self._segment_bytes = config.segment_bytes
        self._index_bytes = config.segment_index_bytes
        self._segment_ms = config.max_segment_ms
        self._jitter_ms = min(config.segment_jitter_ms, self._segment_ms)
        self.begin_segment()

    def begin_segment(self) -> None:
        """Draw how much earlier the segment ends, so that not all do so together."""
        early_ms = self._random.randrange(self._jitter_ms) if self._jitter_ms else 0
        self._roll_after_ms = self._segment_ms - early_ms
        # Batches that are not later than this need not ask how long the segment has waited.
        self._roll_behind_ms = _NEVER

    def is_due(
        self, segment: Segment, size: int, last_offset: int, time_ms: int, now_ms: int
    ) -> bool:
        """Whether batches of a size must begin a segment; the other arguments are of the first.

        Raises BatchesTooLargeError where no segment takes them. May raise OSError, or
        CorruptRecordError.
        """
        fits = (
            segment.size + size <= self._segment_bytes
            and last_offset - segment.base_offset <= MAX_RELATIVE_OFFSET
        )
        if fits and time_ms <= self._roll_behind_ms and segment.entries_left > 0:
            return False
        if size > self._segment_bytes:
            raise BatchesTooLargeError(f"{size} bytes for segments of {self._segment_bytes}")
        if segment.size == 0:
            return False
        first_ms = segment.first_timestamp_ms()
        waited_ms = time_ms - first_ms if first_ms >= 0 else now_ms - segment.created_ms
        if first_ms >= 0:
            self._roll_behind_ms = first_ms + self._roll_after_ms
        return (
            not fits
            or waited_ms > self._roll_after_ms
            or segment.count_entries_left(self._index_bytes) <= 0
        )
