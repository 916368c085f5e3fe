"""The cluster metadata log where its files are damaged: the broker says so, and does not start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from kafkapy.storage.checkpoints import CLEAN_SHUTDOWN
from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.errors import DiskError
from tests.kafkapy.metadata.metadata_node import Node

_SEGMENT = "__cluster_metadata-0/00000000000000000000.log"


async def _disk_with_a_topic() -> MemoryDisk:
    disk = MemoryDisk()
    node = await Node(disk).start()
    await node.create("t")
    await node.engine.close()
    assert CLEAN_SHUTDOWN in disk.list()
    return disk


def _without_the_first_batch(data: bytes) -> bytes:
    return data[12 + int.from_bytes(data[8:12], "big") :]


def _with_a_flipped_bit(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize("damage", [_without_the_first_batch, _with_a_flipped_bit])
def test_a_damaged_log_keeps_the_node_from_starting(damage: Callable[[bytes], bytes]) -> None:
    async def scenario() -> None:
        disk = await _disk_with_a_topic()
        disk.replace(_SEGMENT, damage(disk.read(_SEGMENT)))
        with pytest.raises(DiskError, match="damaged"):
            await Node(disk).start()

    asyncio.run(scenario())


def test_a_log_whose_end_is_gone_keeps_the_node_from_starting() -> None:
    async def scenario() -> None:
        disk = await _disk_with_a_topic()
        disk.replace(f"__cluster_metadata-0/{99:020}.log", b"")
        with pytest.raises(DiskError, match="nothing is at offset"):
            await Node(disk).start()

    asyncio.run(scenario())
