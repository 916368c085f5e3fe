"""One shard of the transaction coordinator: the transactional ids of one partition.

A deterministic state machine: an operation validates and gives records; `replay` applies them. What
it decides and cannot do by itself, writing markers, it asks for through `prepared`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from msgspec.structs import replace

from kafkapy.coordinator.result import Deferred, Record, Result, Timers
from kafkapy.coordinator.shard_log import Producer
from kafkapy.coordinator.transaction.settings import TransactionSettings
from kafkapy.coordinator.transaction.transaction import (
    IDLE,
    NO_EPOCH,
    NO_PRODUCER_ID,
    VERSION_2,
    State,
    TopicPartition,
    Transaction,
    following_producer,
    is_exhausted,
)
from kafkapy.errors import ApiError
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.internal.transaction import TransactionLogKey, TransactionLogValue

T = TypeVar("T")

_ABORT_KEY = "abort-timed-out"
_EXPIRY_KEY = "expire-transactional-ids"
_RETRY_KEY = "write-markers:"
_RETRY_MS = 1_000
_EXPIRY_BATCH_RECORDS = 1000
# Transactional ids and partitions in one batch, which would else grow beyond what a log takes.
_ABORT_BATCH_ENTRIES = 1000
# Between batches, in which others run, and after which a log that failed may work again.
_PAUSE_MS = 100


class NeedsProducerIdError(Exception):
    """The operation must be run again, with a producer id that nobody had before."""


class TransactionShard:
    """The transactional ids that hash to one partition of `__transaction_state`."""

    def __init__(
        self, settings: TransactionSettings, timers: Timers, prepared: Callable[[str], None]
    ) -> None:
        """`prepared` is told of each transactional id whose markers are to be written now."""
        self.transactions: dict[str, Transaction] = {}
        self._settings = settings
        self._timers = timers
        self._prepared = prepared
        self._unmarked: dict[str, frozenset[TopicPartition]] = {}
        self._is_loaded = False
        self._watches_timeouts = False

    # State

    def replay(self, record: Record, log_offset: int, producer_id: int) -> None:
        """Apply a record of the log."""
        key, value = record
        assert isinstance(key, TransactionLogKey)
        transactional_id = key.transactional_id
        self._unmarked.pop(transactional_id, None)
        if value is None:
            self.transactions.pop(transactional_id, None)
            return
        assert isinstance(value, TransactionLogValue)
        transaction = Transaction.of_record(value)
        self.transactions[transactional_id] = transaction
        if self._is_loaded:
            self._act(transactional_id, transaction)

    def replay_end(self, producer_id: int, is_commit: bool) -> None:
        """Nothing in this log is part of a transaction."""

    def loaded(self, now_ms: int) -> None:
        """Begin to work, after the whole log was replayed: first end what was decided."""
        self._is_loaded = True
        for transactional_id, transaction in self.transactions.items():
            self._act(transactional_id, transaction)
        self._timers.schedule(_EXPIRY_KEY, self._settings.expiry_interval_ms, self._expire)

    def unloaded(self) -> None:
        """Nobody waits here."""

    def _act(self, transactional_id: str, transaction: Transaction) -> None:
        if transaction.is_prepared:
            self._prepared(transactional_id)
        elif transaction.state is State.ONGOING and not self._watches_timeouts:
            self._watch_timeouts(self._settings.abort_interval_ms)

    # Producers

    def init_producer(
        self,
        transactional_id: str,
        timeout_ms: int,
        expected: Producer | None,
        new_id: int | None,
        now_ms: int,
    ) -> Result[Producer | None]:
        """Give a producer an epoch that fences every earlier one; None where it must come again.

        `expected` is what the producer has (KIP-360). Raises INVALID_TRANSACTION_TIMEOUT,
        PRODUCER_FENCED, CONCURRENT_TRANSACTIONS, or NeedsProducerIdError.
        """
        if not 0 < timeout_ms <= self._settings.max_timeout_ms:
            raise ApiError(ErrorCode.INVALID_TRANSACTION_TIMEOUT)
        old = self.transactions.get(transactional_id)
        if old is None:
            old = Transaction.unused(_given(new_id))
        elif expected is not None and not _is_of(expected, old):
            raise ApiError(ErrorCode.PRODUCER_FENCED)
        if old.is_prepared:
            raise ApiError(ErrorCode.CONCURRENT_TRANSACTIONS)
        if old.state is State.ONGOING:
            return Result(None, [_record(transactional_id, old.fenced(now_ms))])
        producer, last_epoch = self._next_epoch(old, expected, new_id)
        value = old.initialized(producer, timeout_ms, now_ms)
        appended: Deferred[Exception | None] = Deferred()
        appended.then(lambda error: None if error else self._remember(transactional_id, last_epoch))
        return Result(producer, [_record(transactional_id, value)], appended)

    def _remember(self, transactional_id: str, last_epoch: int) -> None:
        transaction = self.transactions[transactional_id]
        self.transactions[transactional_id] = replace(transaction, last_epoch=last_epoch)

    def _next_epoch(
        self, old: Transaction, expected: Producer | None, new_id: int | None
    ) -> tuple[Producer, int]:
        """Give the next producer, and the epoch whose owner may ask again."""
        producer_id, epoch = old.producer
        if epoch == NO_EPOCH:
            return Producer(producer_id, 0), NO_EPOCH
        last_epoch = NO_EPOCH if expected is None else expected.producer_epoch
        if expected is not None and expected.producer_epoch not in (epoch, old.last_epoch):
            raise ApiError(ErrorCode.PRODUCER_FENCED)
        if expected is not None and expected.producer_epoch != epoch:
            return old.producer, last_epoch  # the answer to an earlier request was lost
        if is_exhausted(old.producer):
            return Producer(_given(new_id), 0), last_epoch
        return Producer(producer_id, epoch + 1), last_epoch

    # Transactions

    def add_partitions(
        self,
        transactional_id: str,
        producer: Producer,
        partitions: Collection[TopicPartition],
        client_version: int,
        now_ms: int,
    ) -> Result[None]:
        """Make partitions part of the transaction, which the first ones begin.

        Raises INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED or CONCURRENT_TRANSACTIONS.
        """
        old = self._open(transactional_id, producer)
        if old.state is State.ONGOING and old.partitions.issuperset(partitions):
            return Result(None)
        value = old.with_partitions(partitions, client_version, now_ms)
        return Result(None, [_record(transactional_id, value)])

    def missing(
        self,
        transactional_id: str,
        producer: Producer,
        partitions: Iterable[TopicPartition],
    ) -> list[TopicPartition]:
        """Find the partitions that are not part of the transaction (KIP-890); else as above."""
        transaction = self._open(transactional_id, producer)
        return [partition for partition in partitions if partition not in transaction.partitions]

    def _open(self, transactional_id: str, producer: Producer) -> Transaction:
        transaction = self.transactions.get(transactional_id)
        if transaction is None or transaction.producer.producer_id != producer.producer_id:
            raise ApiError(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
        if transaction.producer.producer_epoch != producer.producer_epoch:
            raise ApiError(ErrorCode.PRODUCER_FENCED)
        if transaction.is_prepared:
            raise ApiError(ErrorCode.CONCURRENT_TRANSACTIONS)
        return transaction

    def end(
        self,
        transactional_id: str,
        producer: Producer,
        is_commit: bool,
        client_version: int,
        new_id: int | None,
        now_ms: int,
    ) -> Result[Producer]:
        """Decide the outcome; gives the producer of the next transaction.

        Raises INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS,
        INVALID_TXN_STATE or NeedsProducerIdError.
        """
        old = self.transactions.get(transactional_id)
        is_retry = old is not None and client_version >= VERSION_2 and _is_retry(producer, old)
        if old is None or (old.producer.producer_id != producer.producer_id and not is_retry):
            raise ApiError(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
        is_current = producer.producer_epoch == old.producer.producer_epoch
        if client_version < VERSION_2:
            is_retry = is_current and old.state is not State.ONGOING
        elif old.state in (State.EMPTY, State.ONGOING):
            is_retry = False
        elif old.is_prepared:
            is_current = False
        if not (is_current or is_retry):
            raise ApiError(ErrorCode.PRODUCER_FENCED)
        if is_retry:
            return Result(_answer_again(old, is_commit))
        if old.state is not State.ONGOING and is_commit:
            raise ApiError(ErrorCode.INVALID_TXN_STATE)
        next_id = NO_PRODUCER_ID
        if client_version >= VERSION_2 and is_exhausted(old.producer):
            next_id = _given(new_id)
        value = old.prepared(is_commit, client_version, next_id, now_ms)
        return Result(following_producer(value), [_record(transactional_id, value)])

    # Markers

    def describe(
        self, transactional_id: str
    ) -> tuple[Transaction, frozenset[TopicPartition]] | None:
        """Give a transactional id's state, and its partitions that have no marker yet."""
        transaction = self.transactions.get(transactional_id)
        if transaction is None:
            return None
        return transaction, self._unmarked.get(transactional_id, transaction.partitions)

    def marked(
        self,
        transactional_id: str,
        failed: Collection[TopicPartition],
        new_id: int | None,
        now_ms: int,
    ) -> Result[None]:
        """End the transaction, or try again later where markers could not be written.

        Raises NeedsProducerIdError.
        """
        transaction = self.transactions.get(transactional_id)
        if transaction is None or not transaction.is_prepared:
            return Result(None)
        if not failed:
            next_id = _given(new_id) if transaction.needs_next_id else NO_PRODUCER_ID
            return Result(None, [_record(transactional_id, transaction.completed(now_ms, next_id))])
        self._unmarked[transactional_id] = frozenset(failed)
        self.mark_later(transactional_id)
        return Result(None)

    def mark_later(self, transactional_id: str) -> None:
        """Ask again for the markers after a while."""

        def ask(now_ms: int) -> Result[None]:
            transaction = self.transactions.get(transactional_id)
            if transaction is not None and transaction.is_prepared:
                self._prepared(transactional_id)
            return Result(None)

        self._timers.schedule(_RETRY_KEY + transactional_id, _RETRY_MS, ask)

    # Time

    def _watch_timeouts(self, delay_ms: int) -> None:
        self._watches_timeouts = True
        self._timers.schedule(_ABORT_KEY, delay_ms, self._abort_timed_out)

    def _abort_timed_out(self, now_ms: int) -> Result[None]:
        self._watches_timeouts = False
        records: list[Record] = []
        entries = 0
        for transactional_id, transaction in self.transactions.items():
            if transaction.state is not State.ONGOING:
                continue
            if not self._watches_timeouts:
                self._watch_timeouts(self._settings.abort_interval_ms)
            if transaction.start_ms + transaction.timeout_ms >= now_ms:
                continue
            entries += 1 + len(transaction.partitions)
            if records and entries > _ABORT_BATCH_ENTRIES:
                self._watch_timeouts(_PAUSE_MS)
                break
            records.append(_record(transactional_id, transaction.fenced(now_ms)))
        return Result(None, records)

    def _expire(self, now_ms: int) -> Result[None]:
        """Forget transactional ids that were not used for long, a bounded number at once."""
        oldest_ms = now_ms - self._settings.expiration_ms
        records = [
            _record(transactional_id, None)
            for transactional_id, transaction in self.transactions.items()
            if transaction.state in IDLE and transaction.updated_ms <= oldest_ms
        ][:_EXPIRY_BATCH_RECORDS]
        is_full = len(records) == _EXPIRY_BATCH_RECORDS
        delay_ms = _PAUSE_MS if is_full else self._settings.expiry_interval_ms
        self._timers.schedule(_EXPIRY_KEY, delay_ms, self._expire)
        return Result(None, records)


def _record(transactional_id: str, value: TransactionLogValue | None) -> Record:
    return Record(TransactionLogKey(transactional_id), value)


def _given(new_id: int | None) -> int:
    if new_id is None:
        raise NeedsProducerIdError
    return new_id


def _is_of(expected: Producer, transaction: Transaction) -> bool:
    """Whether a producer that names its id may be the one of a transactional id."""
    return expected.producer_id == transaction.producer.producer_id or (
        expected.producer_id == transaction.previous_id and is_exhausted(expected)
    )


def _is_retry(producer: Producer, transaction: Transaction) -> bool:
    """Whether a producer of version 2 repeats the request that ended its last transaction."""
    current = transaction.producer
    if producer.producer_id == current.producer_id:
        return producer.producer_epoch + 1 == current.producer_epoch
    return (
        producer.producer_id == transaction.previous_id
        and is_exhausted(producer)
        and current.producer_epoch == 0
    )


def _answer_again(transaction: Transaction, is_commit: bool) -> Producer:
    """Answer who asks for an end that was decided, or refuse another one."""
    if transaction.state is State.EMPTY or transaction.is_commit != is_commit:
        raise ApiError(ErrorCode.INVALID_TXN_STATE)
    if transaction.is_prepared:
        raise ApiError(ErrorCode.CONCURRENT_TRANSACTIONS)
    return transaction.producer
