"""Making a `Log` from a directory: creation, opening, and recovery after a crash.

After a clean shutdown the files are trusted. After any other end, every batch behind the recovery
point is checked, the log is cut at the first bad one, and indexes, leader epochs and producers are
brought in line with what is left. What is before the recovery point is not read.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kafkapy.storage import swap
from kafkapy.storage.aborted import AbortedTransactions
from kafkapy.storage.checkpoints import read_epochs, read_topic_id, write_epochs, write_topic_id
from kafkapy.storage.config import NO_LIMIT, LogConfig
from kafkapy.storage.engine import LogId
from kafkapy.storage.epochs import LeaderEpochs
from kafkapy.storage.errors import DiskError
from kafkapy.storage.log import Environment, Log
from kafkapy.storage.offset_files import Offsets
from kafkapy.storage.producers import EndedTransaction, Producers
from kafkapy.storage.segment import ABORTED_SUFFIX, LOG_SUFFIX, SNAPSHOT_SUFFIX, Segment
from kafkapy.storage.snapshots import Snapshots
from kafkapy.wire.errors import CorruptRecordError
from kafkapy.wire.records.batch import CONTROL_BIT, BatchHeader
from kafkapy.wire.records.control import parse_end_txn_marker
from kafkapy.wire.schema import ZERO_UUID

_LOG = logging.getLogger(__name__)
# Until the owner of a log has told its settings, nothing in it may be thrown away.
_UNCONFIGURED = LogConfig(retention_ms=-1)
_OFFSET = re.compile(r"0\d{19}", re.ASCII)


class Unopened(NamedTuple):
    """A log that could not be opened, and what the checkpoint files shall go on to tell of it."""

    error: DiskError
    start: int
    recovery_point: int


def open_logs(
    env: Environment,
    names: Iterable[str],
    starts: Offsets,
    recovery_points: Offsets,
    *,
    clean: bool,
) -> Iterator[tuple[LogId, Log | Unopened]]:
    """Open the logs among the names in an engine's directory; after a clean stop without checks."""
    for name in names:
        topic, _, partition = name.rpartition("-")
        if not (topic and partition.isascii() and partition.isdigit()):
            continue
        place = (topic, int(partition))
        start, recovery_point = starts.get(place, 0), recovery_points.get(place, -1)
        from_point = None if clean else recovery_point
        log_id = LogId(*place, ZERO_UUID)
        found: Log | Unopened
        try:
            log_id = LogId(*place, read_topic_id(env.disk, name) or ZERO_UUID)
            found = open_log(
                env, log_id, name, _UNCONFIGURED, start=start, recovery_point=from_point
            )
        except (OSError, CorruptRecordError) as error:
            _LOG.error("%s is offline: %s", log_id, error, exc_info=error)
            found = Unopened(DiskError(f"{log_id}: {error}"), start, recovery_point)
        yield log_id, found


def create_log(env: Environment, log_id: LogId, directory: str, config: LogConfig) -> Log:
    """Make the directory of a new log, with leader epoch 0. May raise OSError."""
    env.disk.mkdir(directory)
    try:
        return _new_log(env, log_id, directory, config)
    except OSError:
        with contextlib.suppress(OSError):
            env.disk.remove(directory)
        raise


def _new_log(env: Environment, log_id: LogId, directory: str, config: LogConfig) -> Log:
    write_topic_id(env.disk, directory, log_id.topic_id)
    epochs = LeaderEpochs()
    epochs.assign(0, 0)
    write_epochs(env.disk, directory, epochs.entries)
    segment = Segment(
        env.pool,
        directory,
        0,
        created_ms=env.now_ms(),
        index_interval_bytes=config.index_interval_bytes,
    )
    segment.file()
    return Log(
        env,
        log_id,
        directory,
        config,
        segments=[segment],
        start=0,
        end=0,
        recovery_point=0,
        epochs=epochs,
        producers=Producers(),
        aborted=AbortedTransactions(directory),
        snapshots=Snapshots(env.disk, directory),
    )


def open_log(
    env: Environment,
    log_id: LogId,
    directory: str,
    config: LogConfig,
    *,
    start: int,
    recovery_point: int | None,
) -> Log:
    """Open a log; `recovery_point` is None where the shutdown was clean, -1 where it is not known.

    May raise OSError, or CorruptRecordError where files are damaged beyond repair.
    """
    opening = _Opening(env, log_id, directory, config)
    try:
        return opening.open(start, recovery_point)
    except CorruptRecordError as error:
        # What was trusted is damaged, so now it is checked, too.
        _LOG.error("%s is damaged: %s", log_id, error)
        opening.discard()
        opening = _Opening(env, log_id, directory, config)
        return opening.open(start, opening.base_before(recovery_point))
    finally:
        opening.discard()


class _Opening:
    def __init__(self, env: Environment, log_id: LogId, directory: str, config: LogConfig) -> None:
        self._env = env
        self._id = log_id
        self._directory = directory
        self._config = config
        self._names = swap.recover(env.disk, directory)
        self._aborted = AbortedTransactions(directory)
        self._epochs = LeaderEpochs(read_epochs(env.disk, directory))
        self._producers = Producers()
        self._snapshots = Snapshots(env.disk, directory)
        self._segments = [self._segment(base) for base in self._offsets(LOG_SUFFIX)]

    def _offsets(self, suffix: str) -> list[int]:
        """The offsets that files of a kind are named after; what has another name is not ours."""
        digits = [name.removesuffix(suffix) for name in self._names if name.endswith(suffix)]
        offsets = map(int, filter(_OFFSET.fullmatch, digits))
        return [offset for offset in offsets if offset < NO_LIMIT]

    def _segment(self, base_offset: int) -> Segment:
        path = f"{self._directory}/{base_offset:020}{LOG_SUFFIX}"
        return Segment(
            self._env.pool,
            self._directory,
            base_offset,
            size=max(self._env.disk.size(path), 0),
            created_ms=self._env.now_ms(),
            index_interval_bytes=self._config.index_interval_bytes,
        )

    def discard(self) -> None:
        for segment in self._segments:
            segment.discard()

    def base_before(self, recovery_point: int | None) -> int:
        """The base of the segment that holds the recovery point; -1 where that is not known."""
        bases = [segment.base_offset for segment in self._segments]
        if recovery_point is None:
            return max(bases, default=0)
        return max([base for base in bases if base <= recovery_point], default=-1)

    def open(self, start: int, recovery_point: int | None) -> Log:
        if not self._segments:
            self._begin_segment(start)
        segments = self._segments
        # Segments wholly before the start were on their way out.
        while len(segments) > 1 and segments[1].base_offset <= start:
            self._remove(segments.pop(0))
        trusted_end = NO_LIMIT if recovery_point is None else recovery_point
        if 0 <= trusted_end <= start:
            # Nothing that is still wanted is trusted, and what is before it may be half gone.
            trusted_end = segments[0].base_offset
        self._load_snapshot(trusted_end)
        self._load_aborted(trusted_end)
        has_epochs = bool(self._epochs.entries)
        end = self._replay(trusted_end)
        if not has_epochs:
            self._find_epochs()
        self._epochs.cut_back(end)
        if end < start:
            end = self._begin_at(start)
        elif end < self._producers.end_offset or end < trusted_end != NO_LIMIT:
            raise CorruptRecordError("records that were durable are missing")
        self._epochs.cut_front(max(start, segments[0].base_offset))
        if not self._epochs.entries:
            self._epochs.assign(0, 0)
        self._producers.end_offset = end
        recovery_point = max(min(trusted_end, end), segments[0].base_offset)
        log = Log(
            self._env,
            self._id,
            self._directory,
            self._config,
            segments=segments,
            start=max(start, segments[0].base_offset),
            end=end,
            recovery_point=recovery_point,
            epochs=self._epochs,
            producers=self._producers,
            aborted=self._aborted,
            snapshots=self._snapshots,
        )
        self._segments = []  # which are the log's from now on
        return log

    # Segments

    def _begin_segment(self, base_offset: int) -> None:
        segment = self._segment(base_offset)
        segment.file()
        self._segments.append(segment)

    def _begin_at(self, start: int) -> int:
        """Drop a log that lost all from its start on: no offset is given out twice."""
        _LOG.warning("%s has lost all records, and begins again at offset %d", self._id, start)
        self._cut(0)
        self._begin_segment(start)
        self._producers = Producers()
        self._aborted = AbortedTransactions(self._directory)
        return start

    def _remove(self, segment: Segment) -> None:
        for path in segment.paths():
            self._env.disk.remove(path)

    def _cut(self, index: int) -> None:
        """Remove the segments behind the place where the log broke off.

        This is durable before anything else happens to the log: what was cut off must come back
        neither behind a gap nor behind records that are written from now on.
        """
        dropped = self._segments[index:]
        for segment in dropped:
            self._aborted.forget(segment.base_offset)
            self._remove(segment)
        if dropped:
            self._env.disk.sync_directory(self._directory)
        del self._segments[index:]

    def _load_snapshot(self, trusted_end: int) -> None:
        """Start from the newest snapshot that can be trusted."""
        first = self._segments[0].base_offset
        bases = {segment.base_offset for segment in self._segments}
        offsets = self._offsets(SNAPSHOT_SUFFIX)
        # Nothing is left that could tell what the first segment's tells, durable or not.
        last = max(trusted_end, first)
        found = self._snapshots.load_newest(offsets, first, last, bases)
        if found is None:
            self._producers.end_offset = first
        else:
            self._producers = found

    # Records

    def _replay(self, trusted_end: int) -> int:
        """Recover what needs it, account for what no snapshot covers; gives the log's end."""
        first_new = self._producers.end_offset
        end = self._segments[0].base_offset
        for index, segment in enumerate(self._segments):
            if segment.base_offset < end:
                self._cut(index)
                break
            end = segment.base_offset
            following = self._following(index)
            if following > trusted_end:
                size = segment.size
                if end > first_new:
                    # What was there was not durable, and the segments before may be gone next time.
                    self._producers.end_offset = end
                    self._snapshots.write(self._producers)
                bytes_behind = sum(each.size for each in self._segments[index + 1 :])
                end = self._recover(index, trusted_end)
                if segment.size < size:
                    self._report_cut(end, size - segment.size + bytes_behind)
                    break
            elif segment is self._segments[-1]:
                end = self._catch_up(segment)
            elif self._producers.end_offset < following:
                self._catch_up(segment)
        return end

    def _report_cut(self, end: int, lost: int) -> None:
        _LOG.warning(
            "%s ends at offset %d now: the %d bytes behind it are incomplete or damaged",
            self._id,
            end,
            lost,
        )

    def _following(self, index: int) -> int:
        """Where the segment after one begins."""
        segments = self._segments
        return segments[index + 1].base_offset if index + 1 < len(segments) else NO_LIMIT

    def _recover(self, index: int, trusted_end: int) -> int:
        segment = self._segments[index]
        end = segment.base_offset
        is_active = segment is self._segments[-1] and (trusted_end >= 0 or len(self._segments) == 1)
        for position, header in segment.recover(
            self._producers.end_offset,
            trusted_end,
            lambda: self._cut(index + 1),
            has_gaps=not is_active,
        ):
            if header.partition_leader_epoch > self._epochs.latest:
                self._epochs.assign(header.partition_leader_epoch, header.base_offset)
            if header.base_offset >= self._producers.end_offset:
                ended = _account(self._producers, segment, position, header)
                self._note_aborted(segment, ended, self._producers)
            end = header.next_offset
        return end

    def _catch_up(self, segment: Segment) -> int:
        end = segment.base_offset
        if segment.size:
            for position, header in segment.scan(segment.lookup(self._producers.end_offset)):
                if header.base_offset >= self._producers.end_offset:
                    _account(self._producers, segment, position, header)
                end = header.next_offset
        return end

    def _find_epochs(self) -> None:
        """Learn from the batches what the file of leader epochs does not tell."""
        self._epochs = LeaderEpochs()
        for segment in self._segments:
            for _, header in segment.scan():
                self._epochs.assign(header.partition_leader_epoch, header.base_offset)
        write_epochs(self._env.disk, self._directory, self._epochs.entries)

    # Aborted transactions

    def _load_aborted(self, trusted_end: int) -> None:
        """Read the files of the segments, as far as no recovery will make them anew."""
        bases = set(self._offsets(ABORTED_SUFFIX))
        for index, segment in enumerate(self._segments):
            base_offset, following = segment.base_offset, self._following(index)
            if base_offset not in bases:
                continue
            limit = NO_LIMIT
            if following > trusted_end:
                limit = min(trusted_end, max(base_offset, self._producers.end_offset))
            if limit <= base_offset:
                self._aborted.start_over(base_offset)
                continue
            try:
                self._aborted.load(self._env.disk, base_offset, following, limit)
            except CorruptRecordError as error:
                _LOG.warning("%s, and is made anew", error)
                # What is behind the limit may be anything, and is recovered later.
                with contextlib.suppress(CorruptRecordError):
                    self._find_aborted(index, limit)

    def _find_aborted(self, index: int, end_offset: int) -> None:
        """Learn from the markers in a segment what its file does not tell."""
        segment = self._segments[index]
        self._aborted.start_over(segment.base_offset)
        producers = self._producers_at(index)
        for position, header in segment.scan():
            if header.base_offset >= end_offset:
                break
            ended = _account(producers, segment, position, header)
            self._note_aborted(segment, ended, producers)

    def _producers_at(self, index: int) -> Producers:
        """The producers as they were where a segment begins."""
        offset = self._segments[index].base_offset
        found = self._snapshots.load(offset)
        if found is not None:
            return found
        producers = Producers()
        for segment in self._segments[:index]:
            for position, header in segment.scan():
                _account(producers, segment, position, header)
        return producers

    def _note_aborted(
        self, segment: Segment, ended: EndedTransaction | None, producers: Producers
    ) -> None:
        if ended is not None and ended.aborted:
            unstable = producers.first_unstable_offset()
            stable = producers.end_offset if unstable is None else unstable
            self._aborted.add(segment.base_offset, ended, stable)


def _account(
    producers: Producers, segment: Segment, position: int, header: BatchHeader
) -> EndedTransaction | None:
    """Account for a batch; gives the transaction that it ends, if it does."""
    producers.end_offset = header.next_offset
    if header.producer_id < 0:
        return None
    if not header.attributes & CONTROL_BIT:
        producers.record(header, header.base_offset)
        return None
    marker = parse_end_txn_marker(segment.batch(position, header), header)
    if marker is None:
        return None
    return producers.record_marker(header, header.base_offset, marker)
