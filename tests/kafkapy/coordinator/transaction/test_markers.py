"""Markers by themselves."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from kafkapy.coordinator.shard_log import Producer
from kafkapy.coordinator.transaction.markers import Marker, Markers
from kafkapy.coordinator.transaction.transaction import TopicPartition
from kafkapy.storage.engine import Append, Appended, LogId
from kafkapy.wire.error_codes import ErrorCode


class NotingEngine:
    def __init__(self) -> None:
        self.appended: list[LogId] = []

    async def append(self, appends: list[Append]) -> list[Appended]:
        self.appended += [append.log for append in appends]
        return [Appended(0, 0, -1, 0) for _ in appends]


def test_markers_are_written_in_one_order_whatever_the_hashes_are() -> None:
    engine: Any = NotingEngine()
    clock: Any = SimpleNamespace(now_ms=lambda: 1)
    groups: Any = None
    markers = Markers(engine, clock, groups, lambda at: LogId(*at, bytes(16)))
    partitions = frozenset(TopicPartition(name, 0) for name in "zyxwvutsrqponm")
    outcomes = asyncio.run(markers.write(Marker(Producer(1, 0), True, 0), partitions))
    assert [log.topic for log in engine.appended] == sorted("zyxwvutsrqponm")
    assert outcomes == dict.fromkeys(partitions, ErrorCode.NONE)
