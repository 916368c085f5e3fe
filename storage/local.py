"""The engine that keeps its logs in one directory, in Kafka's formats.

An append returns when its bytes are with the operating system, as Kafka's do; `flush.messages`
makes it wait for an fsync that it shares with all appends of the meantime.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from random import Random

from kafkapy.storage import lookup, retention
from kafkapy.storage.checkpoints import (
    CLEAN_SHUTDOWN,
    CLEAN_SHUTDOWN_CONTENT,
    CLEANER_CHECKPOINT,
    HIGH_WATERMARK_CHECKPOINT,
    LOG_START_CHECKPOINT,
    RECOVERY_POINT_CHECKPOINT,
    write_topic_id,
)
from kafkapy.storage.compaction import Compactor
from kafkapy.storage.config import NO_LIMIT, CompactionLimits, LogConfig
from kafkapy.storage.deletions import Deletions
from kafkapy.storage.disk import Disk
from kafkapy.storage.engine import (
    Append,
    Appended,
    Bounds,
    EpochEnd,
    LogId,
    OffsetAndTimestamp,
    ProducerState,
    Read,
    Slice,
)
from kafkapy.storage.errors import (
    DiskError,
    LogExistsError,
    StorageError,
    UnknownLogError,
)
from kafkapy.storage.flushing import Flushes, furthest_behind, in_thread, is_due, save_at_once
from kafkapy.storage.log import Environment, Log
from kafkapy.storage.offset_files import OffsetFiles, Offsets
from kafkapy.storage.opening import Unopened, create_log, open_logs
from kafkapy.storage.segment import OpenSegments
from kafkapy.storage.watchers import Watchers
from kafkapy.wire.errors import CorruptRecordError
from kafkapy.wire.schema import ZERO_UUID, Buffer

_LOG = logging.getLogger(__name__)
_DELETED_SUFFIX = "-delete"
_LOGS_PER_TURN = 100


class LocalEngine:
    """Logs on a disk. All methods belong to one event loop; only flushes and removals use threads.

    `producer_id_expiration_ms` is Kafka's `producer.id.expiration.ms`, `max_open_segments` bounds
    the file descriptors, `max_expanded_bytes` what the records of one batch may decompress to.
    """

    def __init__(
        self,
        disk: Disk,
        *,
        now_ms: Callable[[], int],
        random: Random | None = None,
        producer_id_expiration_ms: int = 24 * 3600 * 1000,
        max_open_segments: int = 512,
        max_expanded_bytes: int = 256 << 20,
    ) -> None:
        self._disk = disk
        self._now_ms = now_ms
        self._producer_id_expiration_ms = producer_id_expiration_ms
        self._env = Environment(
            disk=disk,
            pool=OpenSegments(disk, max_open_segments),
            now_ms=now_ms,
            random=random or Random(0),
            max_expanded_bytes=max_expanded_bytes,
        )
        self._logs: dict[LogId, Log] = {}
        self._unopened: dict[LogId, Unopened] = {}
        self._watchers = Watchers()
        self._flushes = Flushes(disk, lambda log: self._watchers.wake((log.id,)))
        self._deletions = Deletions(disk, now_ms)
        self._compactor = Compactor(
            self._env, self._flushes, self._deletions, self._write_checkpoints
        )
        self._files = OffsetFiles(disk)
        self._unlock: Callable[[], None] | None = None

    # Life

    async def start(self) -> None:
        """Lock, open and recover. Raises DirectoryLockedError or DiskError."""
        try:
            self._unlock = self._disk.lock()
            self._open_all()
        except OSError as error:
            self._release()
            raise DiskError(str(error)) from error

    def _release(self) -> None:
        if self._unlock is not None:
            self._unlock()
            self._unlock = None

    def _open_all(self) -> None:
        names = self._disk.list()
        clean = CLEAN_SHUTDOWN in names
        # From here on only `close` makes the directory clean again, after a power cut too.
        if clean:
            self._disk.remove(CLEAN_SHUTDOWN)
            self._disk.sync_directory("")
        starts = self._files.read(LOG_START_CHECKPOINT)
        recovery_points = self._files.read(RECOVERY_POINT_CHECKPOINT)
        self._compactor.clean_until = self._files.read(CLEANER_CHECKPOINT)
        self._deletions.add([name for name in names if name.endswith(_DELETED_SUFFIX)], 0)
        opened = open_logs(self._env, names, starts, recovery_points, clean=clean)
        for log_id, found in opened:
            if isinstance(found, Log):
                self._logs[log_id] = found
            else:
                self._unopened[log_id] = found
        ended = "after a clean stop" if clean else "anew, or after a crash"
        _LOG.info("opened %d logs %s", len(self._logs), ended)

    async def close(self) -> None:
        """Make everything durable, mark the shutdown clean, and unlock."""
        if self._unlock is None:
            return
        await self._compactor.stop()
        await self._flushes.settle()
        await self._save([log for log in self._logs.values() if log.needs_saving()])
        await in_thread(self._disk, self._save_all)
        self._release()

    async def _save(self, logs: Sequence[Log]) -> None:
        """Save logs, some at a time, as each keeps its files open meanwhile."""
        for first in range(0, len(logs), _LOGS_PER_TURN):
            turn = logs[first : first + _LOGS_PER_TURN]
            await asyncio.gather(*(self._flushes.save(log) for log in turn))

    def _save_all(self) -> None:
        """Leave the disk as after a clean shutdown; the logs can be used on."""
        clean = not self._unopened
        for log in self._logs.values():
            clean = self._save_log(log) and clean
        # Without the mark the next start recovers.
        with contextlib.suppress(OSError):
            ends = {_place(log.id): log.end for log in self._logs.values() if log.failure is None}
            self._files.write_at_once(
                {HIGH_WATERMARK_CHECKPOINT: ends, **self._offsets_of_recovery()}
            )
            if clean:
                self._disk.replace(CLEAN_SHUTDOWN, CLEAN_SHUTDOWN_CONTENT, sync=True)
                self._disk.sync_directory("")

    def _save_log(self, log: Log) -> bool:
        try:
            log.check()
            if log.needs_saving():
                save_at_once(self._disk, log)
            log.close()
        except (OSError, StorageError):
            log.discard()
            return False
        return True

    # Logs

    def logs(self) -> Iterable[LogId]:
        """Every log that is here."""
        return [*self._logs, *self._unopened]

    def _log(self, log_id: LogId) -> Log:
        try:
            return self._logs[log_id]
        except KeyError:
            raise self._missing(log_id) from None

    def _missing(self, log_id: LogId) -> StorageError:
        unopened = self._unopened.get(log_id)
        return UnknownLogError(str(log_id)) if unopened is None else unopened.error

    async def create(self, logs: Sequence[LogId], config: LogConfig) -> None:
        """Create empty logs, all or none. Raises LogExistsError or DiskError."""
        places = {(log.topic, log.partition) for log in self.logs()}
        for log_id in logs:
            place = (log_id.topic, log_id.partition)
            if place in places:
                raise LogExistsError(str(log_id))
            places.add(place)
        created: list[Log] = []
        try:
            for log_id in logs:
                created.append(create_log(self._env, log_id, str(log_id), config))
        except OSError as error:
            with contextlib.suppress(OSError):
                for log in created:
                    log.discard()
                    self._disk.remove(log.directory)
            raise DiskError(str(error)) from error
        for log in created:
            self._logs[log.id] = log

    async def configure(self, log: LogId, config: LogConfig) -> None:
        """Change a log's settings from now on."""
        found = self._log(log)
        found.configure(config)
        if found.must_flush():
            # A recovery found more than was flushed: nobody may read what a power cut takes.
            found.hold(found.flushed_end)
            await self._flushes.flush(found, found.end)

    async def delete(self, logs: Sequence[LogId]) -> None:
        """Delete logs; unknown ones are ignored. Watchers wake."""
        for log_id in logs:
            log = self._logs.get(log_id)
            if log is not None:
                log.failure = UnknownLogError(str(log_id))
                await self._compactor.stop(log)
                await self._flushes.settle(log)
                log.discard()
                del self._logs[log_id]
                self._compactor.forget(log)
                self._set_aside(log_id, log.config.file_delete_delay_ms)
            elif self._unopened.pop(log_id, None) is not None:
                self._set_aside(log_id, 0)
            self._watchers.wake((log_id,))
        if logs:
            # Neither files nor what checkpoints tell of them may come back under a new log's name.
            await in_thread(self._disk, lambda: self._disk.sync_directory(""))
            await self._write_checkpoints()

    def _set_aside(self, log_id: LogId, delay_ms: int) -> None:
        aside = f"{log_id}.{log_id.topic_id.hex()}{_DELETED_SUFFIX}"
        try:
            self._disk.remove(aside)
            self._disk.rename(str(log_id), aside)
        except OSError as error:
            raise DiskError(str(error)) from error
        self._deletions.add([aside], delay_ms)

    async def adopt(self, logs: Iterable[LogId]) -> None:
        """Give these ids to logs of their names that have lost their own. Raises DiskError."""
        for log_id in logs:
            nameless = log_id._replace(topic_id=ZERO_UUID)
            if nameless in self._unopened:
                self._unopened[log_id] = self._unopened.pop(nameless)
            log = self._logs.get(nameless)
            if log is None or log_id in self._logs or log_id == nameless:
                continue
            _LOG.warning("%s has lost its topic's id, and gets it back", log_id)
            try:
                write_topic_id(self._disk, log.directory, log_id.topic_id)
            except OSError as error:
                raise DiskError(str(error)) from error
            del self._logs[nameless]
            self._logs[log_id] = log
            log.id = log_id
            log.is_altered = True

    async def claim(self, log: LogId) -> int:
        """Become the owner: a new leader epoch, which fences every earlier owner's appends."""
        return self._log(log).claim()

    def leader_epoch(self, log: LogId) -> int:
        """The current leader epoch of a log."""
        return self._log(log).epochs.latest

    # Appending

    async def append(self, appends: Sequence[Append]) -> list[Appended | StorageError]:
        """Append to many logs at once; returns, one result each, when the promise holds."""
        results: list[Appended | StorageError] = []
        to_flush: list[tuple[int, Log]] = []
        for append in appends:
            try:
                log = self._logs[append.log]
                former_end = log.end
                results.append(log.append(append))
                if log.end - log.flushed_end >= log.config.flush_messages:
                    log.hold(former_end)
                    to_flush.append((len(results) - 1, log))
            except KeyError:
                results.append(self._missing(append.log))
            except StorageError as error:
                results.append(error)
        if self._watchers:
            self._watchers.wake([append.log for append in appends])
        if to_flush:
            await self._flush_appended(results, to_flush)
        return results

    def append_now(self, log: LogId, records: Buffer) -> Appended | None:
        """Append a client's batch, unless it is refused, or its log may have to be flushed."""
        found = self._logs.get(log)
        if found is None or found.config.flush_messages < NO_LIMIT:
            return None
        try:
            appended = found.append_batch(records)
        except StorageError:
            return None
        if log in self._watchers:
            self._watchers.wake((log,))
        return appended

    async def _flush_appended(
        self, results: list[Appended | StorageError], to_flush: Sequence[tuple[int, Log]]
    ) -> None:
        flushes = [self._flushes.flush(log, log.end) for _, log in to_flush]
        for (index, log), _ in zip(to_flush, await asyncio.gather(*flushes), strict=True):
            if log.failure is not None:
                results[index] = log.failure

    def watch(self, logs: Iterable[LogId], wake: Callable[[], None]) -> None:
        """Call `wake` after every change of a bound of any of these logs; may do so for nothing."""
        self._watchers.add(logs, wake)

    def unwatch(self, logs: Iterable[LogId], wake: Callable[[], None]) -> None:
        """End what `watch` began."""
        self._watchers.remove(logs, wake)

    # Reading

    async def read(
        self, reads: Sequence[Read], max_bytes: int, *, at_least_one: bool = True
    ) -> list[Slice | StorageError]:
        """Read many logs, together about `max_bytes`.

        With `at_least_one` the first batch found is returned whole however large (KIP-74).
        """
        results: list[Slice | StorageError] = []
        for log_id, offset, partition_max_bytes, isolation in reads:
            try:
                found = self._logs[log_id].read(
                    offset,
                    partition_max_bytes if partition_max_bytes < max_bytes else max_bytes,
                    isolation,
                    at_least_one,
                )
            except KeyError:
                results.append(self._missing(log_id))
            except StorageError as error:
                results.append(error)
            else:
                size = len(found.records)
                if size:
                    at_least_one = False
                    max_bytes = max(max_bytes - size, 0)
                results.append(found)
        return results

    def read_now(self, read: Read) -> Slice | None:
        """Read one log, unless that is refused; the first batch is returned whole."""
        log_id, offset, max_bytes, isolation = read
        log = self._logs.get(log_id)
        if log is None:
            return None
        try:
            return log.read(offset, max_bytes, isolation, at_least_one=True)
        except StorageError:
            return None

    def bounds(self, log: LogId) -> Bounds:
        """The log's offsets now. Raises UnknownLogError, or DiskError where it is offline."""
        found = self._log(log)
        found.check()
        return found.bounds()

    def size_bytes(self, log: LogId) -> int:
        """The bytes of all segments."""
        return self._log(log).size_bytes()

    async def offset_for_timestamp(
        self, log: LogId, timestamp_ms: int
    ) -> OffsetAndTimestamp | None:
        """The first record at or after the time, or None."""
        return lookup.first_at(self._log(log), timestamp_ms, self._env.max_expanded_bytes)

    async def offset_of_max_timestamp(self, log: LogId) -> OffsetAndTimestamp | None:
        """The record with the largest timestamp, or None in an empty log (KIP-734)."""
        return lookup.latest(self._log(log), self._env.max_expanded_bytes)

    def epoch_end(self, log: LogId, leader_epoch: int) -> EpochEnd:
        """Where an epoch ended; (-1, -1) where the log does not know it (KIP-101, KIP-279)."""
        found = self._log(log)
        return found.epochs.end_of(leader_epoch, found.end)

    def epoch_at(self, log: LogId, offset: int) -> int:
        """The leader epoch in which an offset was or will be written, or -1."""
        return self._log(log).epochs.at(offset)

    def producers(self, log: LogId) -> list[ProducerState]:
        """The producers that are active in a log (KIP-664)."""
        return self._log(log).producers.states()

    # Upkeep

    async def delete_before(self, log: LogId, offset: int) -> int:
        """Move the log's start up to an offset (-1: the high watermark); returns the new start.

        Raises OffsetOutOfRangeError.
        """
        start = self._log(log).delete_before(offset)
        self._watchers.wake((log,))
        await self._write_checkpoints()
        return start

    async def maintain(self) -> None:
        """Do what is due: flush, retention, expiry, deletion of files. Raises DiskError."""
        now_ms = self._now_ms()
        for turn, log in enumerate(list(self._logs.values())):
            if log.failure is None and not self._compactor.is_working_on(log):
                await self._trim(log, now_ms)
            if turn % _LOGS_PER_TURN == _LOGS_PER_TURN - 1:
                await asyncio.sleep(0)
        try:
            await self._deletions.remove_due()
        except OSError as error:
            raise DiskError(str(error)) from error
        await self._save([log for log in self._online() if is_due(log, now_ms)])
        await self._write_checkpoints()

    async def checkpoint(self) -> None:
        """Leave little for a recovery to check, and write down what that is. Raises DiskError."""
        logs = await furthest_behind(self._online())
        for first in range(0, len(logs), _LOGS_PER_TURN):
            await self._save(logs[first : first + _LOGS_PER_TURN])
            await self._write_checkpoints()
        if not logs:
            await self._write_checkpoints()

    async def compact(self, limits: CompactionLimits) -> bool:
        """Compact the log that needs it most; tells whether there was one.

        Raises CorruptRecordsError or DiskError.
        """
        found = await self._compactor.compact_dirtiest(self._logs.values(), limits)
        await self._write_checkpoints()
        return found

    async def _trim(self, log: Log, now_ms: int) -> None:
        start = log.start
        try:
            log.producers.expire(now_ms - self._producer_id_expiration_ms)
            dropped = retention.enforce(log, now_ms)
            await self._deletions.set_aside(dropped, log.config.file_delete_delay_ms)
        except (OSError, CorruptRecordError) as error:
            _LOG.warning("%s keeps what it need not: %s", log.id, log.refuse(error))
        finally:
            if log.start != start:
                self._watchers.wake((log.id,))

    # Checkpoints

    async def _write_checkpoints(self) -> None:
        """Write the checkpoint files that have changed. Raises DiskError."""
        try:
            await self._files.write(
                lambda: {
                    **self._offsets_of_recovery(),
                    CLEANER_CHECKPOINT: dict(self._compactor.clean_until),
                }
            )
            for log in self._online():
                log.snapshots.drop_before(log.recovery_point, log.segments)
        except OSError as error:
            raise DiskError(str(error)) from error

    def _offsets_of_recovery(self) -> dict[str, Offsets]:
        recovery_points = {_place(log.id): log.recovery_point for log in self._logs.values()}
        starts = {_place(log.id): log.start for log in self._logs.values() if log.start > 0}
        for log_id, unopened in self._unopened.items():
            recovery_points[_place(log_id)] = unopened.recovery_point
            starts[_place(log_id)] = unopened.start
        return {RECOVERY_POINT_CHECKPOINT: recovery_points, LOG_START_CHECKPOINT: starts}

    def _online(self) -> list[Log]:
        return [log for log in self._logs.values() if log.failure is None]


def _place(log_id: LogId) -> tuple[str, int]:
    return log_id.topic, log_id.partition
