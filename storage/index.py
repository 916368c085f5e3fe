"""The sparse indexes of a segment: offset to position, and timestamp to offset.

Both live in arrays and are written to their files behind the log, in batches; a crash loses the
tail of the files, and recovery rebuilds them from the log.

Formats are Kafka's: `.index` holds int32 relative offset, int32 position; `.timeindex` holds int64
timestamp, int32 relative offset. An entry's offset is the last one of its batch.
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_left, bisect_right

OFFSET_ENTRY_BYTES = 8
TIME_ENTRY_BYTES = 12
_TIME_ENTRY = struct.Struct(">qi")


class OffsetIndex:
    """Where batches lie. Offsets are relative to the segment's base."""

    __slots__ = ("_offsets", "_positions")

    def __init__(self, content: bytes = b"") -> None:
        entries = array("i", content)
        if sys.byteorder == "little":
            entries.byteswap()
        self._offsets = entries[0::2]
        self._positions = entries[1::2]

    def __len__(self) -> int:
        return len(self._offsets)

    def add(self, offset: int, position: int) -> None:
        """Add the batch that ends with `offset` and starts at `position`."""
        self._offsets.append(offset)
        self._positions.append(position)

    def lookup(self, offset: int) -> int:
        """A position from which a scan forward meets the batch that holds an offset."""
        entry = bisect_right(self._offsets, offset) - 1
        return self._positions[entry] if entry >= 0 else 0

    def boundary(self, position: int) -> int:
        """The last indexed start of a batch that is not beyond a position."""
        entry = bisect_right(self._positions, position) - 1
        return self._positions[entry] if entry >= 0 else 0

    def is_sound(self, size: int) -> bool:
        """Whether the entries rise and lie inside a segment of `size` bytes."""
        offsets, positions = self._offsets, self._positions
        if not offsets:
            return len(positions) == 0
        return (
            len(offsets) == len(positions)
            and offsets[0] >= 0
            and positions[0] >= 0
            and positions[-1] < size
            and all(map(int.__lt__, offsets, offsets[1:]))
            and all(map(int.__lt__, positions, positions[1:]))
        )

    def encode(self, first: int) -> bytes:
        """Encode the entries from one on, as the file stores them."""
        entries = array("i", bytes(OFFSET_ENTRY_BYTES * (len(self._offsets) - first)))
        entries[0::2] = self._offsets[first:]
        entries[1::2] = self._positions[first:]
        if sys.byteorder == "little":
            entries.byteswap()
        return entries.tobytes()

    def keep(self, end_offset: int, size: int) -> None:
        """Keep the entries before an offset and a size, as far as they rise."""
        last_offset = last_position = -1
        count = 0
        for offset, position in zip(self._offsets, self._positions, strict=False):
            if not (last_offset < offset < end_offset and last_position < position < size):
                break
            last_offset, last_position = offset, position
            count += 1
        del self._offsets[count:], self._positions[count:]


class TimeIndex:
    """From when on the records at an offset are. Timestamps rise from entry to entry."""

    __slots__ = ("_offsets", "_timestamps")

    def __init__(self, content: bytes = b"") -> None:
        self._timestamps = array("q")
        self._offsets = array("i")
        for timestamp, offset in _TIME_ENTRY.iter_unpack(content):
            self._timestamps.append(timestamp)
            self._offsets.append(offset)

    def __len__(self) -> int:
        return len(self._offsets)

    def add(self, timestamp_ms: int, offset: int) -> None:
        """Add the largest timestamp so far and its offset, unless it has not grown."""
        if timestamp_ms >= 0 and (not self._timestamps or timestamp_ms > self._timestamps[-1]):
            self._timestamps.append(timestamp_ms)
            self._offsets.append(offset)

    def lookup(self, timestamp_ms: int) -> int:
        """The offset of the last entry that is older than a time; 0 if none is."""
        entry = bisect_left(self._timestamps, timestamp_ms) - 1
        return self._offsets[entry] if entry >= 0 else 0

    def last(self) -> tuple[int, int]:
        """The largest timestamp and its offset; (-1, 0) in an empty index."""
        return (self._timestamps[-1], self._offsets[-1]) if self._timestamps else (-1, 0)

    def is_sound(self) -> bool:
        """Whether the timestamps rise."""
        timestamps = self._timestamps
        return all(map(int.__lt__, timestamps, timestamps[1:]))

    def encode(self, first: int) -> bytes:
        """Encode the entries from one on, as the file stores them."""
        entries = zip(self._timestamps[first:], self._offsets[first:], strict=True)
        return b"".join(_TIME_ENTRY.pack(*entry) for entry in entries)

    def keep(self, end_offset: int) -> None:
        """Keep the entries before an offset, as far as they rise."""
        last_timestamp, last_offset = -1, -1
        count = 0
        for timestamp, offset in zip(self._timestamps, self._offsets, strict=True):
            if not (last_timestamp < timestamp and last_offset < offset < end_offset):
                break
            last_timestamp, last_offset = timestamp, offset
            count += 1
        del self._timestamps[count:], self._offsets[count:]
