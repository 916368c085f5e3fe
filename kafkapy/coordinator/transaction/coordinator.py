"""The transaction coordinator: what the handlers of the transaction APIs ask.

A transaction ends in two phases. The decision is one record in `__transaction_state`; from then on
nothing but its outcome is possible. Then every partition gets its marker, and a second record says
that all have. What a crash leaves between the two is found when the log is loaded, and finished.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator
from functools import partial
from typing import TypeVar

from kafkapy import eager
from kafkapy.clock import Clock
from kafkapy.coordinator.result import Result
from kafkapy.coordinator.runtime import Runtime
from kafkapy.coordinator.shard_log import Producer
from kafkapy.coordinator.transaction.markers import Marker, Markers
from kafkapy.coordinator.transaction.settings import TransactionSettings
from kafkapy.coordinator.transaction.shard import NeedsProducerIdError, TransactionShard
from kafkapy.coordinator.transaction.transaction import TopicPartition, Transaction
from kafkapy.errors import ApiError
from kafkapy.storage.engine import Engine, LogId
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.internal.coordinator_records import TRANSACTION_STATE

_LOG = logging.getLogger(__name__)

T = TypeVar("T")

TRANSACTION_TOPIC = "__transaction_state"
# With these errors a partition has no records that wait for the marker, or never will have.
_NOTHING_TO_MARK = frozenset(
    {
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode.INVALID_PRODUCER_EPOCH,
        ErrorCode.TRANSACTION_COORDINATOR_FENCED,
    }
)


class TransactionCoordinator:
    """Transactional ids and their transactions, kept in `__transaction_state`.

    Every method raises ApiError: COORDINATOR_LOAD_IN_PROGRESS or NOT_COORDINATOR where this broker
    does not have the transactional id (yet), INVALID_REQUEST for an empty one, and what is said
    with the method.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        settings: TransactionSettings,
        ensure_topic: Callable[[], Awaitable[list[LogId]]],
        next_producer_id: Callable[[], Awaitable[int]],
        markers: Markers,
    ) -> None:
        """`ensure_topic` gives the logs of `__transaction_state`, made where they are not there."""
        self.markers = markers
        self._engine = engine
        self._ensure_topic = ensure_topic
        self._next_producer_id = next_producer_id
        self._decided: dict[str, asyncio.Handle] = {}
        self._completions: dict[str, eager.Unfinished[None]] = {}
        self._runtime: Runtime[TransactionShard] = Runtime(
            engine,
            clock,
            TRANSACTION_STATE,
            lambda timers: TransactionShard(settings, timers, self._on_decision),
        )
        markers.add_owner(TRANSACTION_TOPIC, self._runtime)

    async def start(self) -> None:
        """Load the transactions, if there ever were any, and finish those that were decided."""
        if any(log.topic == TRANSACTION_TOPIC for log in self._engine.logs()):
            await self.ensure_started()

    async def ensure_started(self) -> None:
        """Be the coordinator of all transactional ids, at first use with a new topic."""
        await self._runtime.ensure_started(self._ensure_topic)

    async def close(self) -> None:
        """Stop; what is decided and not finished will be at the next start."""
        await self._runtime.close()
        await self.settle()

    async def run_due(self) -> None:
        """Run the timers that are due by the clock, which a test may have moved."""
        await self._runtime.run_due()
        await self.settle()

    async def settle(self) -> None:
        """Wait until the transactions that are decided have their markers, or could not."""
        while self._decided or self._completions:
            for transactional_id in [*self._decided, *self._completions]:
                await self._completion(transactional_id)

    async def on_topics_deleted(self, names: Collection[str]) -> None:
        """Stop when `__transaction_state` itself was deleted."""
        if TRANSACTION_TOPIC in names:
            await self.close()

    # Producers

    async def new_producer(self) -> Producer:
        """Give a producer id that nobody had before, with epoch 0."""
        return Producer(await self._next_producer_id(), 0)

    async def init_producer(
        self, transactional_id: str, timeout_ms: int, expected: Producer | None
    ) -> Producer:
        """Give a transactional producer its id and epoch, and fence all before it.

        Raises INVALID_TRANSACTION_TIMEOUT, PRODUCER_FENCED, or CONCURRENT_TRANSACTIONS while a
        transaction ends, of which a request that fences its producer makes an open one.
        """
        producer = await self._write_with_id(
            transactional_id,
            lambda new_id, shard, now_ms: shard.init_producer(
                transactional_id, timeout_ms, expected, new_id, now_ms
            ),
        )
        if producer is None:
            raise ApiError(ErrorCode.CONCURRENT_TRANSACTIONS)
        return producer

    # Transactions

    async def add_when_possible(
        self,
        transactional_id: str,
        producer: Producer,
        partitions: Collection[TopicPartition],
        client_version: int,
    ) -> None:
        """Make partitions part of the transaction, and begin it with the first ones.

        Where the transaction before is about to end, that is waited for. Raises
        INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED or CONCURRENT_TRANSACTIONS.
        """

        def add(shard: TransactionShard, now_ms: int) -> Result[None]:
            return shard.add_partitions(
                transactional_id, producer, partitions, client_version, now_ms
            )

        try:
            await self._write(transactional_id, add)
        except ApiError as error:
            if error.code is not ErrorCode.CONCURRENT_TRANSACTIONS:
                raise
            await self._completion(transactional_id)
            await self._write(transactional_id, add)

    def missing(
        self, transactional_id: str, producer: Producer, partitions: Collection[TopicPartition]
    ) -> list[TopicPartition]:
        """Find the partitions that are not part of the transaction (KIP-890).

        Raises INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED or CONCURRENT_TRANSACTIONS.
        """
        return self._read(
            transactional_id, lambda shard: shard.missing(transactional_id, producer, partitions)
        )

    async def end(
        self, transactional_id: str, producer: Producer, is_commit: bool, client_version: int
    ) -> Producer:
        """Commit or abort; gives the producer of the next transaction.

        The outcome is durable when this returns. The markers are written in the next turn of the
        event loop: after the answer, and before the broker hears what anybody does because of it.
        Raises INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS or
        INVALID_TXN_STATE.
        """
        return await self._write_with_id(
            transactional_id,
            lambda new_id, shard, now_ms: shard.end(
                transactional_id, producer, is_commit, client_version, new_id, now_ms
            ),
        )

    # Descriptions

    def describe(self, transactional_id: str) -> tuple[Transaction, frozenset[TopicPartition]]:
        """Give a transactional id's state, and its partitions that have no marker yet.

        Raises TRANSACTIONAL_ID_NOT_FOUND.
        """
        found = self._read(transactional_id, lambda shard: shard.describe(transactional_id))
        if found is None:
            raise ApiError(ErrorCode.TRANSACTIONAL_ID_NOT_FOUND)
        return found

    def transactions(self) -> Iterator[tuple[str, Transaction]]:
        """Give every transactional id."""
        for partition in self._runtime.partitions:
            yield from self._runtime.read_partition(
                partition, lambda shard: list(shard.transactions.items())
            )

    # The second phase

    def _on_decision(self, transactional_id: str) -> None:
        """See to it that the transaction ends; not now, when its shard still applies the record."""
        if transactional_id not in self._completions and transactional_id not in self._decided:
            self._decided[transactional_id] = asyncio.get_running_loop().call_soon(
                self._begin_completion, transactional_id
            )

    def _begin_completion(self, transactional_id: str) -> None:
        self._decided.pop(transactional_id).cancel()
        outcome = eager.start(self._complete(transactional_id))
        if isinstance(outcome, eager.Unfinished):
            self._completions[transactional_id] = outcome

    async def _completion(self, transactional_id: str) -> None:
        """Wait until a transaction that is decided has ended, or could not."""
        if transactional_id in self._decided:
            self._begin_completion(transactional_id)
        completion = self._completions.get(transactional_id)
        if completion is not None:
            await asyncio.wait([completion])

    async def _complete(self, transactional_id: str) -> None:
        try:
            while (prepared := self._prepared(transactional_id)) is not None:
                has_ended = await self._write_markers(transactional_id, *prepared)
                # The next one may have been decided, too, but only while this one had to wait.
                if not has_ended or transactional_id not in self._completions:
                    break
        except Exception as error:
            is_unexpected = not isinstance(error, ApiError)
            _LOG.warning(
                "could not end the transaction of %s yet: %s",
                transactional_id,
                error,
                exc_info=is_unexpected,
            )
            with contextlib.suppress(ApiError):
                self._runtime.read(
                    transactional_id, lambda shard: shard.mark_later(transactional_id)
                )
        finally:
            self._completions.pop(transactional_id, None)

    def _prepared(
        self, transactional_id: str
    ) -> tuple[Transaction, frozenset[TopicPartition]] | None:
        """Give a transaction that is decided, and its partitions that lack a marker."""
        found = self._runtime.read(transactional_id, lambda shard: shard.describe(transactional_id))
        return found if found is not None and found[0].is_prepared else None

    async def _write_markers(
        self,
        transactional_id: str,
        transaction: Transaction,
        partitions: frozenset[TopicPartition],
    ) -> bool:
        """Write markers, and end the transaction if nothing failed; whether that is so."""
        coordinator_epoch = self._runtime.leader_epoch(transactional_id)
        marker = Marker(transaction.producer, transaction.is_commit, coordinator_epoch)
        outcomes = await self.markers.write(marker, partitions)
        failed = []
        for partition, error in outcomes.items():
            if error is not ErrorCode.NONE:
                _LOG.warning("no marker of %s in %s: %s", transactional_id, partition, error.name)
                if error not in _NOTHING_TO_MARK:
                    failed.append(partition)
        await self._write_with_id(
            transactional_id,
            lambda new_id, shard, now_ms: shard.marked(transactional_id, failed, new_id, now_ms),
        )
        return not failed

    # Operations

    def _read(self, transactional_id: str, operation: Callable[[TransactionShard], T]) -> T:
        if not transactional_id:
            raise ApiError(ErrorCode.INVALID_REQUEST)
        return self._runtime.read(transactional_id, operation)

    def _write(
        self, transactional_id: str, operation: Callable[[TransactionShard, int], Result[T]]
    ) -> Coroutine[object, object, T]:
        if not transactional_id:
            raise ApiError(ErrorCode.INVALID_REQUEST)
        return self._runtime.write(transactional_id, operation)

    async def _write_with_id(
        self,
        transactional_id: str,
        operation: Callable[[int | None, TransactionShard, int], Result[T]],
    ) -> T:
        """Run an operation that may need a producer id, which few do."""
        try:
            return await self._write(transactional_id, partial(operation, None))
        except NeedsProducerIdError:
            new_id = await self._next_producer_id()
        return await self._write(transactional_id, partial(operation, new_id))
