"""What a broker does beside serving: compaction, and starting again after a crash."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

from bench import raw
from bench.latency import RATE, EndToEnd, percentiles
from bench.measuring import Sample, Sizes, Work, check_acknowledged, connected, writing
from bench.systems import System

_SEGMENT_BYTES = 16 << 20
_RECORDS_PER_BATCH = 16
_KEYS = 8_192
_TIMEOUT_S = 120


def compaction(system: System, sizes: Sizes) -> Iterator[Sample]:
    """A log in which 8,192 keys come again and again is compacted, from when its topic is told to
    until it is half as large. Meanwhile records go through another topic. The log cleaners sleep
    for 1 s, not 15, when there is nothing to do."""
    if system.logs is None:
        return
    megabytes = sizes.compacted_mb
    with writing(system, 3) as (other, (writer, reader, admin)):
        topic = next(system.topics)
        raw.create_topic(admin, topic, 1, {"segment.bytes": str(_SEGMENT_BYTES)})
        raw.produce_to_each(admin, topic, [raw.produce_frame(topic, raw.batch(b"", 1, [b"0"]))])
        fill(admin, topic, megabytes)
        log = system.logs / f"{topic}-0"
        target = size_of(log) // 2
        deadline = time.monotonic() + _TIMEOUT_S

        def is_large(sent: int) -> bool:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the log was not compacted in {_TIMEOUT_S} s")
            return sent % 100 != 0 or size_of(log) > target

        flow = EndToEnd(other, writer, reader)
        with Work(system) as work:
            settings = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01"}
            raw.configure_topic(admin, topic, settings)
            flow.run(is_large)
    yield Sample(f"compaction of {megabytes:,} MB", "s", work.seconds, work.cpu_s)
    yield from percentiles(f"… meanwhile, at {RATE:,} records/s", flow.latencies_s, None)


def fill(connection: raw.Connection, topic: str, megabytes: int, depth: int = 16) -> None:
    """Write batches of records of 1 KB whose keys come round."""
    keys = [str(number).encode() for number in range(_KEYS)]
    frames = [
        raw.produce_frame(
            topic,
            raw.batch(b"x" * 1000, _RECORDS_PER_BATCH, keys[first : first + _RECORDS_PER_BATCH]),
        )
        for first in range(0, _KEYS, _RECORDS_PER_BATCH)
    ]
    count = megabytes * 1_000_000 // len(frames[0])
    for number, frame in enumerate(itertools.islice(itertools.cycle(frames), count)):
        connection.send(frame)
        if number >= depth:
            check_acknowledged(connection.receive(), topic)
    for _ in range(min(depth, count)):
        check_acknowledged(connection.receive(), topic)


def size_of(log: Path) -> int:
    """Give the bytes of all segments that are part of a log now."""
    total = 0
    for segment in log.glob("*.log"):
        with contextlib.suppress(FileNotFoundError):  # replaced just now
            total += segment.stat().st_size
    return total


def restart(system: System, sizes: Sizes) -> Iterator[Sample]:
    """The process is killed (kill -9). From just before another one is started on its data, with
    what all rows above left in it, until a record is read from the last of many partitions."""
    count, topic = sizes.restarted_partitions, next(system.topics)
    record = raw.batch(b"x" * 100, 1)
    with connected(system) as (connection,):
        raw.create_topic(connection, topic, count)
        requests = [raw.produce_frame(topic, record, partition=i) for i in range(count)]
        raw.produce_to_each(connection, topic, requests)
    system.crash()
    deadline = system.started + _TIMEOUT_S
    with connected(system) as (connection,):
        ask = raw.fetch_frame(topic, 0, 1 << 20, partition=count - 1)
        while raw.next_offset(raw.fetched(connection.call(ask), topic)[1]) < 1:
            if time.monotonic() > deadline:
                raise RuntimeError(f"no record was read in {_TIMEOUT_S} s")
            time.sleep(0.002)
        seconds = time.monotonic() - system.started
    label = f"kill -9, start, first record read; {count:,} partitions"
    yield Sample(label, "s", seconds, system.cpu_s())


ROWS = {"compaction": compaction, "restart": restart}
