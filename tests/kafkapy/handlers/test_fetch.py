"""Fetch: what is read, how long it waits, and that a session hears of everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from kafkapy.broker import Broker
from kafkapy.clock import SystemClock
from kafkapy.config.broker import BrokerConfig
from kafkapy.handlers import fetch
from kafkapy.metadata.image import Topic
from kafkapy.server.context import Peer, RequestContext
from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.engine import Append, LogId, Origin, Read
from kafkapy.wire.compression import Compression
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.create_topics import CreatableTopic
from kafkapy.wire.messages.fetch import (
    FetchPartition,
    FetchRequest,
    FetchResponse,
    FetchTopic,
    ForgottenTopic,
    PartitionData,
)
from kafkapy.wire.records.batch import HEADER_BYTES
from kafkapy.wire.records.control import EndTxnMarker, build_end_txn_marker
from kafkapy.wire.records.legacy import records_of_message_set
from kafkapy.wire.records.record import Record, build_batch

LATEST = 18
NO_EPOCH = -1
FULL, FIRST, CLOSE = 0, 1, -1
LONG_MS = 3_600_000
TIME_MS = 1_700_000_000_000
MIB = 1 << 20


def batch_of(size: int = 10, **settings: Any) -> bytes:
    return build_batch([Record(0, TIME_MS, b"key", b"v" * size)], **settings)


class Counting:
    """An engine's `read`, which counts how many logs it was asked for."""

    def __init__(self, read: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        self._read = read
        self.count = 0

    async def __call__(self, reads: list[Read], *arguments: Any, **named: Any) -> Any:
        self.count += len(reads)
        return await self._read(reads, *arguments, **named)


class Harness:
    """A broker, and what tests do to it."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.peer = Peer(1, "127.0.0.1", "127.0.0.1", 9092, "PLAINTEXT")
        self.reads = Counting(broker.engine.read)
        broker.engine.read = self.reads  # type: ignore[method-assign, assignment]

    def topic(self, name: str = "topic") -> Topic:
        topic = self.broker.image.topic(name)
        assert topic is not None
        return topic

    def log(self, partition: int = 0) -> LogId:
        log = self.topic().partition(partition)
        assert log is not None
        return log

    async def append(
        self, partition: int = 0, batch: bytes | None = None, origin: Origin = Origin.CLIENT
    ) -> None:
        (result,) = await self.broker.engine.append(
            [Append(self.log(partition), batch or batch_of(), origin)]
        )
        assert not isinstance(result, Exception), result

    def request(
        self,
        offsets: dict[int, int],
        *,
        session: int = 0,
        epoch: int = CLOSE,
        forget: Iterable[int] = (),
        max_bytes: int = MIB,
        **settings: Any,
    ) -> FetchRequest:
        topic_id = self.topic().topic_id
        asks = [
            FetchPartition(
                partition=partition,
                fetch_offset=offset,
                partition_max_bytes=max_bytes,
                current_leader_epoch=NO_EPOCH,
            )
            for partition, offset in offsets.items()
        ]
        gone = list(forget)
        return FetchRequest(
            session_id=session,
            session_epoch=epoch,
            topics=[FetchTopic("topic", topic_id, asks)] if asks else [],
            forgotten_topics_data=[ForgottenTopic("topic", topic_id, gone)] if gone else [],
            **{"max_bytes": MIB, "min_bytes": 1, **settings},
        )

    async def answer(self, request: FetchRequest, version: int = LATEST) -> FetchResponse:
        return await fetch.handle(request, RequestContext(self.broker, self.peer, version, "test"))

    async def fetch(
        self, offsets: dict[int, int], *, version: int = LATEST, **asked: Any
    ) -> dict[int, PartitionData]:
        return by_partition(await self.answer(self.request(offsets, **asked), version))

    async def waiting(self, request: FetchRequest) -> asyncio.Task[FetchResponse]:
        """A fetch that has begun to wait."""
        task = asyncio.ensure_future(self.answer(request))
        await turns()
        assert not task.done()
        return task


def by_partition(response: FetchResponse) -> dict[int, PartitionData]:
    assert not response.error_code
    return {each.partition_index: each for topic in response.responses for each in topic.partitions}


async def turns() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


@asynccontextmanager
async def harness(**config: str) -> AsyncIterator[Harness]:
    settings = {"listeners": "PLAINTEXT://127.0.0.1:0", **config}
    broker = Broker(BrokerConfig(settings), MemoryDisk(), clock=SystemClock(), rng=Random(1))
    await broker.start()
    topic = CreatableTopic("topic", num_partitions=4, replication_factor=1)
    await broker.controller.create_topic(topic, validate_only=False)
    try:
        yield Harness(broker)
    finally:
        await broker.stop()


def run(test: Callable[[Harness], Coroutine[Any, Any, None]], **config: str) -> None:
    async def main() -> None:
        async with harness(**config) as started:
            await asyncio.wait_for(test(started), 30)

    asyncio.run(main())


@pytest.mark.parametrize("version", range(4, LATEST + 1))
def test_a_fetch_gives_whole_batches_and_the_bounds(version: int) -> None:
    async def test(broker: Harness) -> None:
        await broker.append()
        await broker.append()
        (found,) = (await broker.fetch({0: 1}, version=version)).values()
        assert not found.error_code
        assert found.high_watermark == found.last_stable_offset == 2
        assert found.log_start_offset == 0
        assert found.records is not None
        assert bytes(found.records[:8]) == (1).to_bytes(8, "big")
        assert bytes(found.records[16:]) == batch_of()[16:]

    run(test)


@pytest.mark.parametrize("version", range(4))
def test_old_versions_are_given_message_sets(version: int) -> None:
    async def test(broker: Harness) -> None:
        await broker.append()
        (found,) = (await broker.fetch({0: 0}, version=version)).values()
        assert found.records is not None
        (record,) = records_of_message_set(bytes(found.records), max_bytes=MIB)
        assert record.value == b"v" * 10

    run(test)


@pytest.mark.parametrize("version", range(LATEST + 1))
def test_zstd_goes_out_as_it_is_where_batches_do(version: int) -> None:
    """Clients that read it ask with versions before 10, which brought it, and Kafka lets them."""

    async def test(broker: Harness) -> None:
        await broker.append(batch=batch_of(compression=Compression.ZSTD))
        (found,) = (await broker.fetch({0: 0}, version=version)).values()
        expected = ErrorCode.UNSUPPORTED_COMPRESSION_TYPE if version < 4 else ErrorCode.NONE
        assert found.error_code == expected
        assert bool(found.records) == (version >= 4)

    run(test)


@pytest.mark.parametrize("offset", [-1, 2])
def test_an_offset_out_of_range_is_an_error_at_once(offset: int) -> None:
    async def test(broker: Harness) -> None:
        await broker.append()
        (found,) = (await broker.fetch({0: offset}, max_wait_ms=LONG_MS)).values()
        assert found.error_code == ErrorCode.OFFSET_OUT_OF_RANGE

    run(test)


@pytest.mark.parametrize("version", [12, 13])
def test_an_unknown_partition_is_an_error_at_once(version: int) -> None:
    async def test(broker: Harness) -> None:
        (found,) = (await broker.fetch({9: 0}, version=version, max_wait_ms=LONG_MS)).values()
        assert found.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    run(test)


def test_an_unknown_topic_id_is_an_error() -> None:
    async def test(broker: Harness) -> None:
        request = broker.request({0: 0})
        request.topics[0].topic_id = bytes(range(16))
        (found,) = by_partition(await broker.answer(request)).values()
        assert found.error_code == ErrorCode.UNKNOWN_TOPIC_ID

    run(test)


def test_nobody_may_fetch_as_a_replica() -> None:
    async def test(broker: Harness) -> None:
        request = broker.request({0: 0})
        request.replica_state.replica_id = 2
        (found,) = by_partition(await broker.answer(request)).values()
        assert found.error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER

    run(test)


def test_a_partition_that_is_named_twice_is_answered_once() -> None:
    async def test(broker: Harness) -> None:
        await broker.append()
        request = broker.request({0: 5})
        request.topics += broker.request({0: 0}).topics
        response = await broker.answer(request)
        assert len(response.responses) == 1
        (found,) = by_partition(response).values()
        assert found.records

    run(test)


def test_a_first_batch_comes_whole_however_large() -> None:
    async def test(broker: Harness) -> None:
        await broker.append(batch=batch_of(5000))
        await broker.append(1, batch_of(5000))
        found = await broker.fetch({0: 0, 1: 0}, max_bytes=10)
        assert len(found[0].records or b"") > 5000
        assert found[1].records == b""

    run(test)


def test_the_bytes_of_all_partitions_together_are_bounded() -> None:
    async def test(broker: Harness) -> None:
        for partition in range(4):
            await broker.append(partition, batch_of(3000))
        request = broker.request(dict.fromkeys(range(4), 0))
        request.max_bytes = 7000
        found = by_partition(await broker.answer(request))
        assert [bool(each.records) for each in found.values()] == [True, True, False, False]

    run(test, **{"fetch.max.bytes": "8000"})


def test_without_data_it_waits_for_an_append() -> None:
    async def test(broker: Harness) -> None:
        task = await broker.waiting(broker.request({0: 0, 1: 0}, max_wait_ms=LONG_MS))
        await broker.append(1)
        found = by_partition(await task)
        assert not found[0].records
        assert found[1].records
        assert found[1].high_watermark == 1

    run(test)


def test_it_waits_no_longer_than_it_was_asked_to() -> None:
    async def test(broker: Harness) -> None:
        (found,) = (await broker.fetch({0: 0}, max_wait_ms=1)).values()
        assert found.records == b""
        assert found.high_watermark == 0

    run(test)


def test_min_bytes_counts_all_partitions_and_does_not_read_at_each_append() -> None:
    async def test(broker: Harness) -> None:
        size = len(batch_of())
        request = broker.request({0: 0, 1: 0}, max_wait_ms=LONG_MS, min_bytes=10 * size)
        task = await broker.waiting(request)
        reads = broker.reads.count
        for number in range(9):
            await broker.append(number % 2)
            await turns()
            assert not task.done()
        assert broker.reads.count <= reads + 4
        await broker.append()
        found = by_partition(await task)
        assert sum(len(each.records or b"") for each in found.values()) == 10 * size

    run(test)


def test_with_less_than_min_bytes_it_gives_what_there_is_when_the_time_is_up() -> None:
    async def test(broker: Harness) -> None:
        task = await broker.waiting(broker.request({0: 0}, max_wait_ms=50, min_bytes=MIB))
        await broker.append()
        assert by_partition(await task)[0].records

    run(test)


@pytest.mark.parametrize("min_bytes", [1, MIB])
def test_a_topic_that_is_deleted_ends_the_wait(min_bytes: int) -> None:
    async def test(broker: Harness) -> None:
        task = await broker.waiting(
            broker.request({0: 0}, max_wait_ms=LONG_MS, min_bytes=min_bytes)
        )
        topic = broker.topic()
        await broker.broker.engine.delete(topic.partitions)
        found = by_partition(await task)
        assert found[0].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    run(test)


def test_committed_readers_wait_for_the_end_of_a_transaction() -> None:
    async def test(broker: Harness) -> None:
        transaction = {"producer_id": 7, "producer_epoch": 0, "is_transactional": True}
        await broker.append(batch=batch_of(base_sequence=0, **transaction))
        uncommitted = await broker.fetch({0: 0})
        assert uncommitted[0].records
        assert uncommitted[0].aborted_transactions is None
        task = await broker.waiting(broker.request({0: 0}, max_wait_ms=LONG_MS, isolation_level=1))
        await broker.append()
        await turns()
        assert not task.done()
        marker = build_end_txn_marker(
            EndTxnMarker(is_commit=False, coordinator_epoch=0),
            producer_id=7,
            producer_epoch=0,
            timestamp_ms=TIME_MS,
        )
        await broker.append(batch=marker, origin=Origin.COORDINATOR)
        found = by_partition(await task)[0]
        assert found.last_stable_offset == 3
        (aborted,) = found.aborted_transactions or []
        assert (aborted.producer_id, aborted.first_offset) == (7, 0)

    run(test)


def test_a_session_is_told_only_what_is_new() -> None:
    async def test(broker: Harness) -> None:
        begun = await broker.answer(broker.request({0: 0, 1: 0, 2: 0}, epoch=FULL))
        assert set(by_partition(begun)) == {0, 1, 2}
        await broker.append(1)
        found = await broker.fetch({}, session=begun.session_id, epoch=FIRST)
        assert set(found) == {1}
        assert found[1].records

    run(test)


def test_a_session_does_not_read_partitions_in_which_nothing_happened() -> None:
    async def test(broker: Harness) -> None:
        begun = await broker.answer(broker.request({0: 0, 1: 0, 2: 0}, epoch=FULL))
        reads = broker.reads.count
        assert not await broker.fetch({}, session=begun.session_id, epoch=FIRST, max_wait_ms=1)
        assert broker.reads.count == reads
        await broker.append(2)
        assert set(await broker.fetch({}, session=begun.session_id, epoch=2)) == {2}
        assert broker.reads.count == reads + 1

    run(test)


def test_a_session_waits_for_all_its_partitions() -> None:
    async def test(broker: Harness) -> None:
        begun = await broker.answer(broker.request({0: 0, 1: 0}, epoch=FULL))
        request = broker.request({}, session=begun.session_id, epoch=FIRST, max_wait_ms=LONG_MS)
        task = await broker.waiting(request)
        await broker.append(1)
        assert set(by_partition(await task)) == {1}

    run(test)


def test_an_empty_session_does_not_wait() -> None:
    async def test(broker: Harness) -> None:
        begun = await broker.answer(broker.request({0: 0}, epoch=FULL))
        gone = await broker.fetch(
            {}, session=begun.session_id, epoch=FIRST, forget=[0], max_wait_ms=LONG_MS
        )
        assert not gone

    run(test)


def test_what_is_not_read_any_more_is_not_watched_any_more() -> None:
    async def test(broker: Harness) -> None:
        watching: set[LogId] = set()
        engine = broker.broker.engine
        watch, unwatch = engine.watch, engine.unwatch
        engine.watch = lambda logs, wake: (watching.update(logs), watch(logs, wake))[1]  # type: ignore[method-assign]
        engine.unwatch = lambda logs, wake: (  # type: ignore[method-assign]
            watching.difference_update(logs),
            unwatch(logs, wake),
        )[1]
        begun = await broker.answer(broker.request({0: 0, 1: 0}, epoch=FULL))
        assert watching == {broker.log(0), broker.log(1)}
        await broker.fetch({}, session=begun.session_id, epoch=FIRST, forget=[0])
        assert watching == {broker.log(1)}
        await broker.fetch({2: 0}, session=begun.session_id, epoch=CLOSE, max_wait_ms=1)
        assert not watching

    run(test)


def test_a_session_that_turns_to_committed_reads_hears_of_what_that_changes() -> None:
    async def test(broker: Harness) -> None:
        transaction = {"producer_id": 7, "producer_epoch": 0, "is_transactional": True}
        begun = await broker.answer(broker.request({0: 0}, epoch=FULL, isolation_level=1))
        await broker.append(batch=batch_of(base_sequence=0, **transaction))
        session = begun.session_id
        found = await broker.fetch({}, session=session, epoch=FIRST, isolation_level=1)
        assert not found[0].records
        found = await broker.fetch({}, session=session, epoch=2, isolation_level=0)
        assert found[0].records

    run(test)


class Consumer(RuleBasedStateMachine):
    """A consumer with a session reads everything that is appended, in order and once."""

    @initialize()
    def start(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.context = harness()
        self.broker = self.loop.run_until_complete(self.context.__aenter__())
        self.ends = dict.fromkeys(range(4), 0)
        self.positions = {0: 0}
        self.changed = {0: 0}
        self.forgotten: set[int] = set()
        self.session, self.epoch = 0, FULL

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self.loop.run_until_complete(self.context.__aexit__(None, None, None))
            self.loop.close()

    @rule(partition=st.integers(0, 3), size=st.sampled_from([1, 100, 3000]))
    def append(self, partition: int, size: int) -> None:
        self.loop.run_until_complete(self.broker.append(partition, batch_of(size)))
        self.ends[partition] += 1

    @rule(partition=st.integers(0, 3))
    def pause_or_resume(self, partition: int) -> None:
        if partition in self.positions:
            del self.positions[partition]
            self.changed.pop(partition, None)
            self.forgotten.add(partition)
        else:
            self.forgotten.discard(partition)
            self.positions[partition] = self.changed[partition] = self.ends[partition] // 2

    @rule(max_bytes=st.sampled_from([10, 1000, MIB]), isolation_level=st.integers(0, 1))
    def fetch(self, max_bytes: int, isolation_level: int) -> None:
        if not self.positions and not self.session:
            return
        response = self.loop.run_until_complete(
            self.broker.answer(
                self.broker.request(
                    self.changed if self.session else self.positions,
                    session=self.session,
                    epoch=self.epoch,
                    forget=self.forgotten if self.session else (),
                    max_bytes=max_bytes,
                    isolation_level=isolation_level,
                    min_bytes=1 if self.has_more() else 0,
                    max_wait_ms=LONG_MS,
                )
            )
        )
        self.changed, self.forgotten = {}, set()
        self.session, self.epoch = response.session_id, self.epoch + 1
        found = by_partition(response)
        assert not self.has_more() or any(each.records for each in found.values())
        for partition, data in found.items():
            assert not data.error_code
            assert data.high_watermark == self.ends[partition]
            records = bytes(data.records or b"")
            while records:
                assert len(records) > HEADER_BYTES
                assert int.from_bytes(records[:8], "big") == self.positions[partition]
                self.positions[partition] += 1
                self.changed[partition] = self.positions[partition]
                records = records[12 + int.from_bytes(records[8:12], "big") :]

    def has_more(self) -> bool:
        return any(self.positions[each] < self.ends[each] for each in self.positions)


class TestConsumer(Consumer.TestCase):
    settings = settings(max_examples=40, stateful_step_count=30)
