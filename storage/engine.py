"""The interface of every engine: logs by id, with a fenced, conditional append.

Offsets count records, sizes are bytes, times are epoch milliseconds. An engine knows record
batches and nothing else of Kafka's protocol: topics, groups and transactions are records in logs.

Every call that may wait is a coroutine. An engine whose promise holds at once (a write to the
page cache) returns without suspending, and callers rely on that being cheap.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

import msgspec

from kafkapy.storage.config import CompactionLimits, LogConfig
from kafkapy.storage.errors import StorageError
from kafkapy.wire.schema import Buffer


class LogId(NamedTuple):
    """One partition's log. A topic made anew under an old name has another `topic_id`."""

    topic: str
    partition: int
    topic_id: bytes

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}"


class Origin(enum.Enum):
    """Who appends. Only a coordinator may write control batches; only a client is validated."""

    CLIENT = enum.auto()
    COORDINATOR = enum.auto()


class Append(NamedTuple):
    """Batches for one log, as a producer or a coordinator encoded them.

    `leader_epoch` fences: an append with one older than the log's is refused. None means the
    log's own. With `expected_end` the append happens only if the log ends there.
    """

    log: LogId
    records: Buffer
    origin: Origin = Origin.CLIENT
    leader_epoch: int | None = None
    expected_end: int | None = None


class Appended(NamedTuple):
    """Where an append landed, or landed before where it is a `duplicate` of an idempotent one.

    `log_append_time_ms` is -1 where the log keeps the producer's timestamps; for a duplicate it is
    the largest timestamp of the earlier batch either way, which is what Kafka answers.
    """

    base_offset: int
    last_offset: int
    log_append_time_ms: int
    log_start_offset: int
    duplicate: bool = False


class Isolation(enum.IntEnum):
    """Up to where a read sees: everything durable, or only what no open transaction precedes."""

    READ_UNCOMMITTED = 0
    READ_COMMITTED = 1


class Read(NamedTuple):
    """A read of one log from `offset`: whole batches, the first of which holds the offset."""

    log: LogId
    offset: int
    max_bytes: int
    isolation: Isolation = Isolation.READ_UNCOMMITTED


class Bounds(msgspec.Struct, frozen=True, gc=False):
    """The offsets that delimit a log. `start <= stable <= high_watermark <= end`."""

    start: int
    stable: int
    high_watermark: int
    end: int


class AbortedTransaction(NamedTuple):
    """A transaction whose records a committed read must skip, and where its records start."""

    producer_id: int
    first_offset: int


class Slice(NamedTuple):
    """What a read found; `aborted` is None unless the read was READ_COMMITTED."""

    records: Buffer
    bounds: Bounds
    aborted: Sequence[AbortedTransaction] | None = None


class OffsetAndTimestamp(NamedTuple):
    """A record's place. The timestamp is -1 and the epoch -1 where unknown."""

    offset: int
    timestamp_ms: int
    leader_epoch: int


class EpochEnd(NamedTuple):
    """The largest epoch that is not above the one asked for, and the offset where it ended."""

    leader_epoch: int
    end_offset: int


class ProducerState(NamedTuple):
    """One idempotent producer as a log remembers it."""

    producer_id: int
    producer_epoch: int
    last_sequence: int
    last_timestamp_ms: int
    coordinator_epoch: int
    current_transaction_start: int


class Engine(Protocol):
    """Logs by id. Errors of a single log come back as values where many logs are asked."""

    async def start(self) -> None:
        """Open, recover, and lock. Raises DirectoryLockedError or DiskError."""

    async def close(self) -> None:
        """Make everything durable, mark the shutdown clean, and unlock."""

    def logs(self) -> Iterable[LogId]:
        """Every log that is here."""

    async def create(self, logs: Sequence[LogId], config: LogConfig) -> None:
        """Create empty logs, all or none. Raises LogExistsError."""

    async def configure(self, log: LogId, config: LogConfig) -> None:
        """Change a log's settings from now on."""

    async def delete(self, logs: Sequence[LogId]) -> None:
        """Delete logs; unknown ones are ignored. Watchers wake."""

    async def adopt(self, logs: Iterable[LogId]) -> None:
        """Give these ids to logs of their names that have lost their own. Raises DiskError."""

    async def claim(self, log: LogId) -> int:
        """Become the owner: a new leader epoch, which fences every earlier owner's appends."""

    def leader_epoch(self, log: LogId) -> int:
        """The current leader epoch of a log."""

    async def append(self, appends: Sequence[Append]) -> list[Appended | StorageError]:
        """Append to many logs at once; returns, one result each, when the promise holds."""

    def append_now(self, log: LogId, records: Buffer) -> Appended | None:
        """Append a client's batch where the promise then holds at once.

        None, and nothing appended, where it would not, or where the batch is refused: `append`
        says why.
        """

    async def read(
        self, reads: Sequence[Read], max_bytes: int, *, at_least_one: bool = True
    ) -> list[Slice | StorageError]:
        """Read many logs, together about `max_bytes`.

        With `at_least_one` the first batch found is returned whole however large (KIP-74).
        """

    def read_now(self, read: Read) -> Slice | None:
        """Read one log where that needs no waiting; the first batch is returned whole.

        None where it would need that, or is refused: `read` says why.
        """

    def watch(self, logs: Iterable[LogId], wake: Callable[[], None]) -> None:
        """Call `wake` after every change of a bound of any of these logs; may do so for nothing."""

    def unwatch(self, logs: Iterable[LogId], wake: Callable[[], None]) -> None:
        """End what `watch` began."""

    def bounds(self, log: LogId) -> Bounds:
        """The log's offsets now. Raises UnknownLogError, or DiskError where it is offline."""

    def size_bytes(self, log: LogId) -> int:
        """The bytes of all segments."""

    async def offset_for_timestamp(
        self, log: LogId, timestamp_ms: int
    ) -> OffsetAndTimestamp | None:
        """The first record at or after the time, or None."""

    async def offset_of_max_timestamp(self, log: LogId) -> OffsetAndTimestamp | None:
        """The record with the largest timestamp, or None in an empty log (KIP-734)."""

    def epoch_end(self, log: LogId, leader_epoch: int) -> EpochEnd:
        """Where an epoch ended; (-1, -1) where the log does not know it (KIP-101, KIP-279)."""

    def epoch_at(self, log: LogId, offset: int) -> int:
        """The leader epoch in which an offset was or will be written, or -1."""

    def producers(self, log: LogId) -> list[ProducerState]:
        """The producers that are active in a log (KIP-664)."""

    async def delete_before(self, log: LogId, offset: int) -> int:
        """Move the log's start up to an offset (-1: the high watermark); returns the new start.

        Raises OffsetOutOfRangeError.
        """

    async def maintain(self) -> None:
        """Do what is due: flush, retention, expiry, deletion of files. Raises DiskError."""

    async def checkpoint(self) -> None:
        """Leave little for a recovery to check, and write down what that is. Raises DiskError."""

    async def compact(self, limits: CompactionLimits) -> bool:
        """Compact the log that needs it most; tells whether there was one.

        Raises CorruptRecordsError, after which the log is left alone, or DiskError.
        """
