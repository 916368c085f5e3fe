"""Group commit: one fsync serves every append that arrived before it began."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

from kafkapy.storage.checkpoints import LEADER_EPOCH_CHECKPOINT, PARTITION_METADATA
from kafkapy.storage.disk import Disk, File
from kafkapy.storage.log import Log

T = TypeVar("T")


async def in_thread(disk: Disk, work: Callable[[], T]) -> T:
    """Do what blocks without holding the event loop up, where the disk blocks at all."""
    return await asyncio.to_thread(work) if disk.blocking else work()


class Flushes:
    """The flushes under way, at most one per log."""

    def __init__(self, disk: Disk, now_ms: Callable[[], int]) -> None:
        self._disk = disk
        self._now_ms = now_ms
        self._running: dict[Log, asyncio.Task[None]] = {}

    async def flush(self, log: Log, end: int) -> None:
        """Return when all before `end` is durable, or the log is offline."""
        while log.recovery_point < end and log.failure is None:
            running = self._running.get(log)
            if running is None:
                running = asyncio.get_running_loop().create_task(self._flush(log))
                self._running[log] = running
            # A caller that gives up must not take the others' flush with it.
            await asyncio.shield(running)

    async def settle(self, log: Log | None = None) -> None:
        """Wait for the flush of one log, or of all, that is under way."""
        running = [task for of, task in self._running.items() if log is None or of is log]
        if running:
            await asyncio.wait(running)

    async def _flush(self, log: Log) -> None:
        end = log.end
        segments = log.dirty_segments()
        for segment in segments:
            segment.pins += 1
        try:
            files = [segment.file() for segment in segments]
            aborted = log.aborted.take_unflushed()
            await in_thread(self._disk, lambda: self._sync(log, files, aborted))
            log.recovery_point = end
            log.flushed_ms = self._now_ms()
        except OSError as error:
            log.fail(error)
        finally:
            for segment in segments:
                segment.pins -= 1
            del self._running[log]

    def _sync(self, log: Log, files: list[File], aborted: list[str]) -> None:
        for file in files:
            file.fsync()
        # Segments before the recovery point are not searched for aborted transactions again.
        sync_files(self._disk, aborted)
        if log.recovery_point <= log.active.base_offset:
            sync_directory(self._disk, log)
            self._disk.sync_directory("")
        elif aborted:
            self._disk.sync_directory(log.directory)


def sync_directory(disk: Disk, log: Log) -> None:
    """Make a log's directory and the small files in it durable. May raise OSError."""
    names = (PARTITION_METADATA, LEADER_EPOCH_CHECKPOINT)
    sync_files(disk, [f"{log.directory}/{name}" for name in names])
    disk.sync_directory(log.directory)


def sync_files(disk: Disk, paths: Iterable[str]) -> None:
    """Make the content of files durable. May raise OSError."""
    for path in paths:
        file = disk.open(path)
        try:
            file.fsync()
        finally:
            file.close()
