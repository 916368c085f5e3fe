"""A short run of the fuzzer, the same every time; `make fuzz` runs it for longer."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from kafkapy.handlers import heartbeat
from kafkapy.storage.disk import File, MemoryDisk
from kafkapy.storage.epochs import LeaderEpochs
from kafkapy.wire.api import ApiKey
from tests.fuzz import fuzz
from tests.fuzzing import target
from tests.fuzzing.errors import FuzzError
from tests.fuzzing.files import try_damaged
from tests.fuzzing.large import frame_with
from tests.fuzzing.seeds import read_seeds
from tests.fuzzing.target import WITNESS, Target

FRAMES = 6_000
DIRECTORIES = 60
MAX_S = 15.0
CLIENTS = {"aiokafka", "java", "kafka-python", "librdkafka", "old-kafka-python"}


def test_damaged_requests_raise_nothing_unexpected() -> None:
    # A slow machine tries fewer frames rather than taking longer.
    end_s = time.monotonic() + MAX_S
    result = fuzz(FRAMES, seed=0, is_over=lambda: time.monotonic() > end_s)
    assert result.frames > 0
    assert not result.failures, "\n".join(result.failures.values())


def test_a_damaged_directory_is_opened_or_refused() -> None:
    for number in range(DIRECTORIES):
        asyncio.run(try_damaged(number))


def test_frames_of_every_captured_client_are_tried() -> None:
    seeds = read_seeds()
    assert {seed.client for seed in seeds} == CLIENTS
    produced = {
        int.from_bytes(seed.frame[2:4], "big")
        for seed in seeds
        if seed.frame.startswith(ApiKey.PRODUCE.to_bytes(2, "big"))
    }
    assert {1, 2, 3, 13} <= produced


async def _fails(*_: Any) -> None:
    raise RuntimeError("planted")


def test_a_handler_that_fails_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "handle", _fails)
    result = fuzz(2000, seed=1, directories_per_round=0)
    assert any("planted" in text for text in result.failures.values())


async def _answer(frame: bytes) -> None:
    async with Target(0) as one:
        await one.answer(frame, measure_memory=True)


def test_a_large_request_of_tiny_elements_costs_little() -> None:
    asyncio.run(_answer(frame_with(ApiKey.DESCRIBE_GROUPS, 0, ("groups",), 100_000)))


def test_a_request_that_costs_too_much_memory_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "MAX_MEMORY_BYTES_IF_LARGE", 1 << 20)
    with pytest.raises(FuzzError, match="bytes of memory"):
        asyncio.run(_answer(frame_with(ApiKey.DESCRIBE_GROUPS, 0, ("groups",), 10_000)))


class _ForgetfulFile:
    """A file that gives back zeros."""

    def __init__(self, file: File) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def pread(self, size: int, position: int) -> bytes:
        return bytes(len(self._file.pread(size, position)))


class _ForgetfulDisk(MemoryDisk):
    def open(self, path: str) -> File:
        file = super().open(path)
        return _ForgetfulFile(file) if path.startswith(WITNESS) else file


def test_a_lost_record_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "MemoryDisk", _ForgetfulDisk)
    result = fuzz(200, seed=1, directories_per_round=0)
    assert any("good records" in kind for kind in result.failures)


def test_a_log_that_does_not_survive_damage_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(LeaderEpochs, "cut_back", fail)
    result = fuzz(10, seed=1, directories_per_round=10)
    assert any("planted" in text for text in result.failures.values())
