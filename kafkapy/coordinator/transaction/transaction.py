"""One transactional id: its producer, the transaction that it is in, and how that may change.

A `Transaction` is what its last record says; whatever changes it gives what the next one will say.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from kafkapy.coordinator.shard_log import Producer
from kafkapy.wire.internal.transaction import TopicPartitions, TransactionLogValue

NO_PRODUCER_ID = -1
NO_EPOCH = -1
NO_TIME = -1
MAX_EPOCH = 2**15 - 1
# The levels of `transaction.version` that clients use: 2 raises the epoch at every end (KIP-890).
VERSION_0 = 0
VERSION_2 = 2


class State(enum.IntEnum):
    """The states of a transactional id, as numbered in the log.

    Nothing here is ever DEAD or PREPARE_EPOCH_FENCE: expiry and fencing are one step each.
    """

    EMPTY = 0
    ONGOING = 1
    PREPARE_COMMIT = 2
    PREPARE_ABORT = 3
    COMPLETE_COMMIT = 4
    COMPLETE_ABORT = 5
    DEAD = 6
    PREPARE_EPOCH_FENCE = 7

    @property
    def label(self) -> str:
        """The name that clients know."""
        return self.name.title().replace("_", "")


PREPARED = frozenset({State.PREPARE_COMMIT, State.PREPARE_ABORT})
COMPLETED = frozenset({State.COMPLETE_COMMIT, State.COMPLETE_ABORT})
ENDED = PREPARED | COMPLETED
IDLE = COMPLETED | {State.EMPTY}
_STATES = {int(state): state for state in State}


class TopicPartition(NamedTuple):
    """A partition by the name of its topic."""

    topic: str
    partition: int


def is_exhausted(producer: Producer) -> bool:
    """Whether no client may be given a higher epoch: the highest is kept for fencing."""
    return producer.producer_epoch >= MAX_EPOCH - 1


def following_producer(value: TransactionLogValue) -> Producer:
    """Give who begins the next transaction, once the one that a record is about has ended."""
    if value.next_producer_id != NO_PRODUCER_ID:
        return Producer(value.next_producer_id, 0)
    return Producer(value.producer_id, value.producer_epoch)


class Transaction(msgspec.Struct, frozen=True, gc=False):
    """A transactional id: `value` is that of its last record, from which the rest follows.

    `last_epoch` is that of the producer before its epoch was raised: who names it repeats a request
    whose answer was lost. A record tells it only after an end in version 2.
    """

    value: TransactionLogValue
    producer: Producer
    state: State
    partitions: frozenset[TopicPartition]
    last_epoch: int

    @classmethod
    def of_record(cls, value: TransactionLogValue) -> Transaction:
        """Take a record's value, which must not change any more."""
        state = _STATES[value.transaction_status]
        last_epoch = NO_EPOCH
        if value.client_transaction_version >= VERSION_2 and state in ENDED:
            # An epoch 0 follows the last one of another producer id.
            last_epoch = (value.producer_epoch or MAX_EPOCH) - 1
        partitions = [
            TopicPartition(topic.topic, index)
            for topic in value.transaction_partitions or ()
            for index in topic.partition_ids
        ]
        producer = Producer(value.producer_id, value.producer_epoch)
        return cls(value, producer, state, frozenset(partitions), last_epoch)

    @classmethod
    def unused(cls, producer_id: int) -> Transaction:
        """Begin with a producer id that was given to nobody, and no epoch."""
        return cls.of_record(TransactionLogValue(producer_id=producer_id, producer_epoch=NO_EPOCH))

    @property
    def timeout_ms(self) -> int:
        """How long a transaction may stay open."""
        return self.value.transaction_timeout_ms

    @property
    def start_ms(self) -> int:
        """When the transaction began, in epoch milliseconds; -1 where there was none yet."""
        return self.value.transaction_start_timestamp_ms

    @property
    def updated_ms(self) -> int:
        """When the last record was made, in epoch milliseconds."""
        return self.value.transaction_last_update_timestamp_ms

    @property
    def previous_id(self) -> int:
        """The producer id before the latest change of any kind."""
        return self.value.previous_producer_id

    @property
    def is_prepared(self) -> bool:
        """Whether the outcome is decided and markers are to be written."""
        return self.state in PREPARED

    @property
    def is_commit(self) -> bool:
        """Whether the outcome is, or was, a commit."""
        return self.state in (State.PREPARE_COMMIT, State.COMPLETE_COMMIT)

    @property
    def needs_next_id(self) -> bool:
        """Whether fencing took the last epoch, so that only another producer id can follow."""
        return (
            self.producer.producer_epoch == MAX_EPOCH
            and self.value.next_producer_id == NO_PRODUCER_ID
        )

    # What comes next

    def _next(self, now_ms: int) -> TransactionLogValue:
        return replace(
            self.value,
            previous_producer_id=self.producer.producer_id,
            transaction_last_update_timestamp_ms=now_ms,
        )

    def initialized(self, producer: Producer, timeout_ms: int, now_ms: int) -> TransactionLogValue:
        """Give a producer its id and epoch, before any transaction."""
        value = self._next(now_ms)
        value.producer_id, value.producer_epoch = producer
        value.transaction_timeout_ms = timeout_ms
        value.transaction_status = State.EMPTY
        value.transaction_partitions = None
        value.transaction_start_timestamp_ms = NO_TIME
        return value

    def with_partitions(
        self, partitions: Iterable[TopicPartition], client_version: int, now_ms: int
    ) -> TransactionLogValue:
        """Add partitions; the first ones begin a transaction."""
        value = self._next(now_ms)
        if self.state is not State.ONGOING:
            value.transaction_status = State.ONGOING
            value.transaction_start_timestamp_ms = now_ms
        value.transaction_partitions = _by_topic(self.partitions.union(partitions))
        value.client_transaction_version = client_version
        return value

    def prepared(
        self, is_commit: bool, client_version: int, next_id: int, now_ms: int
    ) -> TransactionLogValue:
        """Decide the outcome. In version 2 that raises the epoch, which fences late writes."""
        value = self._next(now_ms)
        if self.state is not State.ONGOING:
            value.transaction_start_timestamp_ms = now_ms
            value.transaction_partitions = []
        value.transaction_status = State.PREPARE_COMMIT if is_commit else State.PREPARE_ABORT
        value.next_producer_id = next_id
        value.client_transaction_version = client_version
        if client_version >= VERSION_2:
            value.producer_epoch = min(value.producer_epoch + 1, MAX_EPOCH)
        return value

    def fenced(self, now_ms: int) -> TransactionLogValue:
        """Abort in the coordinator's own name, with an epoch above the producer's."""
        return self.prepared(False, VERSION_2, NO_PRODUCER_ID, now_ms)

    def completed(self, now_ms: int, new_id: int = NO_PRODUCER_ID) -> TransactionLogValue:
        """End the transaction, once all markers are written; `new_id` is for `needs_next_id`."""
        value = self._next(now_ms)
        if new_id != NO_PRODUCER_ID:
            value.next_producer_id = new_id
        value.producer_id, value.producer_epoch = following_producer(value)
        value.next_producer_id = NO_PRODUCER_ID
        value.next_producer_epoch = NO_EPOCH  # Kafka may have set it
        value.transaction_status = State.COMPLETE_COMMIT if self.is_commit else State.COMPLETE_ABORT
        value.transaction_partitions = []
        return value


def _by_topic(partitions: Iterable[TopicPartition]) -> list[TopicPartitions]:
    indexes: dict[str, list[int]] = {}
    for topic, partition in sorted(partitions):
        indexes.setdefault(topic, []).append(partition)
    return [TopicPartitions(*each) for each in indexes.items()]
