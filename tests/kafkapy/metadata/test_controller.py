"""The controller: each change is checked, made durable, and then true; or it did not happen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from kafkapy.config.alter import Operation, OperationType
from kafkapy.errors import ApiError
from kafkapy.metadata import log as metadata_log
from kafkapy.metadata.features import SUPPORTED_FEATURES
from kafkapy.metadata.image import BROKER, TOPIC
from kafkapy.metadata.log import METADATA_LOG
from kafkapy.storage.config import LogConfig
from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.engine import Append, Appended, LogId
from kafkapy.storage.errors import DiskError, StorageError
from kafkapy.wire.error_codes import ErrorCode
from tests.kafkapy.metadata.metadata_node import Node, creatable, summary


async def reopened(node: Node, disk: MemoryDisk) -> Node:
    await node.engine.close()
    again = await Node(disk, seed=1).start()
    assert summary(again.image) == summary(node.image)
    assert set(again.engine.logs()) == {METADATA_LOG, *again.image.logs()}
    return again


async def raises(code: ErrorCode, change: Awaitable[object]) -> None:
    with pytest.raises(ApiError) as raised:
        await change
    assert raised.value.code == code


def test_every_change_survives_a_restart() -> None:
    async def run() -> None:
        disk = MemoryDisk()
        node = await Node(disk).start()
        topic = await node.create("t", 2, {"retention.ms": "5"})
        node = await reopened(node, disk)
        topic = node.image.topics["t"]
        await node.controller.create_partitions(topic, 4, None, validate_only=False)
        await node.change(TOPIC, "t", "retention.ms", "6")
        await node.change(TOPIC, "t", "segment.ms", "7")
        await node.change(TOPIC, "t", "segment.ms", None)
        node = await reopened(node, disk)
        topic = node.image.topics["t"]
        assert [log.partition for log in topic.partitions] == [0, 1, 2, 3]
        assert node.image.overrides(TOPIC, "t") == {"retention.ms": "6"}
        await node.controller.delete_topic(topic)
        node = await reopened(node, disk)
        assert not node.image.topics

    asyncio.run(run())


def test_validate_only_changes_nothing() -> None:
    async def run() -> None:
        node = await Node(MemoryDisk()).start()
        topic = await node.create("t")
        before, offset = summary(node.image), node.controller.metadata_offset
        controller = node.controller
        plan = await controller.create_topic(creatable("u", 3), validate_only=True)
        assert plan.partitions == 3
        await controller.create_partitions(topic, 5, None, validate_only=True)
        operations = [Operation(OperationType.SET, "retention.ms", "1")]
        await controller.change_config(TOPIC, "t", operations, replace=False, validate_only=True)
        assert (summary(node.image), controller.metadata_offset) == (before, offset)
        assert set(node.engine.logs()) == {METADATA_LOG, *topic.partitions}

    asyncio.run(run())


def test_what_is_gone_cannot_be_changed() -> None:
    async def run() -> None:
        node = await Node(MemoryDisk()).start()
        topic = await node.create("t")
        controller = node.controller
        await controller.delete_topic(topic)
        unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        await raises(unknown, controller.delete_topic(topic))
        await raises(unknown, controller.create_partitions(topic, 3, None, validate_only=False))
        await raises(unknown, node.change(TOPIC, "t", "retention.ms", "1"))
        await raises(unknown, controller.create_missing("__cluster_metadata"))

    asyncio.run(run())


def test_a_change_that_cannot_be_made_durable_did_not_happen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def run() -> None:
        disk = MemoryDisk()
        node = await Node(disk).start()
        topic = await node.create("t", 1, {"retention.ms": "5"})
        before = summary(node.image)
        controller = node.controller
        changes: list[Callable[[], Awaitable[object]]] = [
            lambda: node.create("u", 2),
            lambda: controller.delete_topic(topic),
            lambda: controller.create_partitions(topic, 3, None, validate_only=False),
            lambda: node.change(TOPIC, "t", "retention.ms", "6"),
            lambda: node.change(BROKER, "", "log.retention.ms", "6"),
            lambda: controller.next_producer_id(),
        ]

        async def append(appends: object) -> list[DiskError]:
            return [DiskError("no space left")]

        with monkeypatch.context() as patch:
            patch.setattr(node.engine, "append", append)
            for change in changes:
                await raises(ErrorCode.KAFKA_STORAGE_ERROR, change())
                assert summary(node.image) == before
                assert set(node.engine.logs()) == {METADATA_LOG, *topic.partitions}
        await reopened(node, disk)

    asyncio.run(run())


def test_logs_that_a_crash_left_without_a_topic_are_removed_at_the_start() -> None:
    async def run() -> None:
        disk = MemoryDisk()
        node = await Node(disk).start()
        topic = await node.create("t")
        litter = [LogId("u", index, b"u" * 16) for index in range(2)]
        grown = LogId("t", 1, topic.topic_id)
        await node.engine.create([*litter, grown], topic.config)
        node = await Node(disk.clone()).start()
        assert set(node.engine.logs()) == {METADATA_LOG, *topic.partitions}
        await node.create("u", 2)
        await node.controller.create_partitions(
            node.image.topics["t"], 2, None, validate_only=False
        )

    asyncio.run(run())


def test_a_log_that_was_removed_is_empty_after_the_start() -> None:
    async def run() -> None:
        disk = MemoryDisk()
        node = await Node(disk).start()
        topic = await node.create("t", 2, {"retention.ms": "5"})
        await node.engine.delete(topic.partitions[:1])
        await reopened(node, disk)

    asyncio.run(run())


def test_a_damaged_log_does_not_take_the_others_with_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        disk = MemoryDisk()
        node = await Node(disk).start()
        await node.create("t", 2)
        await node.engine.close()
        again = Node(disk)
        configure = again.engine.configure

        async def damaged(log: LogId, config: LogConfig) -> None:
            if str(log) == "t-0":
                raise DiskError("t-0 is damaged")
            await configure(log, config)

        monkeypatch.setattr(again.engine, "configure", damaged)
        await again.start()
        assert len(again.image.topics["t"].partitions) == 2
        assert "t-0 is damaged" in caplog.text

    asyncio.run(run())


def test_topics_are_not_taken_for_litter_when_the_metadata_log_is_lost() -> None:
    async def run() -> None:
        disk = MemoryDisk()
        node = await Node(disk).start()
        topic = await node.create("t")
        await node.engine.delete([METADATA_LOG])
        await node.engine.close()
        again = Node(disk)
        with pytest.raises(DiskError, match="__cluster_metadata"):
            await again.start()
        assert list(again.engine.logs()) == topic.partitions

    asyncio.run(run())


def test_a_producer_id_is_given_once_over_restarts_too() -> None:
    async def run() -> None:
        disk = MemoryDisk()
        given = []
        for _ in range(3):
            node = await Node(disk).start()
            given += [await node.controller.next_producer_id() for _ in range(1001)]
            await node.engine.close()
        assert len(set(given)) == len(given)
        assert given[:1001] == list(range(1001))

    asyncio.run(run())


def test_two_that_need_a_topic_get_the_same_one() -> None:
    async def run() -> None:
        node = await Node(MemoryDisk()).start()
        create = node.controller.create_missing
        first, second = await asyncio.gather(create("t", 3), create("t", 5))
        assert first is second
        assert len(first.partitions) == 3

    asyncio.run(run())


def test_a_change_is_ended_although_its_client_hangs_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        disk = MemoryDisk()
        node = await Node(disk).start()
        append, may_end, ended = node.engine.append, asyncio.Event(), asyncio.Event()

        async def slow_append(appends: Sequence[Append]) -> list[Appended | StorageError]:
            results = await append(appends)
            await may_end.wait()
            ended.set()
            return results

        monkeypatch.setattr(node.engine, "append", slow_append)
        creation = asyncio.create_task(node.create("t", 2))
        await asyncio.sleep(0)
        creation.cancel()
        with pytest.raises(asyncio.CancelledError):
            await creation
        assert "t" not in node.image.topics
        may_end.set()
        await ended.wait()
        await asyncio.sleep(0)
        assert "t" in node.image.topics
        await reopened(node, disk)

    asyncio.run(run())


def test_the_deletion_of_a_topic_is_told() -> None:
    async def run() -> None:
        node = await Node(MemoryDisk()).start()
        told: list[str] = []

        async def listener(names: object) -> None:
            told.extend(names)  # type: ignore[arg-type]

        node.controller.deleted_listeners.append(listener)
        await node.controller.delete_topic(await node.create("t"))
        assert told == ["t"]

    asyncio.run(run())


def test_no_topic_id_looks_like_an_option_of_a_command() -> None:
    async def run() -> None:
        node = await Node(MemoryDisk()).start()
        ids = iter([b"\xf8" + bytes(15), b"\xfb" + bytes(15), b"a" * 16, b"a" * 16, b"b" * 16])
        node.controller._new_uuid = lambda: next(ids)
        assert (await node.create("t")).topic_id == b"a" * 16
        assert (await node.create("u")).topic_id == b"b" * 16

    asyncio.run(run())


def test_features_get_their_levels_once() -> None:
    async def run() -> None:
        disk = MemoryDisk()
        node = await Node(disk).start()
        assert node.image.features == {
            name: levels.last for name, levels in SUPPORTED_FEATURES.items()
        }
        offset = node.controller.metadata_offset
        node = await reopened(node, disk)
        assert node.controller.metadata_offset == offset

    asyncio.run(run())


def test_a_long_log_is_made_short_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        disk = MemoryDisk()
        node = await Node(disk).start()
        await node.create("t", 2)
        for value in range(50):
            await node.change(TOPIC, "t", "retention.ms", str(value))
        bounds = node.engine.bounds(METADATA_LOG)
        crashed = disk.clone()
        await node.engine.close()
        monkeypatch.setattr(metadata_log, "_COMPACTED_FROM_RECORDS", 40)

        async def crash(log: LogId, offset: int) -> int:
            raise DiskError("crash")

        half = Node(crashed)
        monkeypatch.setattr(half.engine, "delete_before", crash)
        await half.start()
        assert half.engine.bounds(METADATA_LOG).start == 0
        for image_of in (disk, crashed.clone()):
            again = await Node(image_of).start()
            assert summary(again.image) == summary(node.image)
            compacted = again.engine.bounds(METADATA_LOG)
            assert compacted.start >= bounds.end
            assert compacted.end - compacted.start < 10
            await again.create("u")
            await reopened(again, image_of)

    asyncio.run(run())
