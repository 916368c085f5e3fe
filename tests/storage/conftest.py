"""Fixtures of the storage tests: a clock that only tests move, and every engine in turn."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kafkapy.storage.disk import Disk, MemoryDisk, OsDisk
from kafkapy.storage.engine import Append, Appended, LogId, Origin, Read
from kafkapy.storage.local import LocalEngine
from kafkapy.storage.log import Log
from kafkapy.storage.memory import MemoryEngine
from kafkapy.wire.records.batch import batches
from kafkapy.wire.records.record import Record, build_batch, records_of


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


class Clock:
    def __init__(self) -> None:
        self.ms = 1_700_000_000_000

    def __call__(self) -> int:
        return self.ms


class Client:
    """What the tests do to one log of an engine."""

    def __init__(self, engine: LocalEngine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock

    def batch(self, *values: bytes, key: bytes | None = None, **options: Any) -> bytes:
        timestamps = options.pop("timestamps", [self.clock.ms] * len(values))
        return build_batch(
            [
                Record(timestamp_ms=timestamp, key=key, value=value)
                for timestamp, value in zip(timestamps, values, strict=True)
            ],
            **options,
        )

    async def append(self, log: LogId, *values: bytes, **options: Any) -> Appended:
        records = self.batch(*values, **options)
        return await self.append_batch(log, records)

    async def append_batch(self, log: LogId, records: bytes, **options: Any) -> Appended:
        [result] = await self.engine.append([Append(log, records, **options)])
        if isinstance(result, Exception):
            raise result
        return result

    async def mark(self, log: LogId, marker: bytes) -> Appended:
        return await self.append_batch(log, marker, origin=Origin.COORDINATOR)

    async def read(self, log: LogId, offset: int, max_bytes: int = 1 << 20, **options: Any) -> Any:
        [result] = await self.engine.read([Read(log, offset, max_bytes, **options)], 50 << 20)
        if isinstance(result, Exception):
            raise result
        return result

    def logs(self) -> list[Log]:
        """The logs themselves, for what an engine does at its own time."""
        return list(self.engine._logs.values())

    async def values(self, log: LogId) -> list[tuple[int, bytes | None]]:
        """Every record from the start to the end: offset and value."""
        bounds = self.engine.bounds(log)
        offset, found = bounds.start, []
        while offset < bounds.end:
            piece = await self.read(log, offset, 1000)
            assert piece.records, f"nothing from offset {offset} on"
            for header, batch in batches(piece.records):
                found += [
                    (record.offset, record.value)
                    for record in records_of(batch, header, max_bytes=1 << 20)
                    if record.offset >= offset
                ]
                offset = header.next_offset
        return found


class HastyClient(Client):
    """Appends at once whatever an engine appends at once."""

    async def append_batch(self, log: LogId, records: bytes, **options: Any) -> Appended:
        appended = None if options else self.engine.append_now(log, memoryview(records))
        return appended or await super().append_batch(log, records, **options)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "local", "local at once"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def engine(kind: str, tmp_path: Path, clock: Clock) -> Iterator[LocalEngine]:
    if kind == "memory":
        engine: LocalEngine = MemoryEngine(now_ms=clock)
    else:
        engine = LocalEngine(OsDisk(tmp_path), now_ms=clock)
    asyncio.run(engine.start())
    yield engine
    asyncio.run(engine.close())


@pytest.fixture
def client(engine: LocalEngine, clock: Clock, kind: str) -> Client:
    return (HastyClient if kind.endswith("at once") else Client)(engine, clock)


@pytest.fixture(params=["memory", "os"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    return MemoryDisk() if request.param == "memory" else OsDisk(tmp_path)


@pytest.fixture
def opened(clock: Clock) -> Callable[..., Any]:
    """Start an engine on a disk; gives a client of it."""

    async def start(disk: Disk, **options: Any) -> Client:
        engine = LocalEngine(disk, now_ms=clock, **options)
        await engine.start()
        return Client(engine, clock)

    return start
