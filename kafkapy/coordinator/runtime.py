"""Runs deterministic state machines over the partitions of an internal topic.

A shard is one partition: its log and the state machine that the log's records make. An operation
gives an answer and records; the records are appended as one batch, which is conditional on the
epoch that this broker claimed and on the log's end; they are replayed; then the answer is given.
Nobody is ever told of something that is not durable. Operations on one shard run one by one.

With an engine whose appends do not suspend none of this creates a task or a future.
"""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Generic, Protocol, TypeVar

from kafkapy.clock import Clock
from kafkapy.coordinator.partitioner import partition_for
from kafkapy.coordinator.result import Deferred, Record, Result, Timers
from kafkapy.coordinator.shard_log import NO_PRODUCER, EndOfTransaction, Producer, ShardLog
from kafkapy.coordinator.timers import TimerQueue
from kafkapy.eager import unbroken
from kafkapy.errors import ApiError, error_code
from kafkapy.storage.engine import Engine, LogId
from kafkapy.storage.errors import (
    FencedEpochError,
    StorageError,
    UnexpectedEndError,
    UnknownEpochError,
)
from kafkapy.wire.compile import EncodingError
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.errors import WireError
from kafkapy.wire.internal.coordinator_records import RecordTypes

_LOG = logging.getLogger(__name__)

T = TypeVar("T")
M = TypeVar("M", bound="Machine")

# What a client is told when records could not be appended, so that it does what helps.
_APPEND_ERRORS = {
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_ENOUGH_REPLICAS: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.REQUEST_TIMED_OUT: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_LEADER_OR_FOLLOWER: ErrorCode.NOT_COORDINATOR,
    ErrorCode.FENCED_LEADER_EPOCH: ErrorCode.NOT_COORDINATOR,
    ErrorCode.UNKNOWN_LEADER_EPOCH: ErrorCode.NOT_COORDINATOR,
    ErrorCode.KAFKA_STORAGE_ERROR: ErrorCode.NOT_COORDINATOR,
    ErrorCode.MESSAGE_TOO_LARGE: ErrorCode.UNKNOWN_SERVER_ERROR,
    ErrorCode.RECORD_LIST_TOO_LARGE: ErrorCode.UNKNOWN_SERVER_ERROR,
    ErrorCode.INVALID_FETCH_SIZE: ErrorCode.UNKNOWN_SERVER_ERROR,
}
_LOST_OWNERSHIP = (FencedEpochError, UnknownEpochError, UnexpectedEndError)


class Machine(Protocol):
    """A state machine whose durable state is what `replay` makes of the log."""

    def replay(self, record: Record, log_offset: int, producer_id: int) -> None:
        """Apply a record; with a producer id it is part of a transaction that is still open."""

    def replay_end(self, producer_id: int, is_commit: bool) -> None:
        """Apply the end of a transaction."""

    def loaded(self, now_ms: int) -> None:
        """Begin to work, after the whole log was replayed."""

    def unloaded(self) -> None:
        """Answer everybody who waits with NOT_COORDINATOR: another broker owns the log now."""


class _State(enum.Enum):
    LOADING = enum.auto()
    ACTIVE = enum.auto()
    LOST = enum.auto()


class Shard(Generic[M]):
    """One partition of the topic, its state machine and its timers."""

    __slots__ = ("alarm", "lock", "log", "machine", "state", "timers")

    def __init__(self, log: ShardLog, machine: M, timers: TimerQueue) -> None:
        self.log = log
        self.machine = machine
        self.timers = timers
        self.state = _State.LOADING
        self.lock = asyncio.Lock()
        self.alarm: asyncio.TimerHandle | None = None


class Runtime(Generic[M]):
    """The shards of one internal topic that this broker owns."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        record_types: RecordTypes,
        new_machine: Callable[[Timers], M],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._record_types = record_types
        self._new_machine = new_machine
        self._shards: dict[int, Shard[M]] = {}
        self._partition_count = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._starting = asyncio.Lock()

    @property
    def is_started(self) -> bool:
        """Whether the topic exists and its shards are here, loaded or loading."""
        return self._partition_count > 0

    @property
    def partitions(self) -> list[int]:
        """The partitions whose shards are here, loaded or loading."""
        return [index for index, shard in self._shards.items() if shard.state is not _State.LOST]

    async def start(self, logs: Sequence[LogId]) -> None:
        """Own all partitions of the topic, given as their logs, and load them.

        One that cannot be read is left out: its keys have no coordinator, the others do.
        """
        shards = [self._new_shard(log) for log in logs]
        self._partition_count = len(shards)
        self._shards = {shard.log.log_id.partition: shard for shard in shards}
        for shard in shards:
            await self._load(shard)

    async def ensure_started(self, logs: Callable[[], Awaitable[Sequence[LogId]]]) -> None:
        """Start at the first call, with what `logs` gives."""
        if not self.is_started:
            async with self._starting:
                if not self.is_started:
                    await self.start(await logs())

    async def _load(self, shard: Shard[M]) -> None:
        machine = shard.machine
        try:
            await shard.log.load(
                machine.replay, lambda end: machine.replay_end(end.producer_id, end.is_commit)
            )
        except (StorageError, WireError):
            _LOG.exception("could not load %s", shard.log.log_id)
            self._step_down(shard)
            return
        shard.state = _State.ACTIVE
        machine.loaded(self._clock.now_ms())

    async def close(self) -> None:
        """Give up all shards: timers end, and whoever waits is told NOT_COORDINATOR."""
        for shard in self._shards.values():
            self._step_down(shard)
        self._shards.clear()
        self._partition_count = 0
        for task in self._tasks:
            task.cancel()

    def partition_of(self, key: str) -> int:
        """Give the partition that owns a key."""
        if not self._partition_count:
            raise ApiError(ErrorCode.NOT_COORDINATOR)
        return partition_for(key, self._partition_count)

    def leader_epoch(self, key: str) -> int:
        """Give the epoch with which this broker owns the shard of a key."""
        return self._active(self.partition_of(key)).log.leader_epoch

    # Operations

    def read(self, key: str, operation: Callable[[M], T]) -> T:
        """Run an operation that changes nothing on the shard of a key."""
        return operation(self._active(self.partition_of(key)).machine)

    def read_partition(self, partition: int, operation: Callable[[M], T]) -> T:
        """Run an operation that changes nothing on one shard."""
        return operation(self._active(partition).machine)

    def write(
        self,
        key: str,
        operation: Callable[[M, int], Result[T]],
        producer: Producer = NO_PRODUCER,
    ) -> Coroutine[object, object, T]:
        """Run an operation, given the time, on the shard of a key; answer once it is durable.

        Raises ApiError: COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR, or what the operation or
        the append met.
        """
        return self.write_partition(self.partition_of(key), operation, producer)

    async def write_partition(
        self,
        partition: int,
        operation: Callable[[M, int], Result[T]],
        producer: Producer = NO_PRODUCER,
    ) -> T:
        """Do as `write` does, on a given shard."""
        shard = self._active(partition)
        response, error = await unbroken(self._execute(shard, operation, producer))
        if isinstance(response, Deferred):
            return await _answer(response, error)
        if error is not None:
            raise error
        return response

    async def _execute(
        self, shard: Shard[M], operation: Callable[[M, int], Result[T]], producer: Producer
    ) -> tuple[T | Deferred[T], ApiError | None]:
        async with shard.lock:
            if shard.state is not _State.ACTIVE:
                raise ApiError(ErrorCode.NOT_COORDINATOR)
            now_ms = self._clock.now_ms()
            result = operation(shard.machine, now_ms)
            error = None
            records = result.records
            if records:
                try:
                    offset = await shard.log.append(records, now_ms, producer)
                except (StorageError, EncodingError) as failure:
                    error = self._append_failed(shard, failure)
                else:
                    if result.replay:
                        for record in records:
                            shard.machine.replay(record, offset, producer.producer_id)
                            offset += 1
            if result.appended is not None:
                result.appended.resolve(error)
            return result.response, error

    async def end_transaction(
        self, partition: int, end: EndOfTransaction, producer_epoch: int, coordinator_epoch: int
    ) -> None:
        """Append the end marker of a transaction and apply it. Raises ApiError as `write` does."""
        shard = self._active(partition)
        await unbroken(self._end(shard, end, producer_epoch, coordinator_epoch))

    async def _end(
        self, shard: Shard[M], end: EndOfTransaction, producer_epoch: int, coordinator_epoch: int
    ) -> None:
        async with shard.lock:
            now_ms = self._clock.now_ms()
            try:
                await shard.log.append_end(end, producer_epoch, coordinator_epoch, now_ms)
            except StorageError as error:
                raise self._append_failed(shard, error) from error
            shard.machine.replay_end(end.producer_id, end.is_commit)

    def _append_failed(self, shard: Shard[M], failure: StorageError | EncodingError) -> ApiError:
        _LOG.warning("could not append to %s: %s", shard.log.log_id, failure)
        if isinstance(failure, _LOST_OWNERSHIP):
            self._step_down(shard)
        if isinstance(failure, UnexpectedEndError):
            # It is still ours, but somebody wrote to it, as Kafka's admin client may.
            fresh = self._new_shard(shard.log.log_id)
            self._shards[shard.log.log_id.partition] = fresh
            self._in_background(self._load(fresh))
        code = error_code(failure)
        return ApiError(_APPEND_ERRORS.get(code, code))

    # Shards

    def _new_shard(self, log_id: LogId) -> Shard[M]:
        partition = log_id.partition
        timers = TimerQueue(self._clock.monotonic_ms, lambda: self._set_alarm(partition))
        log = ShardLog(self._engine, log_id, self._record_types)
        return Shard(log, self._new_machine(timers), timers)

    def _active(self, partition: int) -> Shard[M]:
        shard = self._shards.get(partition)
        if shard is None or shard.state is _State.LOST:
            raise ApiError(ErrorCode.NOT_COORDINATOR)
        if shard.state is _State.LOADING:
            raise ApiError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
        return shard

    def _step_down(self, shard: Shard[M]) -> None:
        if shard.state is _State.LOST:
            return
        shard.state = _State.LOST
        shard.machine.unloaded()
        shard.timers.clear()
        if shard.alarm is not None:
            shard.alarm.cancel()
            shard.alarm = None

    # Timers

    def _set_alarm(self, partition: int) -> None:
        shard = self._shards[partition]
        due_ms = shard.timers.next_due_ms()
        if shard.alarm is not None:
            shard.alarm.cancel()
            shard.alarm = None
        if due_ms is not None:
            delay_s = max(due_ms - self._clock.monotonic_ms(), 0) / 1000
            loop = asyncio.get_running_loop()
            shard.alarm = loop.call_later(delay_s, self._ring, shard)

    def _ring(self, shard: Shard[M]) -> None:
        shard.alarm = None
        self._in_background(self._run_due(shard))

    def _in_background(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run_due(self) -> None:
        """Run what is due by the clock, which a test may have moved."""
        for shard in list(self._shards.values()):
            await self._run_due(shard)

    async def _run_due(self, shard: Shard[M]) -> None:
        partition = shard.log.log_id.partition
        while shard.state is _State.ACTIVE:
            operation = shard.timers.pop_due()
            if operation is None:
                self._set_alarm(partition)
                return
            try:
                await self.write_partition(partition, lambda _, now_ms, run=operation: run(now_ms))  # type: ignore[misc]
            except ApiError as error:
                _LOG.warning("a timer of %s failed: %s", shard.log.log_id, error)
            except Exception:
                # One that fails must not keep the others from running.
                _LOG.exception("a timer of %s failed", shard.log.log_id)


async def _answer(response: Deferred[T], error: ApiError | None) -> T:
    if not response.done and error is not None:
        raise error
    future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    def answer(value: T) -> None:
        if not future.done():
            future.set_result(value)

    response.then(answer)
    return await future
