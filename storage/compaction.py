"""Which log is compacted next, and the compaction while the log is in use.

The log is read and written by the event loop all the while: what takes time runs in a thread, step
by step, on files that nobody changes, and only the exchange of the segments is the loop's.

Source: Kafka's log cleaner and its manager; KIP-58 (least lag), KIP-354 (largest lag).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import suppress
from typing import NamedTuple

from kafkapy.storage import swap
from kafkapy.storage.aborted import AbortedEntry
from kafkapy.storage.config import CompactionLimits
from kafkapy.storage.deletions import Deletions
from kafkapy.storage.errors import CorruptRecordsError
from kafkapy.storage.flushing import Flushes, in_thread
from kafkapy.storage.log import Environment, Log
from kafkapy.storage.segment import Segment
from kafkapy.wire.errors import CorruptRecordError, WireError

_LOGS_PER_TURN = 100
_LEAST_PAUSE_S = 1e-6  # a turn of the loop takes longer


class _Candidate(NamedTuple):
    """A log that may be compacted: from its first dirty offset to one that must not be touched."""

    log: Log
    first_dirty: int
    upper_bound: int
    dirty_ratio: float


class _StoppedError(Exception):
    """The log is wanted by somebody else."""


class Compactor:
    """Compacts one log at a time.

    `clean_until` has the offsets before which logs are clean.
    """

    def __init__(
        self,
        env: Environment,
        flushes: Flushes,
        deletions: Deletions,
        write_checkpoints: Callable[[], Awaitable[None]],
    ) -> None:
        self.clean_until: dict[tuple[str, int], int] = {}
        self._env = env
        self._flushes = flushes
        self._deletions = deletions
        self._write_checkpoints = write_checkpoints
        self._unfit: set[Log] = set()
        self._log: Log | None = None
        self._task: asyncio.Task[bool] | None = None
        self._stopping = asyncio.Event()

    def is_working_on(self, log: Log) -> bool:
        """Whether the segments of a log must be left alone."""
        return log is self._log

    async def stop(self, log: Log | None = None) -> None:
        """End the compaction of one log, or whichever is under way, and wait for it."""
        if self._task is not None and (log is None or log is self._log):
            self._stopping.set()
            await asyncio.gather(self._task, return_exceptions=True)

    def forget(self, log: Log) -> None:
        """Forget a log that is gone."""
        self.clean_until.pop((log.id.topic, log.id.partition), None)
        self._unfit.discard(log)

    async def compact_dirtiest(self, logs: Iterable[Log], limits: CompactionLimits) -> bool:
        """Compact the log with the largest share of dirty bytes.

        False if none has enough of them, or the disk has no room now to make it durable before.
        Raises CorruptRecordsError for a damaged log, which then is left alone, and DiskError.
        """
        candidate = await self._dirtiest(list(logs))
        if candidate is None or self._task is not None:
            return False
        self._stopping.clear()
        self._log = candidate.log
        self._task = asyncio.get_running_loop().create_task(self._compact(candidate, limits))
        # A caller that gives up must not leave the log half changed.
        return await asyncio.shield(self._task)

    # Choice

    async def _dirtiest(self, logs: list[Log]) -> _Candidate | None:
        dirtiest = None
        for turn, log in enumerate(logs):
            if turn % _LOGS_PER_TURN == _LOGS_PER_TURN - 1:
                await asyncio.sleep(0)
            if len(log.segments) > 1 and log.config.is_compacted and log not in self._unfit:
                candidate = self._candidate(log)
                if candidate and (not dirtiest or candidate.dirty_ratio > dirtiest.dirty_ratio):
                    dirtiest = candidate
        return dirtiest

    def _candidate(self, log: Log) -> _Candidate | None:
        if log.failure is not None:
            return None
        now_ms = self._env.now_ms()
        clean_until = self.clean_until.get((log.id.topic, log.id.partition), -1)
        first_dirty = clean_until if log.start <= clean_until <= log.end else log.start
        try:
            upper_bound = _upper_bound(log, first_dirty, now_ms)
            is_late = _is_late(log, first_dirty, now_ms)
        except (OSError, CorruptRecordError) as error:
            log.refuse(error)
            return None
        from_dirty = log.segments[log.segment_of(first_dirty)].base_offset
        clean_bytes = sum(s.size for s in log.segments if s.base_offset < first_dirty)
        dirty_bytes = sum(s.size for s in log.segments if from_dirty <= s.base_offset < upper_bound)
        if not dirty_bytes:
            return None
        dirty_ratio = dirty_bytes / (clean_bytes + dirty_bytes)
        if not is_late and dirty_ratio <= log.config.min_cleanable_dirty_ratio:
            return None
        return _Candidate(log, first_dirty, upper_bound, dirty_ratio)

    # Work

    async def _compact(self, candidate: _Candidate, limits: CompactionLimits) -> bool:
        log = candidate.log
        try:
            return await self._clean(candidate, limits)
        except _StoppedError:
            return True
        except WireError as error:
            self._unfit.add(log)
            raise CorruptRecordsError(f"{log.id} cannot be compacted: {error}") from error
        except OSError as error:
            with suppress(OSError):
                swap.remove_cleaned(self._env.disk, log.directory)
            raise log.refuse(error) from error
        finally:
            self._log = self._task = None

    async def _clean(self, candidate: _Candidate, limits: CompactionLimits) -> bool:
        # Only compactions need these modules.
        from kafkapy.storage.cleaning import Cleaner, Round

        log, first_dirty, upper_bound, _ = candidate
        work = Round(
            directory=log.directory,
            config=log.config,
            segments=log.segments[: log.segment_of(upper_bound)],
            first_dirty=first_dirty,
            upper_bound=upper_bound,
            aborted=log.aborted.overlapping(log.segments[0].base_offset, upper_bound),
            last_batches=log.producers.last_batches(),
            now_ms=self._env.now_ms(),
        )
        cleaner = Cleaner(self._env.disk, work, limits, self._env.max_expanded_bytes)
        # What is replaced must not be part of a flush, nor of a recovery that cuts the log.
        saving = asyncio.create_task(self._save(log, upper_bound))
        try:
            await self._take_steps(log, cleaner.build_map(), limits)
        finally:
            is_saved = await saving
        if not is_saved:
            return False
        await self._write_checkpoints()
        if cleaner.clean_until <= first_dirty:
            raise CorruptRecordError("one batch has more keys than fit into memory")
        for group in cleaner.groups():
            await self._take_steps(log, cleaner.clean(group), limits)
            await self._exchange(log, group, *cleaner.cleaned)
        self.clean_until[log.id.topic, log.id.partition] = cleaner.clean_until
        return True

    async def _save(self, log: Log, end: int) -> bool:
        return log.recovery_point >= end or await self._flushes.save(log)

    async def _take_steps(
        self, log: Log, steps: Generator[int, None, None], limits: CompactionLimits
    ) -> None:
        disk = self._env.disk
        while True:
            if self._stopping.is_set() or log.failure is not None:
                steps.close()
                raise _StoppedError
            size = await in_thread(disk, lambda: next(steps, None))
            if size is None:
                return
            pause_s = size / max(limits.max_bytes_per_second, 1.0)
            if pause_s < _LEAST_PAUSE_S:
                await asyncio.sleep(0)
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause_s)

    async def _exchange(
        self, log: Log, group: list[Segment], size: int, aborted: list[AbortedEntry]
    ) -> None:
        """Put the new segment, whose files are durable, in the place of a group."""
        disk = self._env.disk
        new = Segment(
            self._env.pool,
            log.directory,
            group[0].base_offset,
            size=size,
            created_ms=group[-1].created_ms,
            index_interval_bytes=log.config.index_interval_bytes,
            suffix=swap.SWAP,
        )
        paths = swap.replaced_paths(group)
        # From here on reads find the new segment; nobody uses the old files any more.
        log.replace_segments(group, new, aborted)
        try:
            await self._deletions.set_aside(paths, log.config.file_delete_delay_ms)
            swap.finish(disk, new)
            await in_thread(disk, lambda: disk.sync_directory(log.directory))
        except OSError as error:
            # Only the next opening knows what to do with an exchange that was not finished.
            raise log.fail(error) from error


def _upper_bound(log: Log, first_dirty: int, now_ms: int) -> int:
    """The base offset of the first segment that must not be touched: at the latest the active one.

    No open transaction begins before it, and no record before it is younger than the least lag.
    """
    limit = min(log.bounds().stable, log.active.base_offset)
    lag_ms = log.config.min_compaction_lag_ms
    if lag_ms > 0:
        for segment in _closed_segments(log, first_dirty):
            timestamp_ms = segment.largest_timestamp()[0]
            if (timestamp_ms if timestamp_ms >= 0 else segment.created_ms) > now_ms - lag_ms:
                limit = min(limit, segment.base_offset)
                break
    return log.segments[log.segment_of(max(limit, first_dirty))].base_offset


def _is_late(log: Log, first_dirty: int, now_ms: int) -> bool:
    """Whether a dirty record has waited for longer than the largest lag allows."""
    until_ms = now_ms - log.config.max_compaction_lag_ms
    return until_ms > 0 and any(
        0 < segment.first_timestamp_ms() < until_ms
        for segment in _closed_segments(log, first_dirty)
    )


def _closed_segments(log: Log, offset: int) -> list[Segment]:
    return log.segments[log.segment_of(offset) : -1]
