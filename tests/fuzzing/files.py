"""Damages the files of a data directory, and opens it: `python -m tests.fuzzing.files NUMBER…`.

Whatever the files hold, the broker starts or says why not, by an error of storage. It never hands
out a record that was not written, it keeps what it acknowledges from then on, and logs whose files
are sound do not suffer for the others. Each NUMBER is a directory, always damaged in the same way.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, NamedTuple

from kafkapy.storage.config import CompactionLimits, LogConfig
from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.engine import Append, LogId, Origin, Read, Slice
from kafkapy.storage.errors import StorageError
from kafkapy.storage.local import LocalEngine
from kafkapy.wire.errors import WireError
from kafkapy.wire.records.batch import batches, verify_checksum
from kafkapy.wire.records.control import EndTxnMarker, build_end_txn_marker
from kafkapy.wire.records.record import Record, build_batch, records_of
from tests.fuzzing.alarm import limited_time
from tests.fuzzing.brokers import try_damaged_broker
from tests.fuzzing.damage import damage, paths
from tests.fuzzing.errors import FuzzError
from tests.fuzzing.target import ErrorLog

_BROKER_SHARE = 0.3
_TIME_MS = 1_700_000_000_000
_MAX_BYTES = 1 << 20
_READ_BYTES = 200  # so that most reads begin at an index entry
_MAX_S = 3.0
_NO_CLEANUP = LogConfig(
    retention_ms=-1, segment_bytes=700, index_interval_bytes=100, file_delete_delay_ms=0
)
_COMPACTION = LogConfig(
    retention_ms=-1,
    segment_bytes=700,
    index_interval_bytes=100,
    file_delete_delay_ms=0,
    cleanup_policy=frozenset({"compact"}),
    min_cleanable_dirty_ratio=0.0,
)
_CONFIGS = {
    "plain": _NO_CLEANUP,
    "compacted": _COMPACTION,
    "txn": _NO_CLEANUP,
    "sound": _NO_CLEANUP,
}

_Found = list[tuple[int, bytes | None]]


class _Template(NamedTuple):
    """A directory, the logs in it, what was written to each, and what can be read of it."""

    disk: MemoryDisk
    logs: Mapping[str, LogId]
    written: Mapping[str, set[tuple[int, bytes | None]]]
    readable: Mapping[str, _Found]


_templates: dict[bool, _Template] = {}


def _clock() -> Callable[[], int]:
    now = _TIME_MS

    def now_ms() -> int:
        nonlocal now
        now += 10
        return now

    return now_ms


def _engine(disk: MemoryDisk) -> LocalEngine:
    return LocalEngine(disk, now_ms=_clock(), random=Random(0), max_expanded_bytes=_MAX_BYTES)


async def _template(clean: bool) -> _Template:
    if clean not in _templates:
        _templates[clean] = await _new_template(clean)
    return _templates[clean]


async def _new_template(clean: bool) -> _Template:
    disk = MemoryDisk()
    engine = _engine(disk)
    await engine.start()
    logs = {name: LogId(name, 0, name.encode().ljust(16)) for name in _CONFIGS}
    written: dict[str, set[tuple[int, bytes | None]]] = {name: set() for name in logs}
    for name, log in logs.items():
        await engine.create([log], _CONFIGS[name])
    for number in range(40):
        for name, log in logs.items():
            records = [
                Record(
                    0, _TIME_MS + number, b"key %d" % (number % 7), b"%s %d" % (name.encode(), at)
                )
                for at in (2 * number, 2 * number + 1)
            ]
            producer: dict[str, Any] = {}
            if name == "txn":
                producer = {
                    "producer_id": number % 3,
                    "producer_epoch": 0,
                    "base_sequence": number // 3 * 2,
                    "is_transactional": number % 3 > 0,
                }
            compression = number % 5
            batch = build_batch(records, compression=compression, **producer)
            end = await _append(engine, log, batch)
            written[name] |= {(end + index, record.value) for index, record in enumerate(records)}
            if name == "txn" and number % 5 == 4:
                await _end_transactions(engine, log, is_commit=number % 2 == 0)
        if number in (10, 30):
            await engine.claim(logs["plain"])
        if number == 25:
            await engine.delete_before(logs["plain"], 11)
            await engine.compact(CompactionLimits())
            await engine.maintain()
    readable = {name: await _read_all(engine, log) for name, log in logs.items()}
    if clean:
        await engine.close()
    else:
        await engine.maintain()
    return _Template(disk.clone(), logs, written, readable)


async def _append(
    engine: LocalEngine, log: LogId, batch: bytes, origin: Origin = Origin.CLIENT
) -> int:
    [result] = await engine.append([Append(log, batch, origin)])
    if isinstance(result, StorageError):
        raise result
    return result.base_offset


async def _end_transactions(engine: LocalEngine, log: LogId, *, is_commit: bool) -> None:
    for producer_id in (1, 2):
        marker = build_end_txn_marker(
            EndTxnMarker(is_commit, 0),
            producer_id=producer_id,
            producer_epoch=0,
            timestamp_ms=_TIME_MS,
        )
        await _append(engine, log, marker, Origin.COORDINATOR)


async def _read_all(engine: LocalEngine, log: LogId) -> _Found:
    """Read as a consumer does, to the end or to what is damaged.

    Raises StorageError where the log says that it is damaged itself.
    """
    found: _Found = []
    bounds = engine.bounds(log)
    offset = bounds.start
    while offset < bounds.end:
        [piece] = await engine.read([Read(log, offset, _READ_BYTES)], _MAX_BYTES)
        if not isinstance(piece, Slice):
            raise piece
        next_offset, records = _consumed(bytes(piece.records), offset)
        found += records
        if next_offset <= offset:
            break
        offset = next_offset
    return found


def _consumed(data: bytes, offset: int) -> tuple[int, _Found]:
    """Take the records that a consumer takes, which checks checksums; gives the next offset too."""
    found: _Found = []
    try:
        for header, batch in batches(data):
            verify_checksum(batch, header)
            if not header.is_control:
                records = records_of(batch, header, max_bytes=_MAX_BYTES)
                found += [(each.offset, each.value) for each in records if each.offset >= offset]
            offset = max(offset, header.next_offset)
    except WireError:
        pass
    return offset, found


class _Trial:
    """One damaged directory: what is known about it, and what is asked of it."""

    def __init__(self, template: _Template, harmed: set[str]) -> None:
        self._template = template
        self._harmed = harmed
        self._directories = {path.partition("/")[0] for path in harmed if "/" in path}
        self._is_top_harmed = any("/" not in path for path in harmed)
        self._appended: dict[str, tuple[int, bytes]] = {}

    async def open(self, engine: LocalEngine, *, again: bool) -> None:
        """Open the directory and use every log in it. Raises FuzzError."""
        try:
            await engine.start()
        except StorageError as error:
            raise FuzzError(f"damage of {self._harmed} keeps all logs from opening") from error
        here = {log.topic: log for log in engine.logs()}
        for name in self._template.logs:
            log = here.get(name)
            if log is None:
                raise FuzzError(f"{name} is gone by damage of {self._harmed}")
            try:
                await engine.configure(log, _CONFIGS[name])
                await self._use(engine, name, log, again=again)
            except StorageError as error:
                if not self._may_suffer(name):
                    raise FuzzError(f"{name} suffers from damage of {self._harmed}") from error

    def _may_suffer(self, name: str) -> bool:
        return f"{name}-0" in self._directories

    async def _use(self, engine: LocalEngine, name: str, log: LogId, *, again: bool) -> None:
        self._check(name, await _read_all(engine, log))
        bounds = engine.bounds(log)
        for timestamp in (0, _TIME_MS + 20, 2**62):
            await engine.offset_for_timestamp(log, timestamp)
        await engine.offset_of_max_timestamp(log)
        engine.epoch_end(log, 1)
        engine.epoch_at(log, bounds.start)
        engine.producers(log)
        if again and name in self._appended and not await self._has_appended(engine, name, log):
            raise FuzzError(f"{name} has lost what was acknowledged after damage of {self._harmed}")
        value = b"appended to " + name.encode()
        batch = build_batch([Record(0, _TIME_MS, value, value)])
        offset = await _append(engine, log, batch)
        self._appended[name] = (offset, value)
        if not await self._has_appended(engine, name, log):
            raise FuzzError(f"{name} does not give what it took after damage of {self._harmed}")

    async def _has_appended(self, engine: LocalEngine, name: str, log: LogId) -> bool:
        offset, value = self._appended[name]
        [piece] = await engine.read([Read(log, offset, _READ_BYTES)], _MAX_BYTES)
        if not isinstance(piece, Slice):
            raise piece
        return (offset, value) in _consumed(bytes(piece.records), offset)[1]

    def _check(self, name: str, found: _Found) -> None:
        """Only what was written may be read; of a log whose files are sound, all of it."""
        written = self._template.written[name]
        old = [each for each in found if each != self._appended.get(name)]
        is_log_harmed = any(
            path.startswith(f"{name}-0/") and ".log" in path for path in self._harmed
        )
        if is_log_harmed:
            # No checksum covers the offset of a batch.
            values = {value for _, value in written}
            wrong = [each for each in old if each[1] not in values]
        else:
            wrong = [each for each in old if each not in written]
        if wrong:
            raise FuzzError(f"{name} gives {wrong[:3]} after damage of {self._harmed}")
        is_sound = not self._may_suffer(name) and not self._is_top_harmed
        if is_sound and name != "compacted" and old != self._template.readable[name]:
            raise FuzzError(f"{name} has lost records by damage of {self._harmed}")


async def try_damaged(number: int) -> None:
    """Damage a directory in a way of its own, open it, and open it again. Raises FuzzError."""
    random = Random(number)
    with limited_time(_MAX_S), ErrorLog():
        try:
            if random.random() < _BROKER_SHARE:
                await try_damaged_broker(random)
            else:
                await _try_damaged_logs(random)
        except FuzzError:
            raise
        except Exception as error:
            raise FuzzError(f"{type(error).__name__}: {error}") from error


async def _try_damaged_logs(random: Random) -> None:
    template = await _template(random.random() < 0.5)
    disk = template.disk.clone()
    candidates = [path for path in paths(disk) if not path.startswith("sound-0/")]
    trial = _Trial(template, damage(random, disk, candidates))
    for again in (False, True):
        engine = _engine(disk)
        await trial.open(engine, again=again)
        with contextlib.suppress(StorageError):  # the damaged log stays as it is
            await engine.compact(CompactionLimits())
            await engine.maintain()
        if again or random.random() < 0.7:
            await engine.close()


def main() -> int:
    """Try the directories that are named on the command line."""
    for number in map(int, sys.argv[1:]):
        asyncio.run(try_damaged(number))
    return 0


if __name__ == "__main__":
    sys.exit(main())
