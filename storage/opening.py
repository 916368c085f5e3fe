"""Making a `Log` from a directory: creation, opening, and recovery after a crash.

After a clean shutdown the files are trusted. After any other end, every batch behind the recovery
point is checked, the log is cut at the first bad one, and indexes, leader epochs and producers are
brought in line with what is left.
"""

from __future__ import annotations

import contextlib

from kafkapy.storage import swap
from kafkapy.storage.aborted import AbortedTransactions
from kafkapy.storage.checkpoints import (
    PARTITION_METADATA,
    format_partition_metadata,
    read_epochs,
    write_epochs,
)
from kafkapy.storage.config import LogConfig
from kafkapy.storage.engine import LogId
from kafkapy.storage.epochs import LeaderEpochs
from kafkapy.storage.log import Environment, Log
from kafkapy.storage.producers import Producers
from kafkapy.storage.segment import ABORTED_SUFFIX, LOG_SUFFIX, SNAPSHOT_SUFFIX, Segment
from kafkapy.wire.errors import CorruptRecordError
from kafkapy.wire.records.batch import CONTROL_BIT, BatchHeader
from kafkapy.wire.records.control import parse_end_txn_marker


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
    metadata = format_partition_metadata(log_id.topic_id)
    env.disk.replace(f"{directory}/{PARTITION_METADATA}", metadata)
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
        aborted=AbortedTransactions(env.disk, directory),
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
    """Open a log; `recovery_point` is None where the shutdown was clean.

    May raise OSError, or CorruptRecordError where trusted files turn out to be damaged.
    """
    opening = _Opening(env, log_id, directory, config)
    try:
        return opening.open(start, recovery_point)
    except (OSError, CorruptRecordError):
        opening.discard()
        raise


class _Opening:
    def __init__(self, env: Environment, log_id: LogId, directory: str, config: LogConfig) -> None:
        self._env = env
        self._id = log_id
        self._directory = directory
        self._config = config
        self._names = swap.recover(env.disk, directory)
        self._aborted = AbortedTransactions(env.disk, directory)
        self._epochs = LeaderEpochs(read_epochs(env.disk, directory))
        self._producers = Producers()
        self._segments = [self._segment(base) for base in self._offsets(LOG_SUFFIX)]

    def _offsets(self, suffix: str) -> list[int]:
        return [
            int(name.removesuffix(suffix))
            for name in self._names
            if name.endswith(suffix) and name.removesuffix(suffix).isdigit()
        ]

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

    def _begin_segment(self, base_offset: int) -> None:
        segment = self._segment(base_offset)
        segment.file()
        self._segments.append(segment)

    def open(self, start: int, recovery_point: int | None) -> Log:
        if not self._segments:
            self._begin_segment(start)
        segments = self._segments
        # Segments wholly before the start were on their way out.
        while len(segments) > 1 and segments[1].base_offset <= start:
            self._remove(segments.pop(0))
        trusted_end = self._trusted_end(recovery_point)
        bases = {segment.base_offset for segment in segments}
        self._aborted.load(
            base for base in self._offsets(ABORTED_SUFFIX) if base in bases and base < trusted_end
        )
        end = self._replay(trusted_end)
        self._epochs.cut_back(end)
        if end < start:
            end = self._begin_at(start)
        if not self._epochs.entries:
            self._epochs.assign(0, 0)
        self._producers.end_offset = end
        return Log(
            self._env,
            self._id,
            self._directory,
            self._config,
            segments=segments,
            start=max(start, segments[0].base_offset),
            end=end,
            recovery_point=end if recovery_point is None else min(trusted_end, end),
            epochs=self._epochs,
            producers=self._producers,
            aborted=self._aborted,
        )

    def _begin_at(self, start: int) -> int:
        """Drop a log that lost all from its start on: no offset is given out twice."""
        self._cut(0)
        self._begin_segment(start)
        self._epochs.cut_front(start)
        self._producers = Producers()
        self._aborted = AbortedTransactions(self._env.disk, self._directory)
        return start

    def _trusted_end(self, recovery_point: int | None) -> int:
        """The offset before which segments need not be recovered; the base of one, or infinity."""
        if recovery_point is None:
            return 2**63 - 1
        bases = [segment.base_offset for segment in self._segments]
        return max([base for base in bases if base <= recovery_point], default=bases[0])

    def _remove(self, segment: Segment) -> None:
        for path in segment.paths():
            self._env.disk.remove(path)

    def _replay(self, trusted_end: int) -> int:
        """Recover what needs it, account for what no snapshot covers; gives the log's end."""
        self._load_snapshot(trusted_end)
        end = self._segments[0].base_offset
        for index, segment in enumerate(self._segments):
            if segment.base_offset < end:
                self._cut(index)
                break
            end = segment.base_offset
            if segment.base_offset >= trusted_end:
                size = segment.size
                if index:
                    self._write_snapshot(segment.base_offset)
                end = self._recover(segment)
                if segment.size < size:
                    self._cut(index + 1)
                    break
            elif segment is self._segments[-1]:
                end = self._catch_up(segment)
            elif self._producers.end_offset < self._segments[index + 1].base_offset:
                self._catch_up(segment)
        return end

    def _load_snapshot(self, trusted_end: int) -> None:
        """Start from the newest snapshot that can be trusted; keep those of segments before it."""
        self._producers.end_offset = self._segments[0].base_offset
        bases = {segment.base_offset for segment in self._segments}
        found = False
        for offset in sorted(self._offsets(SNAPSHOT_SUFFIX), reverse=True):
            path = f"{self._directory}/{offset:020}{SNAPSHOT_SUFFIX}"
            if found and offset in bases:
                continue
            if not found and self._segments[0].base_offset <= offset <= trusted_end:
                with contextlib.suppress(ValueError):
                    self._producers = Producers.restore(self._env.disk.read(path), offset)
                    found = True
                    continue
            self._env.disk.remove(path)

    def _write_snapshot(self, offset: int) -> None:
        """Write anew what could not be trusted: the segments before may be gone next time."""
        path = f"{self._directory}/{offset:020}{SNAPSHOT_SUFFIX}"
        self._env.disk.replace(path, self._producers.snapshot())

    def _cut(self, index: int) -> None:
        """Remove the segments behind the place where the log broke off."""
        for segment in self._segments[index:]:
            self._remove(segment)
        del self._segments[index:]

    def _recover(self, segment: Segment) -> int:
        end = segment.base_offset
        self._aborted.reset(end)
        for position, header in segment.recover():
            if header.partition_leader_epoch > self._epochs.latest:
                self._epochs.assign(header.partition_leader_epoch, header.base_offset)
            self._account(segment, position, header, is_new=True)
            end = header.next_offset
        return end

    def _catch_up(self, segment: Segment) -> int:
        end = segment.base_offset
        if segment.size:
            for position, header in segment.scan(segment.lookup(self._producers.end_offset)):
                self._account(segment, position, header, is_new=False)
                end = header.next_offset
        return end

    def _account(
        self, segment: Segment, position: int, header: BatchHeader, *, is_new: bool
    ) -> None:
        producers = self._producers
        if header.base_offset < producers.end_offset:
            return
        producers.end_offset = header.next_offset
        if header.producer_id < 0:
            return
        if not header.attributes & CONTROL_BIT:
            producers.record(header, header.base_offset)
            return
        marker = parse_end_txn_marker(segment.batch(position, header), header)
        if marker is None:
            return
        ended = producers.record_marker(header, header.base_offset, marker)
        if is_new and ended is not None and ended.aborted:
            unstable = producers.first_unstable_offset()
            stable = header.next_offset if unstable is None else unstable
            self._aborted.add(segment.base_offset, ended, stable)
