"""Writes the markers that end a transaction in the partitions that it wrote to.

A marker may be written twice, after a crash for one: the second one ends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple, Protocol

from kafkapy.clock import Clock
from kafkapy.coordinator.shard_log import EndOfTransaction, Producer
from kafkapy.coordinator.transaction.transaction import TopicPartition
from kafkapy.errors import ApiError, error_code
from kafkapy.storage.engine import Append, Engine, LogId, Origin
from kafkapy.storage.errors import StorageError
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.records.control import EndTxnMarker, build_end_txn_marker

OFFSETS_TOPIC = "__consumer_offsets"


class Marker(NamedTuple):
    """The outcome of one transaction; the coordinator's epoch fences an earlier coordinator."""

    producer: Producer
    is_commit: bool
    coordinator_epoch: int


class Owner(Protocol):
    """The coordinator that owns an internal topic, and alone writes to its partitions."""

    async def end_transaction(
        self, partition: int, end: EndOfTransaction, producer_epoch: int, coordinator_epoch: int
    ) -> None:
        """Write a marker, and apply what it ends. Raises ApiError."""


class Markers:
    """Writes markers; `find_log` gives the log of a partition that exists."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        groups: Owner,
        find_log: Callable[[TopicPartition], LogId | None],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._owners = {OFFSETS_TOPIC: groups}
        self._find_log = find_log

    def add_owner(self, topic: str, owner: Owner) -> None:
        """Leave the markers in an internal topic to its coordinator."""
        self._owners[topic] = owner

    async def write(
        self, marker: Marker, partitions: Collection[TopicPartition]
    ) -> dict[TopicPartition, ErrorCode]:
        """Write a marker to partitions; gives the outcome for each.

        UNKNOWN_TOPIC_OR_PARTITION, INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED, or what
        the storage or the group coordinator met.
        """
        outcomes: dict[TopicPartition, ErrorCode] = {}
        logs: dict[TopicPartition, LogId] = {}
        for partition in sorted(partitions):  # so that the same run writes in the same order
            log = self._find_log(partition)
            if log is None:
                outcomes[partition] = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            elif owner := self._owners.get(partition.topic):
                outcomes[partition] = await _hand_over(marker, owner, partition.partition)
            else:
                logs[partition] = log
        if logs:
            batch = build_end_txn_marker(
                EndTxnMarker(marker.is_commit, marker.coordinator_epoch),
                producer_id=marker.producer.producer_id,
                producer_epoch=marker.producer.producer_epoch,
                timestamp_ms=self._clock.now_ms(),
            )
            appends = [Append(log, batch, Origin.COORDINATOR) for log in logs.values()]
            results = await self._engine.append(appends)
            for partition, result in zip(logs, results, strict=True):
                outcomes[partition] = (
                    error_code(result) if isinstance(result, StorageError) else ErrorCode.NONE
                )
        return outcomes


async def _hand_over(marker: Marker, owner: Owner, partition: int) -> ErrorCode:
    producer_id, producer_epoch = marker.producer
    end = EndOfTransaction(producer_id, marker.is_commit)
    try:
        await owner.end_transaction(partition, end, producer_epoch, marker.coordinator_epoch)
    except ApiError as error:
        return error.code
    return ErrorCode.NONE
