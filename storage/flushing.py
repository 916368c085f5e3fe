"""Making logs durable. One flush serves every append that arrived before it began.

A flush makes records durable, which is what `flush.messages` promises. To save a log is more: its
indexes, its aborted transactions and its producers are made durable, too, and the recovery point
moves, so that a start after a crash need not look at what is before it.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from kafkapy.storage.checkpoints import LEADER_EPOCH_CHECKPOINT, PARTITION_METADATA
from kafkapy.storage.disk import Disk, File, is_passing
from kafkapy.storage.log import Log
from kafkapy.storage.segment import Segment
from kafkapy.wire.errors import CorruptRecordError

_LOG = logging.getLogger(__name__)
# What a recovery may have to check after a crash: a second of work, or a few for tiny batches.
_UNSAVED_BYTES = 128 << 20
_LOGS_PER_TURN = 100

T = TypeVar("T")


async def in_thread(disk: Disk, work: Callable[[], T]) -> T:
    """Do what blocks without holding the event loop up, where the disk blocks at all."""
    return await asyncio.to_thread(work) if disk.blocking else work()


class Flushes:
    """The flushes under way, at most one per log; `on_end` is told of each that ended."""

    def __init__(self, disk: Disk, on_end: Callable[[Log], None]) -> None:
        self._disk = disk
        self._on_end = on_end
        self._running: dict[Log, asyncio.Task[None]] = {}

    async def flush(self, log: Log, end: int) -> None:
        """Return when all records before `end` are durable, or the log is offline."""
        while log.flushed_end < end and log.failure is None:
            await self._join(log, saves=False)

    async def save(self, log: Log) -> bool:
        """Move the recovery point to the end; False where the disk does not let it."""
        end = log.end
        while log.recovery_point < end:
            is_own = log not in self._running
            await self._join(log, saves=True)
            if is_own or log.failure is not None:
                break
        return log.failure is None and log.recovery_point >= end

    async def settle(self, log: Log | None = None) -> None:
        """Wait for the flush of one log, or of all, that is under way."""
        while running := [task for of, task in self._running.items() if log is None or of is log]:
            await asyncio.wait(running)

    async def _join(self, log: Log, *, saves: bool) -> None:
        running = self._running.get(log) or self._begin(log, saves=saves)
        # A caller that gives up must not take the others' flush with it.
        await asyncio.shield(running)

    def _begin(self, log: Log, *, saves: bool) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._run(log, saves))
        self._running[log] = task
        return task

    async def _run(self, log: Log, saves: bool) -> None:
        segments = log.segments_from(log.recovery_point if saves else log.flushed_end)
        for segment in segments:
            segment.pins += 1
        try:
            flush = _Flush(log, segments, saves)
            try:
                await in_thread(self._disk, lambda: flush.do(self._disk))
            except OSError:
                flush.undo()
                raise
            flush.finish()
        except OSError as error:
            if saves and is_passing(error):
                _LOG.warning("%s could not be saved, and will be later: %s", log.id, error)
            else:
                log.fail(error)
        finally:
            for segment in segments:
                segment.pins -= 1
            del self._running[log]
            if log.failure is None and log.must_flush():
                # Whoever appended meanwhile may have given up, and readers still wait.
                self._begin(log, saves=False)
            self._on_end(log)


def is_due(log: Log, now_ms: int) -> bool:
    """Whether `flush.ms` has passed, or a segment was rolled."""
    is_late = now_ms - log.flushed_ms >= log.config.flush_ms and log.recovery_point < log.end
    return is_late or log.recovery_point < log.active.base_offset


async def furthest_behind(logs: Iterable[Log]) -> list[Log]:
    """The logs to save so that a recovery would not have much to check, the largest share first."""
    shares = []
    for turn, log in enumerate(logs):
        shares.append((_unsaved_bytes(log), log))
        if turn % _LOGS_PER_TURN == _LOGS_PER_TURN - 1:
            await asyncio.sleep(0)
    shares.sort(key=_by_size, reverse=True)
    total = sum(size for size, _ in shares)
    found = []
    for size, log in shares:
        if total <= _UNSAVED_BYTES:
            break
        found.append(log)
        total -= size
    return found


def _by_size(share: tuple[int, Log]) -> int:
    return share[0]


def _unsaved_bytes(log: Log) -> int:
    if log.recovery_point >= log.end:
        return 0
    segments = log.segments_from(log.recovery_point)
    try:
        checked = segments[0].position_of(log.recovery_point)
        return sum(segment.size for segment in segments) - checked
    except (OSError, CorruptRecordError) as error:
        log.refuse(error)
        return 0


def save_at_once(disk: Disk, log: Log) -> None:
    """Save a log without a thread. May raise OSError."""
    flush = _Flush(log, log.segments_from(log.recovery_point), saves=True)
    flush.do(disk)
    flush.finish()


class _Flush:
    """One flush: what is to be made durable is collected at once, and done in a thread."""

    def __init__(self, log: Log, segments: list[Segment], saves: bool) -> None:
        """Write what only memory holds of the indexes. May raise OSError."""
        self._log = log
        self._end = log.end
        self._saves = saves
        self._paths: list[str] = []
        self._contents: dict[str, bytes] = {}
        self._directories: list[str] = []
        self._aborted: dict[int, bytes] = {}
        self._files: list[File] = [segment.file() for segment in segments]
        if saves:
            self._collect_what_is_known(segments)
        self._names_files = log.is_altered
        if log.is_altered:
            for name in (PARTITION_METADATA, LEADER_EPOCH_CHECKPOINT):
                self._paths.append(f"{log.directory}/{name}")
            self._directories = [log.directory, ""]
            log.is_altered = False

    def _collect_what_is_known(self, segments: list[Segment]) -> None:
        log = self._log
        for segment in segments:
            if segment.size:
                segment.seal()
                self._paths += segment.index_paths()
        self._aborted = log.aborted.take_unsaved()
        for base_offset, entries in self._aborted.items():
            self._contents[log.aborted.path(base_offset)] = entries
        if log.end > log.segments[0].base_offset:
            self._contents[log.snapshots.path(log.end)] = log.producers.snapshot()
        self._directories = [log.directory]

    def do(self, disk: Disk) -> None:
        """Make it durable. May raise OSError."""
        for file in self._files:
            _sync(file)
        for path, content in self._contents.items():
            disk.replace(path, content, sync=True)
        for path in self._paths:
            file = disk.open(path)
            try:
                _sync(file)
            finally:
                file.close()
        for directory in self._directories:
            disk.sync_directory(directory)

    def finish(self) -> None:
        """Let the log know that it was done."""
        log, end = self._log, self._end
        log.note_flushed(end)
        if self._saves:
            log.recovery_point = max(log.recovery_point, end)
            if end > log.segments[0].base_offset:
                log.snapshots.note(end)

    def undo(self) -> None:
        """Leave what was not done to the next flush."""
        self._log.is_altered |= self._names_files
        self._log.aborted.put_back(self._aborted)


def _sync(file: File) -> None:
    try:
        file.fsync()
    except OSError as error:
        if is_passing(error):
            # A write can be tried again; of what a flush lost nobody knows any more.
            raise OSError(errno.EIO, f"a flush failed: {error}") from error
        raise
