"""One transactional id: its producer, the transaction that it is in, and how that may change.

A `Transaction` is a value; each method gives the one that follows. What is durable of it is what a
`TransactionLogValue` holds; the last epoch follows from that only after an end in version 2.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import NamedTuple

from kafkapy.coordinator.result import Record
from kafkapy.coordinator.shard_log import Producer
from kafkapy.wire.internal.transaction import (
    TopicPartitions,
    TransactionLogKey,
    TransactionLogValue,
)

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


class TopicPartition(NamedTuple):
    """A partition by the name of its topic."""

    topic: str
    partition: int


def is_exhausted(producer: Producer) -> bool:
    """Whether no client may be given a higher epoch: the highest is kept for fencing."""
    return producer.producer_epoch >= MAX_EPOCH - 1


class Transaction(NamedTuple):
    """A transactional id. Times are epoch milliseconds.

    `last_epoch` is that of the producer before its epoch was raised: who names it repeats a request
    whose answer was lost. `previous_id` is the producer id before the latest change of any kind.
    """

    producer: Producer
    timeout_ms: int
    state: State = State.EMPTY
    partitions: frozenset[TopicPartition] = frozenset()
    start_ms: int = NO_TIME
    updated_ms: int = NO_TIME
    last_epoch: int = NO_EPOCH
    previous_id: int = NO_PRODUCER_ID
    next_id: int = NO_PRODUCER_ID
    client_version: int = VERSION_0

    @property
    def is_prepared(self) -> bool:
        """Whether the outcome is decided and markers are to be written."""
        return self.state in PREPARED

    @property
    def is_commit(self) -> bool:
        """Whether the outcome is, or was, a commit."""
        return self.state in (State.PREPARE_COMMIT, State.COMPLETE_COMMIT)

    def initialized(
        self, producer: Producer, last_epoch: int, timeout_ms: int, now_ms: int
    ) -> Transaction:
        """Give a producer its id and epoch, before any transaction."""
        return self._replace(
            producer=producer,
            last_epoch=last_epoch,
            timeout_ms=timeout_ms,
            state=State.EMPTY,
            partitions=frozenset(),
            start_ms=NO_TIME,
            updated_ms=now_ms,
            previous_id=self.producer.producer_id,
        )

    def with_partitions(
        self, partitions: Iterable[TopicPartition], client_version: int, now_ms: int
    ) -> Transaction:
        """Add partitions; the first ones begin a transaction."""
        is_ongoing = self.state is State.ONGOING
        return self._replace(
            state=State.ONGOING,
            partitions=self.partitions.union(partitions),
            start_ms=self.start_ms if is_ongoing else now_ms,
            updated_ms=now_ms,
            previous_id=self.producer.producer_id,
            client_version=client_version,
        )

    def prepared(
        self, is_commit: bool, client_version: int, next_id: int, now_ms: int
    ) -> Transaction:
        """Decide the outcome. In version 2 that raises the epoch, which fences late writes."""
        ended = self._replace(
            state=State.PREPARE_COMMIT if is_commit else State.PREPARE_ABORT,
            start_ms=self.start_ms if self.state is State.ONGOING else now_ms,
            updated_ms=now_ms,
            previous_id=self.producer.producer_id,
            next_id=next_id,
            client_version=client_version,
        )
        if client_version < VERSION_2:
            return ended
        producer_id, epoch = self.producer
        raised = Producer(producer_id, min(epoch + 1, MAX_EPOCH))
        return ended._replace(producer=raised, last_epoch=raised.producer_epoch - 1)

    def fenced(self, now_ms: int) -> Transaction:
        """Abort in the coordinator's own name, with an epoch above the producer's."""
        return self.prepared(False, VERSION_2, NO_PRODUCER_ID, now_ms)

    @property
    def needs_next_id(self) -> bool:
        """Whether fencing took the last epoch, so that only another producer id can follow."""
        return self.producer.producer_epoch == MAX_EPOCH and self.next_id == NO_PRODUCER_ID

    def completed(self, now_ms: int) -> Transaction:
        """End the transaction, once all markers are written."""
        return self._replace(
            producer=self.following_producer,
            state=State.COMPLETE_COMMIT if self.is_commit else State.COMPLETE_ABORT,
            partitions=frozenset(),
            updated_ms=now_ms,
            previous_id=self.producer.producer_id,
            next_id=NO_PRODUCER_ID,
        )

    @property
    def following_producer(self) -> Producer:
        """Who begins the next transaction, once this one has ended."""
        if self.next_id != NO_PRODUCER_ID:
            return Producer(self.next_id, 0)
        return self.producer

    # The log

    def record(self, transactional_id: str) -> Record:
        """Make the record that says all this."""
        partitions: dict[str, list[int]] = {}
        for topic, partition in sorted(self.partitions):
            partitions.setdefault(topic, []).append(partition)
        topics = [TopicPartitions(topic, indexes) for topic, indexes in partitions.items()]
        return Record(
            TransactionLogKey(transactional_id=transactional_id),
            TransactionLogValue(
                producer_id=self.producer.producer_id,
                previous_producer_id=self.previous_id,
                next_producer_id=self.next_id,
                producer_epoch=self.producer.producer_epoch,
                transaction_timeout_ms=self.timeout_ms,
                transaction_status=self.state,
                transaction_partitions=None if self.state is State.EMPTY else topics,
                transaction_last_update_timestamp_ms=self.updated_ms,
                transaction_start_timestamp_ms=self.start_ms,
                client_transaction_version=self.client_version,
            ),
        )

    @classmethod
    def of_record(cls, value: TransactionLogValue) -> Transaction:
        """Read a record's value."""
        state = State(value.transaction_status)
        last_epoch = NO_EPOCH
        if value.client_transaction_version >= VERSION_2 and state in ENDED:
            # An epoch 0 follows the last one of another producer id.
            last_epoch = (value.producer_epoch or MAX_EPOCH) - 1
        return cls(
            producer=Producer(value.producer_id, value.producer_epoch),
            timeout_ms=value.transaction_timeout_ms,
            state=state,
            partitions=frozenset(
                TopicPartition(topic.topic, index)
                for topic in value.transaction_partitions or ()
                for index in topic.partition_ids
            ),
            start_ms=value.transaction_start_timestamp_ms,
            updated_ms=value.transaction_last_update_timestamp_ms,
            last_epoch=last_epoch,
            previous_id=value.previous_producer_id,
            next_id=value.next_producer_id,
            client_version=value.client_transaction_version,
        )
