"""A transaction shard without a runtime: its log is a list, its clock stands still."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from kafkapy.coordinator.result import Result
from kafkapy.coordinator.shard_log import Producer
from kafkapy.coordinator.transaction.settings import TransactionSettings
from kafkapy.coordinator.transaction.shard import NeedsProducerIdError, TransactionShard
from kafkapy.coordinator.transaction.transaction import TopicPartition, Transaction
from kafkapy.errors import ApiError
from kafkapy.wire.error_codes import ErrorCode
from tests.kafkapy.coordinator.shard_harness import ShardHarness

ID = "payments"
PARTITION = TopicPartition("t", 0)


class TransactionHarness(ShardHarness):
    """Runs operations as the coordinator does: with a new producer id where one is needed."""

    def __init__(self, **settings: int) -> None:
        self.settings = TransactionSettings(**settings)
        self.prepared: list[str] = []
        self._ids = itertools.count(100)
        super().__init__()

    def _new_shard(self) -> TransactionShard:
        self.prepared.clear()
        return TransactionShard(self.settings, self.timers, self.prepared.append)

    def run(self, result: Result[Any]) -> Any:
        error = self.append_error if result.records else None
        if error is None:
            for offset, record in enumerate(result.records, len(self.log)):
                self.shard.replay(record, offset, -1)
            self.log += result.records
        if result.appended is not None:
            result.appended.resolve(error)
        if error is not None:
            raise error
        return result.response

    def _with_id(self, operation: Callable[[int | None], Result[Any]]) -> Any:
        try:
            return self.run(operation(None))
        except NeedsProducerIdError:
            new_id = next(self._ids)
            return self.run(operation(new_id))

    def init(
        self, expected: Producer | None = None, *, timeout_ms: int = 60_000, name: str = ID
    ) -> Any:
        return self._with_id(
            lambda new_id: self.shard.init_producer(name, timeout_ms, expected, new_id, self.now_ms)
        )

    def add(
        self, producer: Producer, *partitions: TopicPartition, version: int = 2, name: str = ID
    ) -> None:
        added = partitions or (PARTITION,)
        self.run(self.shard.add_partitions(name, producer, added, version, self.now_ms))

    def end(
        self, producer: Producer, is_commit: bool = True, *, version: int = 2, name: str = ID
    ) -> Any:
        return self._with_id(
            lambda new_id: self.shard.end(name, producer, is_commit, version, new_id, self.now_ms)
        )

    def mark(self, *failed: TopicPartition, name: str = ID) -> None:
        """Say that all markers were written but those that failed."""
        self._with_id(lambda new_id: self.shard.marked(name, failed, new_id, self.now_ms))

    def transaction(
        self, producer: Producer, is_commit: bool = True, *, version: int = 2
    ) -> Producer:
        """Begin and end a transaction; gives the producer of the next one."""
        self.add(producer, version=version)
        following: Producer = self.end(producer, is_commit, version=version)
        self.mark()
        return following

    def missing(self, producer: Producer, *partitions: TopicPartition) -> list[TopicPartition]:
        return self.shard.missing(ID, producer, partitions or (PARTITION,))

    @property
    def state(self) -> Transaction:
        return self.shard.transactions[ID]


def error_of(call: Callable[..., Any], *arguments: Any, **options: Any) -> ErrorCode:
    """Give the error that a call raises."""
    with pytest.raises(ApiError) as raised:
        call(*arguments, **options)
    return raised.value.code


@pytest.fixture
def harness() -> TransactionHarness:
    made = TransactionHarness()
    made.reload()
    return made


@pytest.fixture
def new_harness() -> Callable[..., TransactionHarness]:
    def make(**settings: int) -> TransactionHarness:
        made = TransactionHarness(**settings)
        made.reload()
        return made

    return make


@pytest.fixture
def error() -> Callable[..., ErrorCode]:
    return error_of
