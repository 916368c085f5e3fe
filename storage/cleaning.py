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
from kafkapy.storage.disk import Disk
from kafkapy.storage.offset_map import ENTRY_BYTES, OffsetMap
from kafkapy.storage.producers import LastBatch
from kafkapy.storage.segment import ABORTED_SUFFIX, OpenSegments, Segment
from kafkapy.storage.swap import CLEANED, commit, remove_cleaned
from kafkapy.storage.transaction_scan import TransactionScan
from kafkapy.wire.records.batch import BatchHeader, parse_header, verify_checksum
from kafkapy.wire.records.record import Record, records_of, rewrite_batch

# A step is about a millisecond, as whoever else wants the interpreter may have to wait for it.
_STEP_BYTES = 64 * 1024
_STEP_RECORDS = 200
_LEAST_LOAD_FACTOR = 0.01
_MAX_RELATIVE_OFFSET = 2**31 - 1


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
        dirty_offsets = work.upper_bound - work.first_dirty
        load_factor = min(max(limits.load_factor, _LEAST_LOAD_FACTOR), 1.0)
        slots = min(limits.map_bytes // ENTRY_BYTES, int(dirty_offsets / load_factor) + 2)
        self._map = OffsetMap(slots, load_factor)

    # The map

    def build_map(self) -> Generator[int, None, None]:
        """Note the last offset of each key in the dirty part, as far as the map takes them."""
        remove_cleaned(self._disk, self._round.directory)
        segments, end = self._round.segments, self._round.upper_bound
        dirty = [
            (segment, _following(segments, index, end) - 1)
            for index, segment in enumerate(segments)
            if _following(segments, index, end) > self._round.first_dirty
        ]
        # One that ended before would never end in this scan, nor would its producer's next ones.
        first = dirty[0][0].base_offset
        scan = TransactionScan(each for each in self._round.aborted if each.last_offset >= first)
        for segment, last_offset in dirty:
            for header, batch in self._batches(segment):
                if not self._note(scan, header, batch):
                    return
                if self._is_step_over():
                    yield self._bytes_of_step()
            # A segment may end with offsets that no batch has any more.
            self._map.latest_offset = last_offset

    def _note(self, scan: TransactionScan, header: BatchHeader, batch: bytes) -> bool:
        """Note the keys of a batch; False where they are too many."""
        first_dirty = self._round.first_dirty
        if header.is_control:
            scan.is_spent(header, batch)
        elif not scan.is_aborted(header) and header.last_offset >= first_dirty:
            for record in self._records(header, batch):
                if (
                    record.key is not None
                    and record.offset >= first_dirty
                    and not self._map.put(record.key, record.offset)
                ):
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
        for index, segment in enumerate(segments):
            own = (
                segment.size,
                self._disk.size(segment.path + ".index"),
                self._disk.size(segment.path + ".timeindex"),
            )
            sums = (sizes[0] + own[0], sizes[1] + own[1], sizes[2] + own[2])
            last_offset = _following(segments, index, self._round.upper_bound) - 1
            if group and (
                sums[0] > config.segment_bytes
                or max(sums[1:]) > config.segment_index_bytes
                or last_offset - group[0].base_offset > _MAX_RELATIVE_OFFSET
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
        try:
            for segment in group:
                for header, batch in self._batches(segment):
                    rest = self._rest_of(header, batch)
                    if rest is not None:
                        self._write(new, rest)
                    if self._is_step_over():
                        yield self._bytes_of_step()
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

    def _write(self, new: Segment, batch: bytes) -> None:
        header = parse_header(batch)
        new.write((batch,))
        new.take(len(batch), header.base_offset, header.last_offset, header.max_timestamp)
        self._step_bytes += len(batch)

    # Batches

    def _batches(self, segment: Segment) -> Iterator[tuple[BatchHeader, bytes]]:
        """Walk over a segment, with files of its own."""
        reader = Segment(
            self._pool,
            self._round.directory,
            segment.base_offset,
            size=segment.size,
            created_ms=segment.created_ms,
            index_interval_bytes=segment.index_interval_bytes,
        )
        try:
            for position, header in reader.scan():
                batch = reader.batch(position, header)
                # A new checksum would hide the damage.
                verify_checksum(batch, header)
                self._step_bytes += len(batch)
                self._step_records += header.record_count
                yield header, batch
        finally:
            reader.discard()

    def _is_step_over(self) -> bool:
        return self._step_bytes >= _STEP_BYTES or self._step_records >= _STEP_RECORDS

    def _bytes_of_step(self) -> int:
        size, self._step_bytes = self._step_bytes, 0
        self._step_records = 0
        return size

    def _records(self, header: BatchHeader, batch: bytes) -> list[Record]:
        return records_of(batch, header, max_bytes=self._max_expanded_bytes)

    def _rest_of(self, header: BatchHeader, batch: bytes) -> bytes | None:
        """What stays of a batch, if anything does."""
        is_spent = False
        if header.is_control:
            is_spent = self._scan.is_spent(header, batch)
            is_over = is_spent and self._is_past_horizon(header)
        else:
            is_over = self._scan.is_aborted(header)
        kept: list[Record] = []
        if not is_over:
            records = self._records(header, batch)
            kept = records if header.is_control else self._wanted(header, records)
        if not kept:
            return rewrite_batch(header, ()) if self._must_stay(header) else None
        horizon_ms = None
        if not header.has_delete_horizon and (
            is_spent or any(record.value is None for record in kept)
        ):
            horizon_ms = self._round.now_ms + self._round.config.delete_retention_ms
        if horizon_ms is None and len(kept) == len(records):
            return batch
        return rewrite_batch(header, kept, delete_horizon_ms=horizon_ms)

    def _is_past_horizon(self, header: BatchHeader) -> bool:
        return header.has_delete_horizon and header.base_timestamp <= self._round.now_ms

    def _wanted(self, header: BatchHeader, records: list[Record]) -> list[Record]:
        latest_offset, offset_of = self._map.latest_offset, self._map.get
        drops_tombstones = self._is_past_horizon(header)
        return [
            record
            for record in records
            if record.offset > latest_offset
            or (
                record.key is not None
                and not (drops_tombstones and record.value is None)
                and record.offset >= offset_of(record.key)
            )
        ]

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


def _following(segments: list[Segment], index: int, end: int) -> int:
    """Where the segment after one begins."""
    return segments[index + 1].base_offset if index + 1 < len(segments) else end
