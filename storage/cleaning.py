"""One compaction of one log: which records go, and the segments that hold what is left.

Of each key the last record stays. A tombstone stays for `delete_retention_ms` after the compaction
that first met it, which writes the time into its batch. Offsets and the order never change: a batch
keeps its base and last offset, whatever is taken out of it.

What takes time is done in steps, off the event loop: each generator yields how many bytes it read
and wrote since it yielded last.

Source: Kafka's log cleaner; KIP-58 (lag), KIP-98 (producers and transactions), KIP-534 (horizon).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import NamedTuple

from kafkapy.storage.aborted import AbortedEntry, encode_entries
from kafkapy.storage.config import CompactionLimits, LogConfig
from kafkapy.storage.disk import WRITE_BYTES, Disk
from kafkapy.storage.offset_map import ENTRY_BYTES, NEWEST_VALUE, SUPERSEDED, OffsetMap
from kafkapy.storage.producers import LastBatch
from kafkapy.storage.segment import (
    ABORTED_SUFFIX,
    LOG_SUFFIX,
    MAX_RELATIVE_OFFSET,
    OpenSegments,
    Segment,
)
from kafkapy.storage.swap import CLEANED, commit, remove_cleaned
from kafkapy.storage.transaction_scan import TransactionScan
from kafkapy.wire.errors import CorruptRecordError
from kafkapy.wire.records.batch import HEADER_BYTES, BatchHeader, parse_header, verify_checksum
from kafkapy.wire.records.packed import PackedRecord, packed_records, rewrite_batch

# A step is a third of a millisecond, as whoever else wants the interpreter may have to wait for it.
_STEP_BYTES = 512 * 1024
_STEP_RECORDS = 200
_WINDOW_BYTES = 256 * 1024
# How much of the map's memory goes to what it can tell without keys.
_MARKED_SHARE = 8
_LEAST_LOAD_FACTOR = 0.01


class Round(NamedTuple):
    """What a log was when its compaction began.

    `segments` are those before `upper_bound`, the base offset of the first one that must not be
    touched; the records from `first_dirty` on have not been compared with what precedes them.
    """

    directory: str
    config: LogConfig
    segments: list[Segment]
    first_dirty: int
    upper_bound: int
    aborted: list[AbortedEntry]
    last_batches: dict[int, LastBatch]
    now_ms: int


class Cleaned(NamedTuple):
    """The size and the aborted transactions of a new segment; its files are durable, as `.swap`."""

    size: int
    aborted: list[AbortedEntry]


class _Output:
    """Writes batches to a new segment, as many at once as a disk takes well."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._batches: list[tuple[BatchHeader, bytes]] = []
        self._bytes = 0

    def add(self, header: BatchHeader, batch: bytes) -> None:
        """Take a batch. May raise OSError."""
        if self._bytes + len(batch) > WRITE_BYTES:
            self.write()
        self._batches.append((header, batch))
        self._bytes += len(batch)

    def write(self) -> None:
        """Write what is still to be written. May raise OSError."""
        batches, self._batches, self._bytes = self._batches, [], 0
        if batches:
            self._segment.write([b"".join([batch for _, batch in batches])])
        for header, batch in batches:
            self._segment.take(
                len(batch), header.base_offset, header.last_offset, header.max_timestamp
            )


class Cleaner:
    """Does one round. First `build_map`, then `clean` each of the `groups`, in their order.

    May raise OSError, and WireError where a batch is damaged.
    """

    def __init__(
        self, disk: Disk, work: Round, limits: CompactionLimits, max_expanded_bytes: int
    ) -> None:
        self._disk = disk
        self._pool = OpenSegments(disk)  # of its own, as it is used in a thread
        self._round = work
        self._max_expanded_bytes = max_expanded_bytes
        self._step_bytes = self._step_records = 0
        self._scan = TransactionScan(work.aborted)
        # Where the segment after each one begins.
        bases = [segment.base_offset for segment in work.segments[1:]]
        self._ends = dict(zip(work.segments, [*bases, work.upper_bound], strict=True))
        dirty_offsets = work.upper_bound - work.first_dirty
        load_factor = min(max(limits.load_factor, _LEAST_LOAD_FACTOR), 1.0)
        marked = min(limits.map_bytes // _MARKED_SHARE, dirty_offsets)
        slots = min(
            (limits.map_bytes - marked) // ENTRY_BYTES, int(dirty_offsets / load_factor) + 2
        )
        self._map = OffsetMap(slots, load_factor, work.first_dirty, marked)

    # The map

    def build_map(self) -> Generator[int, None, None]:
        """Note the last offset of each key in the dirty part, as far as the map takes them."""
        remove_cleaned(self._disk, self._round.directory)
        dirty = [s for s in self._round.segments if self._ends[s] > self._round.first_dirty]
        # One that ended before would never end in this scan, nor would its producer's next ones.
        first = dirty[0].base_offset
        scan = TransactionScan(each for each in self._round.aborted if each.last_offset >= first)
        for segment in dirty:
            for header, batch in self._batches(segment):
                if not self._note(scan, header, batch):
                    return
                if self._is_step_over():
                    yield self._bytes_of_step()
            # A segment may end with offsets that no batch has any more.
            self._map.latest_offset = self._ends[segment] - 1

    def _note(self, scan: TransactionScan, header: BatchHeader, batch: bytes) -> bool:
        """Note the keys of a batch; False where they are too many."""
        first_dirty = self._round.first_dirty
        if header.is_control:
            scan.is_spent(header, batch)
        elif not scan.is_aborted(header) and header.last_offset >= first_dirty:
            _, records = self._records(header, batch)
            if not self._map.put(records):
                return False
        if header.last_offset >= first_dirty:
            self._map.latest_offset = header.last_offset
        return True

    @property
    def clean_until(self) -> int:
        """The offset before which the log is clean after this round."""
        return self._map.latest_offset + 1

    # Segments

    def groups(self) -> Iterator[list[Segment]]:
        """The segments to clean, with those together that will fit into one."""
        config = self._round.config
        segments = [each for each in self._round.segments if each.base_offset < self.clean_until]
        group: list[Segment] = []
        sizes = (0, 0, 0)
        for segment in segments:
            own = (
                segment.size,
                self._disk.size(segment.path + ".index"),
                self._disk.size(segment.path + ".timeindex"),
            )
            sums = (sizes[0] + own[0], sizes[1] + own[1], sizes[2] + own[2])
            last_offset = self._ends[segment] - 1
            if group and (
                sums[0] > config.segment_bytes
                or max(sums[1:]) > config.segment_index_bytes
                or last_offset - group[0].base_offset > MAX_RELATIVE_OFFSET
            ):
                yield group
                group, sums = [], own
            group.append(segment)
            sizes = sums
        if group:
            yield group

    def clean(self, group: list[Segment]) -> Generator[int, None, None]:
        """Write what is left of some segments in a row; then `cleaned` tells what it is."""
        new = self._new_segment(group)
        new.file()  # even where nothing is left
        output = _Output(new)
        try:
            for segment in group:
                for header, batch in self._batches(segment):
                    rest = self._rest_of(header, batch)
                    if rest is not None:
                        output.add(header if rest is batch else parse_header(rest), rest)
                        self._step_bytes += len(rest)
                    if self._is_step_over():
                        yield self._bytes_of_step()
            output.write()
            if new.size:
                new.seal()
        finally:
            new.discard()
        yield self._bytes_of_step()
        aborted, self._scan.kept = self._scan.kept, []
        if aborted:
            path = new.path + ABORTED_SUFFIX + CLEANED
            self._disk.replace(path, encode_entries(aborted))
        commit(self._disk, new)
        self.cleaned = Cleaned(new.size, aborted)

    def _new_segment(self, group: list[Segment]) -> Segment:
        return Segment(
            self._pool,
            self._round.directory,
            group[0].base_offset,
            created_ms=group[-1].created_ms,
            index_interval_bytes=self._round.config.index_interval_bytes,
            suffix=CLEANED,
        )

    # Batches

    def _batches(self, segment: Segment) -> Iterator[tuple[BatchHeader, bytes]]:
        """Walk over a segment, with a file of its own."""
        file = self._disk.open(segment.path + LOG_SUFFIX)
        try:
            position, size, end = 0, HEADER_BYTES, self._ends[segment]
            while position < segment.size:
                left = segment.size - position
                # A damaged size must not have the rest of the segment read.
                wanted = min(max(size, _WINDOW_BYTES), left) if size <= left else 0
                window = file.pread(wanted, position)
                if len(window) < size:
                    raise CorruptRecordError("the last batch is cut off")
                at, size = 0, HEADER_BYTES
                while at + size <= len(window):
                    header = parse_header(window, at)
                    size = header.size_bytes
                    if header.base_offset < segment.base_offset or header.last_offset >= end:
                        raise CorruptRecordError("a batch with offsets of another segment")
                    if at + size <= len(window):
                        batch = window[at : at + size]
                        # A new checksum would hide the damage.
                        verify_checksum(batch, header)
                        self._step_bytes += size
                        self._step_records += 1  # a batch by itself costs as much
                        yield header, batch
                        at, size = at + size, HEADER_BYTES
                position += at
        finally:
            file.close()

    def _is_step_over(self) -> bool:
        return self._step_bytes >= _STEP_BYTES or self._step_records >= _STEP_RECORDS

    def _bytes_of_step(self) -> int:
        size, self._step_bytes = self._step_bytes, 0
        self._step_records = 0
        return size

    def _records(self, header: BatchHeader, batch: bytes) -> tuple[bytes, list[PackedRecord]]:
        self._step_records += header.record_count
        return packed_records(batch, header, max_bytes=self._max_expanded_bytes)

    def _rest_of(self, header: BatchHeader, batch: bytes) -> bytes | None:
        """What stays of a batch, if anything does."""
        is_spent = False
        if header.is_control:
            is_spent = self._scan.is_spent(header, batch)
            is_over = is_spent and self._is_past_horizon(header)
        else:
            count = header.record_count
            marks = self._map.marks(header.base_offset, header.next_offset)
            is_over = self._scan.is_aborted(header) or marks.count(SUPERSEDED) == count
            if not is_over and marks.count(NEWEST_VALUE) == count:
                return batch
        kept: list[PackedRecord] = []
        if not is_over:
            data, records = self._records(header, batch)
            kept = records if header.is_control else self._wanted(header, records)
        if not kept:
            return rewrite_batch(header, b"", ()) if self._must_stay(header) else None
        horizon_ms = None
        if not header.has_delete_horizon and (is_spent or not all(map(_has_value, kept))):
            horizon_ms = self._round.now_ms + self._round.config.delete_retention_ms
        if horizon_ms is None and len(kept) == len(records):
            return batch
        return rewrite_batch(header, data, kept, delete_horizon_ms=horizon_ms)

    def _is_past_horizon(self, header: BatchHeader) -> bool:
        return header.has_delete_horizon and header.base_timestamp <= self._round.now_ms

    def _wanted(self, header: BatchHeader, records: list[PackedRecord]) -> list[PackedRecord]:
        latest_offset, is_newest = self._map.latest_offset, self._map.is_newest
        keeps_tombstones = not self._is_past_horizon(header)
        wanted = []
        for record in records:
            offset, key, has_value, _, _ = record
            if offset > latest_offset or (
                key is not None and (has_value or keeps_tombstones) and is_newest(key, offset)
            ):
                wanted.append(record)
        return wanted

    def _must_stay(self, header: BatchHeader) -> bool:
        """Whether the header is needed without records.

        It tells the last sequence or epoch of a producer, or the offset where the round ends.
        """
        last = self._round.last_batches.get(header.producer_id)
        if last is not None and (
            header.last_offset == last.last_offset
            if last.last_offset >= 0
            else header.is_control and header.producer_epoch == last.producer_epoch
        ):
            return True
        return header.next_offset == self._round.upper_bound


def _has_value(record: PackedRecord) -> bool:
    return record[2]
