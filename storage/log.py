"""One partition's log: segments, bounds, leader epochs, producers; append, read and roll."""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from operator import attrgetter
from random import Random
from typing import NamedTuple

from kafkapy.storage.aborted import AbortedEntry, AbortedTransactions
from kafkapy.storage.checkpoints import write_epochs
from kafkapy.storage.config import LogConfig
from kafkapy.storage.disk import WRITE_BYTES, Disk, is_passing
from kafkapy.storage.engine import (
    AbortedTransaction,
    Append,
    Appended,
    Bounds,
    Isolation,
    LogId,
    Origin,
    Slice,
)
from kafkapy.storage.epochs import LeaderEpochs
from kafkapy.storage.errors import (
    CorruptRecordsError,
    DiskError,
    FencedEpochError,
    OffsetOutOfRangeError,
    StorageError,
    UnexpectedEndError,
    UnknownEpochError,
)
from kafkapy.storage.newest import NewestBatch
from kafkapy.storage.producers import Producers
from kafkapy.storage.rolling import RollPolicy
from kafkapy.storage.segment import OpenSegments, Segment
from kafkapy.storage.snapshots import Snapshots
from kafkapy.storage.validation import Validator
from kafkapy.wire.errors import CorruptRecordError
from kafkapy.wire.records.batch import (
    CONTROL_BIT,
    LENGTH_END,
    PREFIX_BYTES,
    BatchHeader,
    pack_prefix,
)
from kafkapy.wire.records.control import EndTxnMarker, parse_end_txn_marker
from kafkapy.wire.schema import Buffer

_LOG = logging.getLogger(__name__)
_NO_BATCH = b""
_READ_UNCOMMITTED = Isolation.READ_UNCOMMITTED  # which takes longer to say in full
# Damaged files show when their indexes are loaded again.
_BROKEN = (OSError, CorruptRecordError)
_base_offset = attrgetter("base_offset")


@dataclass(frozen=True, slots=True)
class Environment:
    """What the logs of one engine share. Times are epoch milliseconds."""

    disk: Disk
    pool: OpenSegments
    now_ms: Callable[[], int]
    random: Random
    max_expanded_bytes: int
    newest: NewestBatch = field(default_factory=NewestBatch)


class _Prepared(NamedTuple):
    """A batch that may be written, and the marker in it."""

    header: BatchHeader
    batch: Buffer
    marker: EndTxnMarker | None


class Log:
    """A log that has been opened; `opening` makes one from a directory.

    `start` and `end` are offsets. Records before `flushed_end` are durable; before `recovery_point`
    also all that is known of them is, so that a recovery need not look at them. `is_altered` tells
    whether names of files may have changed since the directory was made durable. A log with a
    `failure` refuses everything until it is opened anew.
    """

    __slots__ = (
        "_bounds",
        "_env",
        "_held_from",
        "_rolling",
        "_validator",
        "aborted",
        "active",
        "config",
        "directory",
        "end",
        "epochs",
        "failure",
        "flushed_end",
        "flushed_ms",
        "id",
        "is_altered",
        "producers",
        "recovery_point",
        "segments",
        "snapshots",
        "start",
    )

    def __init__(
        self,
        env: Environment,
        log_id: LogId,
        directory: str,
        config: LogConfig,
        *,
        segments: list[Segment],
        start: int,
        end: int,
        recovery_point: int,
        epochs: LeaderEpochs,
        producers: Producers,
        aborted: AbortedTransactions,
        snapshots: Snapshots,
    ) -> None:
        self._env = env
        self.id = log_id
        self.directory = directory
        self.segments = segments
        self.active = segments[-1]
        self.start = start
        self.end = end
        self.recovery_point = self.flushed_end = recovery_point
        self.is_altered = True
        self.epochs = epochs
        self.producers = producers
        self.aborted = aborted
        self.snapshots = snapshots
        self.failure: StorageError | None = None
        self.flushed_ms = env.now_ms()
        self._bounds: Bounds | None = None
        self._held_from: int | None = None  # what readers must not see before it is durable
        self.configure(config)

    def configure(self, config: LogConfig) -> None:
        """Take new settings."""
        self.config = config
        self.active.index_interval_bytes = config.index_interval_bytes
        self._validator = Validator(config, self._env.max_expanded_bytes)
        self._rolling = RollPolicy(config, self._env.random)

    # Failures

    def check(self) -> None:
        """Raise the error that took the log offline, if one did."""
        if self.failure is not None:
            raise self.failure.with_traceback(None)

    def fail(self, error: Exception) -> DiskError:
        """Take the log offline."""
        failure = DiskError(f"{self.id}: {error}")
        if self.failure is None:
            self.failure = failure
            _LOG.error("%s is offline: %s", self.id, error, exc_info=failure)
        return failure

    def refuse(self, error: Exception) -> DiskError:
        """Answer for a write that failed; the log goes offline unless the disk is only full."""
        return DiskError(f"{self.id}: {error}") if is_passing(error) else self.fail(error)

    # Bounds

    def bounds(self) -> Bounds:
        """The offsets now; the high watermark is the end, or where the log waits for a flush."""
        bounds = self._bounds
        if bounds is None:
            high_watermark = self.end if self._held_from is None else self._held_from
            unstable = self.producers.first_unstable_offset()
            stable = high_watermark
            if unstable is not None:
                stable = max(min(unstable, stable), self.start)
            bounds = self._bounds = Bounds(self.start, stable, high_watermark, self.end)
        return bounds

    def must_flush(self) -> bool:
        """Whether `flush.messages` asks for a flush."""
        return self.end - self.flushed_end >= self.config.flush_messages

    def hold(self, offset: int) -> None:
        """Hide what lies behind an offset from readers until it is durable."""
        if self._held_from is None:
            self._held_from = max(offset, self.start)
            self._bounds = None

    def note_flushed(self, end: int) -> None:
        """Account for a flush; shows what was hidden."""
        self.flushed_end = max(end, self.flushed_end)
        self.flushed_ms = self._env.now_ms()
        if self._held_from is not None:
            self._held_from = max(self._held_from, end) if self.must_flush() else None
            self._bounds = None

    def size_bytes(self) -> int:
        """The bytes of all segments."""
        return sum(segment.size for segment in self.segments)

    # Epochs

    def claim(self) -> int:
        """Begin a new leader epoch at the end."""
        self.check()
        epoch = self.epochs.latest + 1
        self.epochs.assign(epoch, self.end)
        self._write_epochs()
        return epoch

    def _write_epochs(self) -> None:
        try:
            write_epochs(self._env.disk, self.directory, self.epochs.entries)
        except OSError as error:
            raise self.refuse(error) from error

    def _check_epoch(self, leader_epoch: int) -> None:
        latest = self.epochs.latest
        if leader_epoch < latest:
            raise FencedEpochError(f"leader epoch {leader_epoch} was followed by {latest}")
        if leader_epoch > latest:
            raise UnknownEpochError(f"leader epoch {leader_epoch} comes after {latest}")

    # Appending

    def append(self, append: Append) -> Appended:
        """Append the batches of one request, all or none of them."""
        self.check()
        if append.leader_epoch is not None:
            self._check_epoch(append.leader_epoch)
        if append.expected_end is not None and append.expected_end != self.end:
            raise UnexpectedEndError(f"the end is {self.end}, not {append.expected_end}")
        if append.origin is Origin.CLIENT:
            return self.append_batch(append.records)
        return self._append_of_coordinator(append.records)

    def append_batch(self, records: Buffer) -> Appended:
        """Append the batch that a client sent, where nothing more is asked."""
        if self.failure is not None:
            self.check()
        now_ms = self._env.now_ms()
        validator = self._validator
        header, batch = validator.client_batch(memoryview(records), now_ms)
        is_sequenced = header.producer_id >= 0
        if is_sequenced:
            duplicate = self.producers.check(header)
            if duplicate is not None:
                first = duplicate.last_offset - duplicate.offset_delta
                time_ms = duplicate.timestamp_ms
                return Appended(first, duplicate.last_offset, time_ms, self.start, True)
        base_offset = self.end
        last_offset = base_offset + header.last_offset_delta
        size = header.batch_length + LENGTH_END
        pieces = _stamped(batch, header, base_offset, self.epochs.latest)
        self._write(pieces, size, last_offset, header.max_timestamp, now_ms)
        self._take(size, last_offset, header.max_timestamp)
        if len(pieces) == 1:
            newest = self._env.newest
            newest.log, newest.batch = self, pieces[0]
            newest.base_offset, newest.end = base_offset, self.end
        if is_sequenced:
            self.producers.record(header, base_offset)
        return Appended(base_offset, last_offset, now_ms if validator.stamps else -1, self.start)

    def _append_of_coordinator(self, records: Buffer) -> Appended:
        now_ms = self._env.now_ms()
        prepared = [
            self._prepare(header, batch)
            for header, batch in self._validator.coordinator_batches(records, now_ms)
        ]
        first = end = self.end
        if not prepared:
            return Appended(first, first - 1, -1, self.start)
        pieces: list[Buffer] = []
        for header, batch, _ in prepared:
            pieces += _stamped(batch, header, end, self.epochs.latest)
            end += header.last_offset_delta + 1
        whole = b"".join(pieces)
        header = prepared[0].header
        last_offset = first + header.last_offset_delta
        self._write((whole,), len(whole), last_offset, header.max_timestamp, now_ms)
        for header, _, marker in prepared:
            base_offset = self.end
            last_offset = base_offset + header.last_offset_delta
            self._take(header.size_bytes, last_offset, header.max_timestamp)
            self._account(header, base_offset, marker)
        time_ms = now_ms if self._validator.stamps else -1
        return Appended(first, self.end - 1, time_ms, self.start)

    def _write(
        self, pieces: Sequence[Buffer], size: int, last_offset: int, time_ms: int, now_ms: int
    ) -> None:
        """Write batches of a size; the offset and the time are those of the first."""
        try:
            if self._rolling.is_due(self.active, size, last_offset, time_ms, now_ms):
                self.roll()
            self.active.write(pieces)
        except _BROKEN as error:
            raise self.refuse(error) from error

    def _take(self, size: int, last_offset: int, time_ms: int) -> None:
        """Account for a batch that was written."""
        self.active.take(size, self.end, last_offset, time_ms)
        self.end = self.producers.end_offset = last_offset + 1
        self._bounds = None

    def _prepare(self, header: BatchHeader, batch: Buffer) -> _Prepared:
        marker = None
        if header.producer_id >= 0:
            if header.attributes & CONTROL_BIT:
                marker = _marker_in(batch, header)
            self.producers.check_epoch(header, marker.coordinator_epoch if marker else None)
        return _Prepared(header, batch, marker)

    def _account(self, header: BatchHeader, base_offset: int, marker: EndTxnMarker | None) -> None:
        if marker is not None:
            ended = self.producers.record_marker(header, base_offset, marker)
            if ended is not None and ended.aborted:
                stable = self.producers.first_unstable_offset()
                stable = self.end if stable is None else stable
                self.aborted.add(self.active.base_offset, ended, stable)
            self._bounds = None
        elif header.producer_id >= 0 and not header.attributes & CONTROL_BIT:
            self.producers.record(header, base_offset)

    # Segments

    def roll(self) -> None:
        """Begin a new segment at the end. May raise OSError, and has changed nothing then."""
        if self.active.size == 0:
            return
        self.active.seal()
        self.snapshots.write(self.producers)
        segment = self.new_segment(self.end)
        self.segments.append(segment)
        self.active = segment
        self._rolling.begin_segment()

    def new_segment(self, base_offset: int) -> Segment:
        """Create an empty segment with its file. May raise OSError."""
        segment = Segment(
            self._env.pool,
            self.directory,
            base_offset,
            created_ms=self._env.now_ms(),
            index_interval_bytes=self.config.index_interval_bytes,
        )
        segment.file()
        self.is_altered = True
        return segment

    def segment_of(self, offset: int) -> int:
        """The index of the segment that an offset lies in."""
        return max(bisect_right(self.segments, offset, key=_base_offset) - 1, 0)

    # Reading

    def read(self, offset: int, max_bytes: int, isolation: Isolation, at_least_one: bool) -> Slice:
        """Read from one segment. Raises OffsetOutOfRangeError, CorruptRecordsError or DiskError."""
        if self.failure is not None:
            self.check()
        bounds = self._bounds or self.bounds()
        if offset < bounds.start or offset > bounds.end:
            raise OffsetOutOfRangeError(f"{offset} is not in [{bounds.start}, {bounds.end}]")
        if isolation is _READ_UNCOMMITTED:
            limit = bounds.high_watermark
            aborted: Sequence[AbortedTransaction] | None = None
        else:
            limit = bounds.stable
            aborted = []
        if offset >= limit:
            return Slice(_NO_BATCH, bounds, aborted)
        try:
            records = self._read(offset, max_bytes, limit, at_least_one)
        except OSError as error:
            raise self.refuse(error) from error
        except CorruptRecordError as error:
            raise CorruptRecordsError(f"{self.id}: {error}") from error
        if aborted is not None and self.aborted:
            aborted = self.aborted.among(records, offset, self._base_of(offset))
        return Slice(records, bounds, aborted)

    def _base_of(self, offset: int) -> int:
        return self.segments[self.segment_of(offset)].base_offset

    def _read(self, offset: int, max_bytes: int, limit: int, at_least_one: bool) -> Buffer:
        if offset >= self.active.base_offset:  # where compaction never comes
            newest = self._env.newest
            if newest.log is self and newest.base_offset <= offset and newest.end == limit:
                fits = at_least_one or len(newest.batch) <= max_bytes
                return newest.batch if fits else _NO_BATCH
            end = self.active.size if limit == self.end else self.active.position_of(limit)
            return self.active.read(offset, max_bytes, end, at_least_one)
        for index in range(self.segment_of(offset), len(self.segments)):
            segment = self.segments[index]
            after = self.segments[index + 1].base_offset if segment is not self.active else self.end
            end = segment.size if limit >= after else segment.position_of(limit)
            # Compaction can leave the end of a segment without the offset.
            if segment.position_of(offset) < segment.size:
                return segment.read(offset, max_bytes, end, at_least_one)
        return _NO_BATCH

    # The front

    def delete_before(self, offset: int) -> int:
        """Move the start up; the segments go when retention is next enforced."""
        self.check()
        end = self.bounds().high_watermark
        if offset == -1:
            offset = end
        if not 0 <= offset <= end:
            raise OffsetOutOfRangeError(f"{offset} is not in [0, {end}]")
        self.advance_start(offset)
        return self.start

    def advance_start(self, offset: int) -> bool:
        """Move the start up to an offset, if it is not there yet."""
        if offset <= self.start:
            return False
        self.start = offset
        self._bounds = None
        if self.epochs.cut_front(offset):
            # What the file has too much, the next opening takes away.
            with suppress(DiskError):
                self._write_epochs()
        return True

    def drop_segments(self, segments: Sequence[Segment]) -> list[str]:
        """Forget the oldest segments; gives the paths of what is to be removed."""
        del self.segments[: len(segments)]
        paths = []
        for segment in segments:
            segment.discard()
            paths += segment.paths()
        self.aborted.drop_before(self.segments[0].base_offset)
        return paths

    def replace_segments(
        self, old: Sequence[Segment], new: Segment, aborted: list[AbortedEntry]
    ) -> None:
        """Take one segment for several in a row, whose files it leaves to the caller."""
        first = self.segments.index(old[0])
        self.segments[first : first + len(old)] = [new]
        self.aborted.replace([segment.base_offset for segment in old], new.base_offset, aborted)
        for segment in old:
            segment.discard()

    def close(self) -> None:
        """Close the files of a log that was saved. May raise OSError."""
        for segment in self.segments:
            segment.unload()

    def discard(self) -> None:
        """Close the files without writing."""
        for segment in self.segments:
            segment.discard()

    # What a recovery would have to do

    def needs_saving(self) -> bool:
        """Whether a power cut could take something that a clean shutdown must leave."""
        return self.recovery_point < self.end

    def segments_from(self, offset: int) -> list[Segment]:
        """The segments from the one that an offset lies in."""
        return self.segments[self.segment_of(offset) :]


def _stamped(
    batch: Buffer, header: BatchHeader, base_offset: int, leader_epoch: int
) -> tuple[Buffer, ...]:
    """The batch with its offset and epoch; in one piece where it is small enough for one write."""
    front = pack_prefix(base_offset, header.batch_length, leader_epoch)
    rest = memoryview(batch)[PREFIX_BYTES:]
    if header.batch_length <= WRITE_BYTES - LENGTH_END:
        return (front + rest,)
    return (front, rest)


def _marker_in(batch: Buffer, header: BatchHeader) -> EndTxnMarker | None:
    try:
        return parse_end_txn_marker(batch, header)
    except CorruptRecordError as error:
        raise CorruptRecordsError(str(error)) from error
