"""A broker's transactions without its sockets: handlers, coordinators and an engine that can die.

The process dies in the middle of appends: what was appended stays, what comes after never happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from types import SimpleNamespace
from typing import Any

from kafkapy.coordinator.groups import OFFSETS_TOPIC, GroupCoordinator
from kafkapy.coordinator.settings import GroupSettings
from kafkapy.coordinator.transaction.coordinator import TRANSACTION_TOPIC, TransactionCoordinator
from kafkapy.coordinator.transaction.markers import Markers
from kafkapy.coordinator.transaction.settings import TransactionSettings
from kafkapy.coordinator.transaction.transaction import TopicPartition
from kafkapy.handlers import (
    add_partitions_to_txn,
    end_txn,
    init_producer_id,
    offset_fetch,
    produce,
    txn_offset_commit,
)
from kafkapy.server.context import Peer, RequestContext
from kafkapy.storage.config import LogConfig
from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.engine import Append, Appended, Isolation, LogId, Read, Slice
from kafkapy.storage.errors import DiskError, StorageError
from kafkapy.storage.local import LocalEngine
from kafkapy.wire.messages.add_partitions_to_txn import AddPartitionsToTxnRequest
from kafkapy.wire.messages.end_txn import EndTxnRequest
from kafkapy.wire.messages.init_producer_id import InitProducerIdRequest
from kafkapy.wire.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup
from kafkapy.wire.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kafkapy.wire.messages.txn_offset_commit import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from kafkapy.wire.records.batch import batches
from kafkapy.wire.records.control import parse_end_txn_marker
from kafkapy.wire.records.record import Record, build_batch, records_of

TOPIC = "t"
PARTITIONS = 3
GROUP = "g"
HANDLERS = {
    AddPartitionsToTxnRequest: add_partitions_to_txn,
    ProduceRequest: produce,
    EndTxnRequest: end_txn,
    InitProducerIdRequest: init_producer_id,
    TxnOffsetCommitRequest: txn_offset_commit,
    OffsetFetchRequest: offset_fetch,
}


class ProcessDiedError(Exception):
    """The broker died before it answered."""


class MortalEngine(LocalEngine):
    """Dies when it has appended `appends_left` more times; logs in `broken` refuse appends."""

    appends_left: int | None = None
    died: asyncio.Event
    broken: frozenset[str] = frozenset()

    async def append(self, appends: Sequence[Append]) -> list[Appended | StorageError]:
        results: list[Appended | StorageError] = []
        for append in appends:
            if self.appends_left == 0:
                self.died.set()
                await asyncio.Event().wait()
            if self.appends_left is not None:
                self.appends_left -= 1
            if str(append.log) in self.broken:
                results.append(DiskError("broken"))
            else:
                results += await super().append([append])
        return results


class Clock:
    """Stands still but when it is told."""

    def __init__(self) -> None:
        self.time_ms = 1_000_000

    def now_ms(self) -> int:
        return self.time_ms

    monotonic_ms = now_ms


class World:
    """The broker, as its handlers see it, over a disk that survives it."""

    def __init__(self) -> None:
        self.disk = MemoryDisk()
        self.clock = Clock()
        self.max_decompressed_bytes = 1 << 20
        self.config = {"transaction.partition.verification.enable": True}
        self.topics = {
            name: [LogId(name, index, bytes(15) + bytes([number])) for index in range(count)]
            for number, (name, count) in enumerate(
                {TOPIC: PARTITIONS, OFFSETS_TOPIC: 2, TRANSACTION_TOPIC: 2}.items(), 1
            )
        }
        self.image = SimpleNamespace(topic=self._topic, topic_by_id=lambda topic_id: None)
        self._next_id = 0

    def _topic(self, name: str) -> Any:
        logs = self.topics.get(name)
        if logs is None:
            return None
        return SimpleNamespace(
            name=name,
            topic_id=logs[0].topic_id,
            is_internal=name.startswith("__"),
            config=SimpleNamespace(min_insync_replicas=1),
            partition=lambda index: logs[index] if 0 <= index < len(logs) else None,
        )

    def _find_log(self, at: TopicPartition) -> LogId | None:
        topic = self._topic(at.topic)
        log: LogId | None = topic.partition(at.partition) if topic else None
        return log

    async def _next_producer_id(self) -> int:
        self._next_id += 1
        return self._next_id

    async def start(self) -> None:
        self.engine = MortalEngine(self.disk, now_ms=self.clock.now_ms)
        self.engine.died = asyncio.Event()
        await self.engine.start()
        found = set(self.engine.logs())
        missing = [log for logs in self.topics.values() for log in logs if log not in found]
        await self.engine.create(missing, LogConfig())

        async def logs_of(name: str) -> list[LogId]:
            return self.topics[name]

        self.groups = GroupCoordinator(
            self.engine,
            self.clock,
            GroupSettings(),
            lambda: logs_of(OFFSETS_TOPIC),
            lambda: "member",
        )
        self.transactions = TransactionCoordinator(
            self.engine,
            self.clock,
            TransactionSettings(),
            lambda: logs_of(TRANSACTION_TOPIC),
            self._next_producer_id,
            Markers(self.engine, self.clock, self.groups, self._find_log),
        )
        await self.groups.ensure_started()
        await self.transactions.ensure_started()

    async def die(self) -> None:
        """Kill the process: nothing of it runs on."""
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._silence()

    async def _silence(self) -> None:
        # Timers of the dead process would ring in the next one; its logs are left as they are.
        self.engine.appends_left = 0
        await self.transactions._runtime.close()
        await self.groups._runtime.close()

    async def _survive(self, work: Coroutine[Any, Any, Any]) -> Any:
        task = asyncio.ensure_future(work)
        death = asyncio.ensure_future(self.engine.died.wait())
        await asyncio.wait([task, death], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ProcessDiedError
        death.cancel()
        return task.result()

    def handle(self, request: Any, version: int) -> Coroutine[Any, Any, Any]:
        """Give what a handler has to do."""
        peer = Peer(1, "127.0.0.1", "127.0.0.1", 9092, "PLAINTEXT")
        context = RequestContext(self, peer, version, "test")  # type: ignore[arg-type]
        answering: Coroutine[Any, Any, Any] = HANDLERS[type(request)].handle(request, context)
        return answering

    async def call(self, request: Any, version: int) -> Any:
        """Let a handler answer. Raises ProcessDiedError."""
        return await self._survive(self.handle(request, version))

    async def settle(self) -> None:
        """Wait for the markers of what is decided. Raises ProcessDiedError."""
        await self._survive(self.transactions.settle())

    # What clients do

    async def init(self, name: str, producer: tuple[int, int] = (-1, -1)) -> Any:
        return await self.call(InitProducerIdRequest(name, 60_000, *producer), 5)

    async def produce(
        self, name: str, producer: tuple[int, int], sequence: int, partition: int, value: bytes
    ) -> Any:
        batch = build_batch(
            [Record(0, self.clock.now_ms(), None, value, ())],
            producer_id=producer[0],
            producer_epoch=producer[1],
            base_sequence=sequence,
            is_transactional=True,
        )
        topic = TopicProduceData(TOPIC, partition_data=[PartitionProduceData(partition, batch)])
        answer = await self.call(ProduceRequest(name, -1, 1000, [topic]), 12)
        return answer.responses[0].partition_responses[0]

    async def commit_offset(self, name: str, producer: tuple[int, int], offset: int) -> int:
        partition = TxnOffsetCommitRequestPartition(0, offset, -1, "")
        request = TxnOffsetCommitRequest(
            name, GROUP, *producer, topics=[TxnOffsetCommitRequestTopic(TOPIC, [partition])]
        )
        answer = await self.call(request, 5)
        code: int = answer.topics[0].partitions[0].error_code
        return code

    async def end(self, name: str, producer: tuple[int, int], is_commit: bool) -> Any:
        return await self.call(EndTxnRequest(name, *producer, is_commit), 5)

    # What consumers see

    async def committed(self, partition: int) -> list[bytes]:
        """Read a partition up to the last stable offset, and skip what was aborted."""
        log = self.topics[TOPIC][partition]
        [found] = await self.engine.read([Read(log, 0, 1 << 30, Isolation.READ_COMMITTED)], 1 << 30)
        assert isinstance(found, Slice)
        aborted = sorted((start, pid) for pid, start in found.aborted or ())
        skipped: set[int] = set()
        values = []
        for header, batch in batches(found.records):
            while aborted and aborted[0][0] <= header.base_offset:
                skipped.add(aborted.pop(0)[1])
            if header.is_control:
                marker = parse_end_txn_marker(batch, header)
                assert marker is not None
                if not marker.is_commit:
                    skipped.discard(header.producer_id)
            elif header.producer_id not in skipped:
                records = records_of(batch, header, max_bytes=1 << 20)
                values += [bytes(record.value or b"") for record in records]
        return values

    async def offset(self, *, stable: bool) -> tuple[int, int]:
        """Give the error and the committed offset of the group."""
        request = OffsetFetchRequest(
            groups=[OffsetFetchRequestGroup(GROUP, topics=None)], require_stable=stable
        )
        answer = await self.call(request, 9)
        [group] = answer.groups
        for topic in group.topics:
            for found in topic.partitions:
                return found.error_code, found.committed_offset
        return group.error_code, -1
