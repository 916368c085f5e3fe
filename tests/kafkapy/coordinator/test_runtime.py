"""The group coordinator over a real log: durability, ownership, serialization, timers."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

import pytest

from kafkapy.coordinator.classic.groups import Client
from kafkapy.coordinator.group_shard import GroupShard
from kafkapy.coordinator.groups import OFFSETS_TOPIC, GroupCoordinator
from kafkapy.coordinator.partitioner import partition_for
from kafkapy.coordinator.result import Record, Result
from kafkapy.coordinator.runtime import Runtime
from kafkapy.coordinator.settings import GroupSettings
from kafkapy.coordinator.shard_log import EndOfTransaction, Producer
from kafkapy.eager import Finished, start
from kafkapy.errors import ApiError
from kafkapy.storage.config import LogConfig
from kafkapy.storage.engine import Append, Appended, LogId, Origin, Read, Slice
from kafkapy.storage.errors import (
    DiskError,
    FencedEpochError,
    RecordTooLargeError,
    StorageError,
    UnexpectedEndError,
    UnknownLogError,
)
from kafkapy.storage.memory import MemoryEngine
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.internal.coordinator_records import CONSUMER_OFFSETS
from kafkapy.wire.internal.offsets import OffsetCommitKey, OffsetCommitValue
from kafkapy.wire.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from kafkapy.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kafkapy.wire.messages.offset_fetch import OffsetFetchRequestGroup
from kafkapy.wire.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment
from kafkapy.wire.records.batch import batches
from kafkapy.wire.records.record import Record as LogRecord
from kafkapy.wire.records.record import build_batch, records_of

T = TypeVar("T")

PARTITIONS = 3
LOGS = [LogId(OFFSETS_TOPIC, partition, b"t" * 16) for partition in range(PARTITIONS)]
CLIENT = Client("client", "/10.0.0.1", requires_known_member_id=False)


class Clock:
    def __init__(self) -> None:
        self.ms = 1_000_000

    def now_ms(self) -> int:
        return self.ms

    def monotonic_ms(self) -> int:
        return self.ms


class TestEngine(MemoryEngine):
    """An engine that fails, or is slow, when it is told to."""

    __test__ = False

    def __init__(self, clock: Clock) -> None:
        super().__init__(now_ms=clock.now_ms)
        self.error: StorageError | None = None
        self.gate: asyncio.Event | None = None
        self.appends: list[Append] = []

    async def append(self, appends: Sequence[Append]) -> list[Appended | StorageError]:
        self.appends += appends
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            return [self.error]
        return await super().append(appends)

    async def read(
        self, reads: Sequence[Read], max_bytes: int, *, at_least_one: bool = True
    ) -> list[Slice | StorageError]:
        if self.gate is not None:
            await self.gate.wait()
        return await super().read(reads, max_bytes, at_least_one=at_least_one)


class World:
    """An engine, a clock, and coordinators over them."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.engine = TestEngine(self.clock)
        self.topics_made = 0
        self.ids = itertools.count(1)

    async def ensure_topic(self) -> list[LogId]:
        if not list(self.engine.logs()):
            self.topics_made += 1
            await asyncio.sleep(0)
            await self.engine.create(LOGS, LogConfig())
        return LOGS

    def coordinator(self) -> GroupCoordinator:
        settings = GroupSettings(initial_rebalance_delay_ms=0)
        return GroupCoordinator(
            self.engine, self.clock, settings, self.ensure_topic, lambda: f"id{next(self.ids)}"
        )

    async def started(self) -> GroupCoordinator:
        groups = self.coordinator()
        await groups.ensure_started()
        return groups


def run(test: Callable[[World], Awaitable[None]]) -> None:
    async def main() -> None:
        world = World()
        await world.engine.start()
        await test(world)

    asyncio.run(main())


def commit(groups: GroupCoordinator, offset: int, group: str = "orders", topic: str = "t") -> Any:
    partition = OffsetCommitRequestPartition(0, offset, committed_metadata="m")
    request = OffsetCommitRequest(
        group, topics=[OffsetCommitRequestTopic(topic, bytes(16), [partition])]
    )
    return groups.commit_offsets(request, 9)


def committed(groups: GroupCoordinator, group: str = "orders") -> list[tuple[str, int]]:
    asked = OffsetFetchRequestGroup(group_id=group, topics=None)
    found = groups.fetch_offsets(asked, require_stable=True)
    return [(topic.name, topic.partitions[0].committed_offset) for topic in found.topics]


def join(groups: GroupCoordinator, **fields: Any) -> Coroutine[Any, Any, Any]:
    request = JoinGroupRequest(
        group_id="orders",
        session_timeout_ms=10_000,
        rebalance_timeout_ms=60_000,
        protocol_type="consumer",
        protocols=[JoinGroupRequestProtocol("range", b"")],
    )
    for name, value in fields.items():
        setattr(request, name, value)
    return groups.join(request, CLIENT)


async def code_of(awaitable: Awaitable[T]) -> ErrorCode:
    with pytest.raises(ApiError) as caught:
        await awaitable
    return caught.value.code


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_commit_needs_neither_a_task_nor_a_future() -> None:
    async def test(world: World) -> None:
        groups = await world.started()
        assert isinstance(start(commit(groups, 5)), Finished)

    run(test)


def test_offsets_and_groups_survive_a_restart() -> None:
    async def test(world: World) -> None:
        groups = await world.started()
        await commit(groups, 5)
        joined = await join(groups)
        assignment = [SyncGroupRequestAssignment(joined.member_id, b"all")]
        await groups.sync(SyncGroupRequest("orders", 1, joined.member_id, assignments=assignment))
        await groups.close()
        after = world.coordinator()
        await after.start()
        assert committed(after) == [("t", 5)]
        described = after.describe("orders")
        assert described.group_state == "Stable"
        assert [member.member_assignment for member in described.members] == [b"all"]
        assert world.topics_made == 1

    run(test)


def test_one_operation_appends_one_batch_with_the_claimed_epoch_and_the_expected_end() -> None:
    async def test(world: World) -> None:
        groups = await world.started()
        request = OffsetCommitRequest(
            "orders",
            topics=[
                OffsetCommitRequestTopic(
                    "t", bytes(16), [OffsetCommitRequestPartition(p, 1) for p in range(3)]
                )
            ],
        )
        await groups.commit_offsets(request, 9)
        await groups.commit_offsets(request, 9)
        first, second = world.engine.appends
        assert (first.origin, first.expected_end, second.expected_end) == (
            Origin.COORDINATOR,
            0,
            3,
        )
        assert first.leader_epoch == world.engine.leader_epoch(first.log)
        [(header, batch)] = batches(first.records)
        keys = [
            CONSUMER_OFFSETS.decode_key(record.key or b"")
            for record in records_of(batch, header, max_bytes=1 << 20)
        ]
        assert keys == [OffsetCommitKey("orders", "t", p) for p in range(3)]

    run(test)


def test_before_the_topic_exists_this_broker_is_no_coordinator() -> None:
    async def test(world: World) -> None:
        groups = world.coordinator()
        await groups.start()
        assert await code_of(commit(groups, 5)) is ErrorCode.NOT_COORDINATOR
        assert groups.list_groups([], []) == []
        assert world.topics_made == 0

    run(test)


def test_the_topic_is_made_once_for_many_first_users() -> None:
    async def test(world: World) -> None:
        groups = world.coordinator()
        await asyncio.gather(*(groups.ensure_started() for _ in range(5)))
        await commit(groups, 5)
        assert world.topics_made == 1

    run(test)


def test_while_a_shard_loads_clients_are_told_to_wait() -> None:
    async def test(world: World) -> None:
        before = await world.started()
        await commit(before, 5)
        world.engine.gate = asyncio.Event()
        groups = world.coordinator()
        loading = asyncio.create_task(groups.start())
        await settle()
        assert await code_of(commit(groups, 6)) is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
        world.engine.gate.set()
        await loading
        assert committed(groups) == [("t", 5)]

    run(test)


def test_a_log_that_cannot_be_read_leaves_only_its_own_groups_without_a_coordinator(
    caplog: Any,
) -> None:
    async def test(world: World) -> None:
        await world.ensure_topic()
        owner = partition_for("orders", PARTITIONS)
        damaged = build_batch([LogRecord(0, 1, b"\x00", b"", ())])
        await world.engine.append([Append(LOGS[owner], damaged, Origin.COORDINATOR)])
        groups = await world.started()
        assert await code_of(commit(groups, 5)) is ErrorCode.NOT_COORDINATOR
        other = next(g for g in "abcdef" if partition_for(g, PARTITIONS) != owner)
        await commit(groups, 5, other)
        assert [group.group_id for group in groups.list_groups([], [])] == [other]
        await groups.on_topics_deleted(["t"])
        assert committed(groups, other) == []

    run(test)
    assert f"could not load {OFFSETS_TOPIC}-" in caplog.text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DiskError(), ErrorCode.NOT_COORDINATOR),
        (UnknownLogError(), ErrorCode.COORDINATOR_NOT_AVAILABLE),
        (RecordTooLargeError(), ErrorCode.UNKNOWN_SERVER_ERROR),
    ],
)
def test_a_failed_append_changes_nothing_and_is_told_as_what_helps(
    error: StorageError, code: ErrorCode
) -> None:
    async def test(world: World) -> None:
        groups = await world.started()
        await commit(groups, 5)
        world.engine.error = error
        assert await code_of(commit(groups, 6)) is code
        assert (await join(groups, group_id="new")).error_code == code
        world.engine.error = None
        assert committed(groups) == [("t", 5)]
        await commit(groups, 7)
        assert committed(groups) == [("t", 7)]

    run(test)


def test_what_does_not_fit_into_a_record_is_refused_and_leaves_no_group() -> None:
    async def test(world: World) -> None:
        groups = await world.started()
        too_long = "g" * 40_000
        assert await code_of(commit(groups, 5, too_long)) is ErrorCode.UNKNOWN_SERVER_ERROR
        joined = await join(groups, group_id=too_long)
        assert joined.error_code == ErrorCode.UNKNOWN_SERVER_ERROR
        assert groups.list_groups([], []) == []

    run(test)


@pytest.mark.parametrize("error", [FencedEpochError(), UnexpectedEndError()])
def test_who_has_lost_the_log_steps_down_and_tells_those_who_wait(error: StorageError) -> None:
    async def test(world: World) -> None:
        groups = await world.started()
        await join(groups)
        waiting = asyncio.create_task(join(groups))
        await settle()
        owner = partition_for("orders", PARTITIONS)
        neighbour = next(g for g in "abcdef" if partition_for(g, PARTITIONS) == owner)
        world.engine.error = error
        assert await code_of(commit(groups, 5, neighbour)) is ErrorCode.NOT_COORDINATOR
        world.engine.error = None
        assert (await waiting).error_code == ErrorCode.NOT_COORDINATOR
        if isinstance(error, FencedEpochError):
            assert await code_of(commit(groups, 5)) is ErrorCode.NOT_COORDINATOR

    run(test)


def test_a_log_that_somebody_else_has_written_to_is_loaded_again() -> None:
    async def test(world: World) -> None:
        groups = await world.started()
        await commit(groups, 5)
        owner = LOGS[partition_for("orders", PARTITIONS)]
        foreign = build_batch([LogRecord(0, 1, b"\x00\x7fwho knows", None, ())])
        await world.engine.append([Append(owner, foreign, Origin.COORDINATOR)])
        assert await code_of(commit(groups, 6)) is ErrorCode.NOT_COORDINATOR
        await settle()
        assert committed(groups) == [("t", 5)]
        await commit(groups, 7)
        assert committed(groups) == [("t", 7)]

    run(test)


def test_another_owner_of_the_log_fences_the_first() -> None:
    async def test(world: World) -> None:
        first = await world.started()
        await commit(first, 5)
        second = await world.started()
        assert await code_of(commit(first, 6)) is ErrorCode.NOT_COORDINATOR
        await commit(second, 7)
        assert committed(second) == [("t", 7)]

    run(test)


def test_operations_on_one_shard_run_one_by_one() -> None:
    async def test(world: World) -> None:
        groups = await world.started()
        world.engine.gate = asyncio.Event()
        tasks = [asyncio.create_task(commit(groups, offset)) for offset in range(5)]
        await settle()
        assert len(world.engine.appends) == 1
        assert committed(groups) == []
        world.engine.gate.set()
        await asyncio.gather(*tasks)
        assert committed(groups) == [("t", 4)]

    run(test)


def test_a_session_that_times_out_is_noticed_by_the_clock() -> None:
    async def test(world: World) -> None:
        groups = await world.started()
        await join(groups)
        world.clock.ms += 60_000
        await groups.run_due()
        assert groups.describe("orders").group_state == "Empty"
        await groups.close()

    run(test)


def test_a_client_that_goes_while_it_waits_does_no_harm() -> None:
    async def test(world: World) -> None:
        groups = await world.started()
        first = await join(groups)
        waiting = asyncio.create_task(join(groups))
        await settle()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        again = await join(groups, member_id=first.member_id)
        assert again.generation_id == 2
        await groups.close()

    run(test)


def test_an_append_goes_on_when_its_client_hangs_up() -> None:
    async def test(world: World) -> None:
        groups = await world.started()
        world.engine.gate = asyncio.Event()
        tasks = [asyncio.create_task(commit(groups, offset)) for offset in (5, 6)]
        await settle()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert all(task.cancelled() for task in tasks)
        world.engine.gate.set()
        await commit(groups, 7)
        assert committed(groups) == [("t", 7)]
        assert [append.expected_end for append in world.engine.appends] == [0, 1, 2]

    run(test)


def test_a_timer_that_fails_does_not_keep_others_from_running(caplog: Any) -> None:
    async def test(world: World) -> None:
        ran = []

        def fail(now_ms: int) -> Result[None]:
            raise RuntimeError("out of order")

        def note(now_ms: int) -> Result[None]:
            ran.append(now_ms)
            return Result(None)

        class Machine(GroupShard):
            def loaded(self, now_ms: int) -> None:
                self._timers.schedule("first", 10, fail)
                self._timers.schedule("second", 20, note)

        runtime: Runtime[Machine] = Runtime(
            world.engine,
            world.clock,
            CONSUMER_OFFSETS,
            lambda timers: Machine(GroupSettings(), timers, lambda: "id"),
        )
        await runtime.start((await world.ensure_topic())[:1])
        world.clock.ms += 20
        await runtime.run_due()
        assert ran == [world.clock.ms]
        await runtime.close()

    run(test)
    assert "out of order" in caplog.text


def test_closing_tells_those_who_wait() -> None:
    async def test(world: World) -> None:
        groups = await world.started()
        await join(groups)
        waiting = asyncio.create_task(join(groups))
        await settle()
        await groups.close()
        assert (await waiting).error_code == ErrorCode.NOT_COORDINATOR

    run(test)


def test_deleted_topics_take_their_offsets_along() -> None:
    async def test(world: World) -> None:
        groups = await world.started()
        for group in ("a", "b", "c", "orders"):
            await commit(groups, 5, group)
        await commit(groups, 6, topic="kept")
        await groups.on_topics_deleted(["t"])
        assert [committed(groups, group) for group in ("a", "b", "c", "orders")] == [
            [],
            [],
            [],
            [("kept", 6)],
        ]

    run(test)


def test_without_its_topic_the_coordinator_begins_anew() -> None:
    async def test(world: World) -> None:
        groups = await world.started()
        await commit(groups, 5)
        await world.engine.delete(LOGS)
        await groups.on_topics_deleted([OFFSETS_TOPIC])
        assert await code_of(commit(groups, 6)) is ErrorCode.NOT_COORDINATOR
        await groups.ensure_started()
        assert committed(groups) == []

    run(test)


def test_records_of_a_newer_broker_are_skipped(caplog: Any) -> None:
    async def test(world: World) -> None:
        await world.ensure_topic()
        unknown = LogRecord(0, 1, b"\x03\xe7key", b"\x00\x00value", ())
        newer = LogRecord(
            0, 1, b"\x00\x01" + b"\x00\x01g\x00\x01t\x00\x00\x00\x00", b"\x00\x63", ()
        )
        batch = build_batch([unknown, newer])
        for log in LOGS:
            await world.engine.append([Append(log, batch, Origin.COORDINATOR)])
        groups = await world.started()
        await commit(groups, 5)
        assert committed(groups) == [("t", 5)]

    run(test)
    assert "unknown record type 999" in caplog.text
    assert "no version 99" in caplog.text


def test_a_transaction_is_pending_until_its_end_and_so_it_is_after_a_load() -> None:
    async def test(world: World) -> None:
        producer = Producer(77, 0)

        def write(shard: GroupShard, now_ms: int) -> Result[None]:
            record = Record(OffsetCommitKey("orders", "t", 0), OffsetCommitValue(offset=9))
            return Result(None, [record])

        async def load() -> Runtime[GroupShard]:
            loaded: Runtime[GroupShard] = Runtime(
                world.engine,
                world.clock,
                CONSUMER_OFFSETS,
                lambda timers: GroupShard(GroupSettings(), timers, lambda: "id"),
            )
            await loaded.start(await world.ensure_topic())
            return loaded

        def offsets(runtime: Runtime[GroupShard]) -> tuple[bool, bool]:
            return runtime.read_partition(
                0,
                lambda shard: (
                    shard.offsets.is_pending("orders", "t", 0),
                    shard.offsets.get("orders", "t", 0) is not None,
                ),
            )

        runtime = await load()
        await runtime.write_partition(0, write, producer)
        assert offsets(runtime) == offsets(await load()) == (True, False)
        runtime = await load()
        await runtime.end_transaction(0, EndOfTransaction(77, True), 0, 5)
        assert offsets(runtime) == offsets(await load()) == (False, True)

    run(test)
