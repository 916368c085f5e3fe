"""Records as a test writes and reads them, without a client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from kafkapy.errors import ApiError
from kafkapy.server.waiting import Waiter
from kafkapy.storage.engine import Append, Appended, LogId, Read, Slice
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.records import record as wire
from kafkapy.wire.records.batch import batches

if TYPE_CHECKING:
    from kafkapy.broker import Broker

Text: TypeAlias = bytes | str
Headers: TypeAlias = Mapping[str, Text | None] | Iterable[tuple[str, Text | None]]

_READ_BYTES = 8 << 20
# How often to look for a topic that is not there yet.
_POLL_S = 0.005
_MASK = 0xFFFFFFFF
_MULTIPLIER = 0x5BD1E995
_SEED = 0x9747B28C


class Record(NamedTuple):
    """One record of a log. A null value is a tombstone on a compacted topic."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


async def write(
    broker: Broker,
    log: LogId,
    value: Text | None,
    key: Text | None,
    headers: Headers,
    timestamp_ms: int | None,
) -> Record:
    """Append one record, as a producer would. Raises StorageError where the log refuses it."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    record = wire.Record(
        0,
        broker.clock.now_ms() if timestamp_ms is None else timestamp_ms,
        to_bytes(key),
        to_bytes(value),
        tuple((name, to_bytes(content)) for name, content in pairs),
    )
    [outcome] = await broker.engine.append([Append(log, wire.build_batch([record]))])
    if not isinstance(outcome, Appended):
        raise outcome
    if outcome.log_append_time_ms >= 0:
        record = wire.Record(
            0, outcome.log_append_time_ms, record.key, record.value, record.headers
        )
    return _placed(log, record, outcome.base_offset)


async def wait(
    now: Callable[[], Broker], topic: str, partition: int | None, count: int, timeout_s: float
) -> list[Record]:
    """Read a topic, or one partition, once it has that many records. Raises TimeoutError.

    The topic need not be there yet, and `now` may give another broker each time.
    """
    with Waiter(timeout_s) as waiter:
        while True:
            broker = now()
            logs = _logs(broker, topic, partition)
            broker.engine.watch(logs, waiter.wake)
            try:
                found = [record for log in logs for record in await _read(broker, log)]
                if len(found) >= count:
                    return found
                if waiter.timed_out:
                    raise TimeoutError(f"{len(found)} of {count} records came in {timeout_s} s")
                await (waiter.changed() if logs else asyncio.sleep(_POLL_S))
            finally:
                broker.engine.unwatch(logs, waiter.wake)


async def read(broker: Broker, topic: str, partition: int | None) -> list[Record]:
    """Read a topic, or one partition of it. Raises ApiError where there is none."""
    logs = _logs(broker, topic, partition)
    if not logs:
        raise _unknown(topic, partition)
    return [record for log in logs for record in await _read(broker, log)]


async def _read(broker: Broker, log: LogId) -> list[Record]:
    found: list[Record] = []
    position = broker.engine.bounds(log).start
    while position < broker.engine.bounds(log).end:
        [piece] = await broker.engine.read([Read(log, position, _READ_BYTES)], _READ_BYTES)
        if not isinstance(piece, Slice):
            raise piece
        for header, batch in batches(piece.records):
            position = header.base_offset + header.last_offset_delta + 1
            if not header.is_control:
                records = wire.records_of(batch, header, max_bytes=broker.max_decompressed_bytes)
                found += [_placed(log, each, each.offset) for each in records]
    start = broker.engine.bounds(log).start
    return [record for record in found if record.offset >= start]


def _placed(log: LogId, record: wire.Record, offset: int) -> Record:
    return Record(
        log.topic,
        log.partition,
        offset,
        record.timestamp_ms,
        record.key,
        record.value,
        record.headers,
    )


def find_log(broker: Broker, topic: str, partition: int) -> LogId:
    """Give a partition's log. Raises ApiError where there is none."""
    logs = _logs(broker, topic, partition)
    if not logs:
        raise _unknown(topic, partition)
    return logs[0]


def _logs(broker: Broker, topic: str, partition: int | None) -> list[LogId]:
    found = broker.image.topic(topic)
    if found is None or partition is None:
        return found.partitions if found else []
    log = found.partition(partition)
    return [] if log is None else [log]


def _unknown(topic: str, partition: int | None) -> ApiError:
    what = f"topic {topic}" if partition is None else f"partition {topic}-{partition}"
    return ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"there is no {what}")


def to_bytes(content: Text | None) -> bytes | None:
    """Encode text as UTF-8; bytes and None stay. Raises TypeError for anything else."""
    if content is None or isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    raise TypeError(f"keys, values and headers are str, bytes or None, not {content!r}")


def partition_of(key: bytes | None, count: int) -> int:
    """Choose the partition that Kafka's own producers choose for a key; 0 without one."""
    return 0 if key is None else (_murmur2(key) & 0x7FFFFFFF) % count


def _murmur2(data: bytes) -> int:
    """Hash with 32-bit MurmurHash2, with the seed of Kafka's partitioner."""
    hashed = _SEED ^ len(data)
    whole = len(data) & ~3
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * _MULTIPLIER & _MASK
        word = (word ^ word >> 24) * _MULTIPLIER & _MASK
        hashed = hashed * _MULTIPLIER & _MASK ^ word
    if whole < len(data):
        hashed = (hashed ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _MASK
    hashed = (hashed ^ hashed >> 13) * _MULTIPLIER & _MASK
    return hashed ^ hashed >> 15
