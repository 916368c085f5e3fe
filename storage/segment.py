"""One segment of a log: a file of batches and its two indexes.

A read of the newest batches finds its place in memory; one of older batches through the sparse
offset index and a short scan of headers. Files and indexes are loaded at first use and given back
by `OpenSegments`, so that thousands of partitions cost little.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from kafkapy.storage.disk import Disk, File, append_whole
from kafkapy.storage.index import OFFSET_ENTRY_BYTES, TIME_ENTRY_BYTES, OffsetIndex, TimeIndex
from kafkapy.wire.errors import CorruptRecordError
from kafkapy.wire.records.batch import (
    HEADER_BYTES,
    LENGTH_END,
    BatchHeader,
    parse_header,
    verify_checksum,
)
from kafkapy.wire.schema import Buffer

LOG_SUFFIX = ".log"
ABORTED_SUFFIX = ".txnindex"
SNAPSHOT_SUFFIX = ".snapshot"
SUFFIXES = (LOG_SUFFIX, ".index", ".timeindex", ABORTED_SUFFIX, SNAPSHOT_SUFFIX)
_WINDOW_BYTES = 64 * 1024
_HOP_BYTES = 8 * 1024
_RECENT_BATCHES = 1024
_CURSORS = 64
_KEPT_ENTRIES = 128
_MIN_LENGTH = HEADER_BYTES - LENGTH_END
MAX_RELATIVE_OFFSET = 2**31 - 1
_LENGTH = struct.Struct(">8xi")
_ENTRY_BYTES = (OFFSET_ENTRY_BYTES, TIME_ENTRY_BYTES)
_EXTENT = struct.Struct(">qi11xi")  # base offset, batch length, last offset delta


class OpenSegments:
    """Bounds how many segments keep their file open; the longest unused one gives it up."""

    def __init__(self, disk: Disk, limit: int = 512) -> None:
        self.disk = disk
        self._limit = limit
        self._open: OrderedDict[Segment, None] = OrderedDict()
        self.touch = self._open.move_to_end

    def add(self, segment: Segment) -> None:
        """Count a segment that has just been opened."""
        self._open[segment] = None
        if len(self._open) > self._limit:
            oldest = next(s for s in self._open if s.pins == 0 or s is segment)
            if oldest is not segment:
                oldest.close()

    def discard(self, segment: Segment) -> None:
        """Count a segment no more."""
        self._open.pop(segment, None)


class Segment:
    """The batches from `base_offset` on; `size` counts the bytes of their file.

    While `pins` is not zero the file stays open, for a flush in a thread. A `suffix` ends the names
    of all files while the segment is about to take the place of others. `entries_left` is what each
    index surely has room for; `count_entries_left` finds out anew.
    """

    __slots__ = (
        "_bytes_since_entry",
        "_cursors",
        "_file",
        "_first_timestamp_ms",
        "_has_indexes",
        "_largest_timestamp",
        "_offset_index",
        "_pool",
        "_recent_offsets",
        "_recent_positions",
        "_saved_entries",
        "_time_index",
        "base_offset",
        "created_ms",
        "entries_left",
        "index_interval_bytes",
        "path",
        "pins",
        "size",
        "suffix",
    )

    def __init__(
        self,
        pool: OpenSegments,
        directory: str,
        base_offset: int,
        *,
        size: int = 0,
        created_ms: int,
        index_interval_bytes: int,
        suffix: str = "",
    ) -> None:
        self._pool = pool
        self.suffix = suffix
        self.path = f"{directory}/{base_offset:020}"
        self.base_offset = base_offset
        self.size = size
        self.created_ms = created_ms
        self.pins = 0
        self.index_interval_bytes = index_interval_bytes
        self._file: File | None = None
        self._first_timestamp_ms: int | None = None
        # The largest timestamp and the last offset of its batch; None until it was looked up.
        self._largest_timestamp = None if size else (-1, base_offset)
        self._forget(has_indexes=size == 0)

    def _forget(self, *, has_indexes: bool) -> None:
        """Begin with empty indexes, which are right as they are or have to be loaded first."""
        self._has_indexes = has_indexes
        self._offset_index = OffsetIndex()
        self._time_index = TimeIndex()
        self.entries_left = 0
        self._bytes_since_entry = 0
        # How many entries the two files have; -1 is for a file that is not there, or not right.
        self._saved_entries = [-1, -1]
        self._forget_places()

    def _forget_places(self) -> None:
        # Where the newest batches start: offsets and positions, side by side.
        self._recent_offsets: list[int] = []
        self._recent_positions: list[int] = []
        # Where reads in sequence will go on: offset to position.
        self._cursors: dict[int, int] = {}

    # Files

    def file(self) -> File:
        """The open log file, with the indexes in memory."""
        file = self._file
        if file is None or not self._has_indexes:
            file = self._open()
            if not self._has_indexes:
                self._load_indexes()
                self._has_indexes = True
        else:
            self._pool.touch(self)
        return file

    def _open(self) -> File:
        if self._file is None:
            self._file = self._pool.disk.open(self.path + LOG_SUFFIX + self.suffix)
            self._pool.add(self)
        return self._file

    def _load_indexes(self) -> None:
        disk = self._pool.disk
        try:
            offsets = disk.read(self.path + ".index" + self.suffix)
            times = disk.read(self.path + ".timeindex" + self.suffix)
        except FileNotFoundError:
            self._reindex()
            return
        if len(offsets) % OFFSET_ENTRY_BYTES == 0 and len(times) % TIME_ENTRY_BYTES == 0:
            self._take_indexes(offsets, times)
            if self._offset_index.is_sound(self.size) and self._time_index.is_sound():
                self._resume()
                return
        self._reindex()

    def _take_indexes(self, offsets: bytes, times: bytes) -> None:
        self._offset_index = OffsetIndex(offsets)
        self._time_index = TimeIndex(times)
        self._saved_entries = [len(self._offset_index), len(self._time_index)]

    def _resume(self) -> None:
        """Account for the batches after the last index entry."""
        timestamp_ms, offset = self._time_index.last()
        largest = self._largest_timestamp or (timestamp_ms, offset + self.base_offset)
        last_entry = self._offset_index.boundary(self.size)
        for _, header in self.scan(last_entry):
            if header.max_timestamp > largest[0]:
                largest = (header.max_timestamp, header.last_offset)
        self._largest_timestamp = largest
        self._bytes_since_entry = self.size - last_entry

    def _reindex(self) -> None:
        self._restart_indexes()
        for position, header in self.scan():
            self._account(position, header.size_bytes, header.last_offset, header.max_timestamp)

    def _restart_indexes(self) -> None:
        self._forget(has_indexes=False)
        self._largest_timestamp = (-1, self.base_offset)

    def close(self) -> None:
        """Close the file until the next use; small indexes stay in memory."""
        self.discard()
        self._forget_places()
        if self._has_indexes and len(self._offset_index) > _KEPT_ENTRIES:
            # They stay, too, where there is no room for them on the disk.
            with suppress(OSError):
                self.write_indexes()
                self._forget(has_indexes=False)

    def unload(self) -> None:
        """Write what the index files lack, and close; the next use loads them again."""
        self.write_indexes()
        self.discard()
        self._forget(has_indexes=self.size == 0)

    def write_indexes(self) -> None:
        """Bring the index files up to date; an empty segment needs none. May raise OSError."""
        if self._has_indexes and self.size:
            self._write_index(0, self._offset_index, OFFSET_ENTRY_BYTES)
            self._write_index(1, self._time_index, TIME_ENTRY_BYTES)

    def _write_index(self, number: int, index: OffsetIndex | TimeIndex, entry_bytes: int) -> None:
        saved = self._saved_entries[number]
        if saved == len(index):
            return
        file = self._pool.disk.open(self.index_paths()[number])
        try:
            if saved < 0:
                file.truncate(0)
                saved = 0
            append_whole(file, [index.encode(saved)], saved * entry_bytes)
        finally:
            file.close()
        self._saved_entries[number] = len(index)

    def discard(self) -> None:
        """Close without writing: the files are about to be removed."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._pool.discard(self)

    def paths(self) -> list[str]:
        """Every file that belongs to this segment, whether it exists or not."""
        return [self.path + suffix + self.suffix for suffix in SUFFIXES]

    def index_paths(self) -> list[str]:
        """The files of the two indexes, whether they exist or not."""
        return [self.path + suffix + self.suffix for suffix in (".index", ".timeindex")]

    def seal(self) -> None:
        """Complete the index files for the batches so far. May raise OSError."""
        self.file()
        self._index_timestamp()
        self.write_indexes()

    # Recovery

    def recover(
        self,
        from_offset: int,
        trusted_end: int,
        before_cut: Callable[[], None],
        *,
        has_gaps: bool,
    ) -> Iterator[tuple[int, BatchHeader]]:
        """Index and yield the batches from an offset on; cut the file where they cease to be right.

        What is before `trusted_end` is known to be right, and so is what the index files say of it;
        behind it batches are checked. `has_gaps` allows offsets to be missing, as after compaction.
        The cut is durable; `before_cut` is called before it. May raise OSError, and raises
        CorruptRecordError where something is damaged all the same before `trusted_end`.
        """
        self._open()
        end = self._resume_before(min(from_offset, trusted_end))
        expected = -1 if end else self.base_offset
        try:
            for position, header in self.scan(end, verify_from=trusted_end):
                base_offset = header.base_offset
                if base_offset < expected or (base_offset > expected >= 0 and not has_gaps):
                    raise CorruptRecordError(f"offset {base_offset} instead of {expected}")
                self._account(position, header.size_bytes, header.last_offset, header.max_timestamp)
                yield position, header
                expected = header.next_offset
                end = position + header.size_bytes
        except CorruptRecordError:
            if expected < trusted_end:
                raise
        if end < self.size:
            before_cut()
            file = self._open()
            file.truncate(end)
            file.fsync()
            self.size = end
        self._has_indexes = True
        self.seal()

    def _resume_before(self, offset: int) -> int:
        """Take what the index files say of what is before an offset; gives where that ends."""
        self._restart_indexes()
        if offset <= self.base_offset:
            return 0
        paths = self.index_paths()
        try:
            offsets, times = map(self._pool.disk.read, paths)
        except FileNotFoundError:
            return 0
        self._take_indexes(
            offsets[: len(offsets) // OFFSET_ENTRY_BYTES * OFFSET_ENTRY_BYTES],
            times[: len(times) // TIME_ENTRY_BYTES * TIME_ENTRY_BYTES],
        )
        self._offset_index.keep(offset - self.base_offset, self.size)
        self._time_index.keep(offset - self.base_offset)
        position = self._offset_index.boundary(self.size)
        if position and not len(self._time_index):
            self._restart_indexes()
            return 0
        self._saved_entries = [len(self._offset_index), len(self._time_index)]
        # What the index files have besides these entries must not stay.
        for path, count, size in zip(paths, self._saved_entries, _ENTRY_BYTES, strict=True):
            file = self._pool.disk.open(path)
            try:
                file.truncate(count * size)
            finally:
                file.close()
        timestamp_ms, last_offset = self._time_index.last()
        self._largest_timestamp = (timestamp_ms, last_offset + self.base_offset)
        return position

    # Writing

    def write(self, pieces: Sequence[Buffer]) -> None:
        """Write at the end what `take` then accounts for, batch by batch. May raise OSError."""
        append_whole(self.file(), pieces, self.size)

    def take(self, size: int, base_offset: int, last_offset: int, time_ms: int) -> None:
        """Account for a batch at the end of the file; `time_ms` is its largest timestamp."""
        position = self.size
        self.size = position + size
        if position == 0:
            self._first_timestamp_ms = time_ms
        self._account(position, size, last_offset, time_ms)
        recent = self._recent_offsets
        recent.append(base_offset)
        self._recent_positions.append(position)
        if len(recent) > 2 * _RECENT_BATCHES:
            del recent[:_RECENT_BATCHES]
            del self._recent_positions[:_RECENT_BATCHES]

    def _account(self, position: int, size: int, last_offset: int, time_ms: int) -> None:
        largest = self._largest_timestamp
        if largest is None or time_ms > largest[0]:
            self._largest_timestamp = (time_ms, last_offset)
        if self._bytes_since_entry > self.index_interval_bytes:
            self._offset_index.add(last_offset - self.base_offset, position)
            self._index_timestamp()
            self._bytes_since_entry = size
        else:
            self._bytes_since_entry += size

    def _index_timestamp(self) -> None:
        timestamp_ms, offset = self._largest_timestamp or self.largest_timestamp()
        self._time_index.add(timestamp_ms, offset - self.base_offset)
        self.entries_left -= 1

    def count_entries_left(self, max_bytes: int) -> int:
        """How many more entries fit into indexes of a size; one is kept for `seal`."""
        self.entries_left = min(
            max_bytes // OFFSET_ENTRY_BYTES - len(self._offset_index),
            max_bytes // TIME_ENTRY_BYTES - 1 - len(self._time_index),
        )
        return self.entries_left

    # Reading

    def read(self, offset: int, max_bytes: int, end: int, at_least_one: bool) -> bytes | memoryview:
        """Whole batches from the one that holds `offset` on, before the position `end`."""
        if max_bytes < HEADER_BYTES and not at_least_one:
            return b""
        file = self.file()
        start = self.position_of(offset)
        if start >= end:
            return b""
        stop = start + max_bytes
        if stop >= end:
            return file.pread(end - start, start)
        data = file.pread(max(max_bytes, HEADER_BYTES), start)
        first: int = _LENGTH.unpack_from(data)[0] + LENGTH_END
        if first > max_bytes:
            return file.pread(first, start) if at_least_one else b""
        return memoryview(data)[: self._last_boundary(data, start)]

    def position_of(self, offset: int) -> int:
        """Where the batch that holds an offset, or else the next batch, starts."""
        recent = self._recent_offsets
        entry = bisect_right(recent, offset) - 1
        if entry >= 0:
            return self._recent_positions[entry]
        position = self._cursors.get(offset)
        if position is not None:
            return position
        position = self.lookup(offset)
        for start, base_offset, length, delta in self._hop(position):
            if base_offset + delta >= offset:
                return start
            position = start + length + LENGTH_END
        return position

    def lookup(self, offset: int) -> int:
        """A position from which a scan forward meets the batch that holds an offset."""
        self.file()
        return self._offset_index.lookup(offset - self.base_offset)

    def _hop(self, position: int) -> Iterator[tuple[int, int, int, int]]:
        """Walk from batch to batch: position, base offset, batch length, last offset delta."""
        file = self.file()
        window, window_start = b"", position
        expected = self.base_offset
        while position < self.size:
            at = position - window_start
            if at + _EXTENT.size > len(window):
                window, window_start, at = file.pread(_HOP_BYTES, position), position, 0
            if at + _EXTENT.size > len(window):
                raise CorruptRecordError("the last batch is cut off")
            base_offset, length, delta = _EXTENT.unpack_from(window, at)
            if (
                not expected <= base_offset <= self.base_offset + MAX_RELATIVE_OFFSET
                or delta < 0
                or not _MIN_LENGTH <= length <= self.size - position - LENGTH_END
            ):
                raise CorruptRecordError(f"offset {base_offset}, length {length} at {position}")
            yield position, base_offset, length, delta
            expected = base_offset + delta + 1
            position += length + LENGTH_END

    def _last_boundary(self, data: bytes, start: int) -> int:
        """Where in `data` the last whole batch ends; remembers that the next read begins there."""
        at = max(self._offset_index.boundary(start + len(data)) - start, 0)
        next_offset = None
        while at + _EXTENT.size <= len(data):
            base_offset, length, delta = _EXTENT.unpack_from(data, at)
            next_offset = base_offset
            if length < 0 or at + length + LENGTH_END > len(data):
                break
            next_offset += delta + 1
            at += length + LENGTH_END
        if next_offset is not None:
            if len(self._cursors) >= _CURSORS:
                self._cursors.clear()
            self._cursors[next_offset] = start + at
        return at

    def scan(
        self, position: int = 0, *, verify_from: int | None = None
    ) -> Iterator[tuple[int, BatchHeader]]:
        """Walk over the batches with their positions. Raises CorruptRecordError at a bad one.

        From the offset `verify_from` on checksums are computed too, which reads every byte.
        """
        file = self._open()
        window, window_start = b"", position
        while position < self.size:
            at = position - window_start
            if at + HEADER_BYTES > len(window):
                window, window_start, at = file.pread(_WINDOW_BYTES, position), position, 0
            header = parse_header(window, at)
            size = header.size_bytes
            if position + size > self.size:
                raise CorruptRecordError("the last batch is cut off")
            if verify_from is not None and header.base_offset >= verify_from:
                if at + size > len(window):
                    window = file.pread(max(size, _WINDOW_BYTES), position)
                    window_start, at = position, 0
                verify_checksum(memoryview(window)[at : at + size], header)
            yield position, header
            position += size

    def batch(self, position: int, header: BatchHeader) -> bytes:
        """One whole batch that `scan` found."""
        return self._open().pread(header.size_bytes, position)

    # Timestamps

    def largest_timestamp(self) -> tuple[int, int]:
        """The largest timestamp, -1 without one, and the last offset of its batch."""
        if self._largest_timestamp is None:
            self.file()
        assert self._largest_timestamp is not None
        return self._largest_timestamp

    def first_timestamp_ms(self) -> int:
        """The largest timestamp of the first batch, -1 without one."""
        if self._first_timestamp_ms is None:
            if self.size == 0:
                return -1
            _, header = next(self.scan())
            self._first_timestamp_ms = header.max_timestamp
        return self._first_timestamp_ms

    def position_at(self, timestamp_ms: int, start_offset: int) -> int:
        """A position before which no record from `start_offset` on is at or after a time."""
        self.file()
        offset = max(self._time_index.lookup(timestamp_ms), start_offset - self.base_offset)
        return self._offset_index.lookup(offset)
