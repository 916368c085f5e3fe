"""Compaction batch by batch: what is copied, dropped or written anew, and how that is known."""

import asyncio
import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.storage.config import CompactionLimits, LogConfig
from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.engine import LogId
from kafkapy.storage.errors import CorruptRecordsError
from kafkapy.storage.local import LocalEngine
from kafkapy.storage.offset_map import NEWEST_TOMBSTONE, NEWEST_VALUE, SUPERSEDED, OffsetMap
from kafkapy.wire.compression import Compression
from kafkapy.wire.records.batch import batches
from kafkapy.wire.records.record import Record, build_batch
from tests.storage.conftest import Client, Clock
from tests.storage.faulty_disk import FaultyDisk

LOG = LogId("orders", 3, bytes(range(16)))
COMPACTED = LogConfig(
    cleanup_policy=frozenset({"compact"}), min_cleanable_dirty_ratio=0.0, index_interval_bytes=200
)
TINY = CompactionLimits(map_bytes=120)
ROOMY = CompactionLimits()


def batch(*pairs, **options):
    return build_batch([Record(5, 1_000, key, value) for key, value in pairs], **options)


async def append(client, *pairs, **options):
    await client.append_batch(LOG, batch(*pairs, **options))


async def compact(client, limits=ROOMY):
    client.engine._logs[LOG].roll()
    while await client.engine.compact(limits):
        pass


async def stored(client):
    """Give the batches of the log, byte by byte."""
    bounds = client.engine.bounds(LOG)
    piece = await client.read(LOG, bounds.start)
    return [bytes(data) for _, data in batches(piece.records)]


@pytest.mark.parametrize("limits", [ROOMY, TINY])
@pytest.mark.parametrize("codec", [Compression.NONE, Compression.ZSTD])
async def test_batches_whose_records_all_survive_are_copied_as_they_are(client, limits, codec):
    await client.engine.create([LOG], COMPACTED)
    await append(client, (b"a", b"old"), (b"b", b"old"), compression=codec)
    for key in (b"a", b"b", b"c", b"d"):
        await append(client, (key, b"new"), (key + b"!", b"x" * 100), compression=codec)
    before = await stored(client)
    await compact(client, limits)
    assert await stored(client) == before[1:]


async def test_a_batch_of_tombstones_is_written_with_their_time(client, clock):
    await client.engine.create([LOG], COMPACTED)
    await append(client, (b"a", None), (b"b", None))
    await append(client, (b"c", b"value"))
    await compact(client)
    found = [next(iter(batches(data)))[0] for data in await stored(client)]
    assert [header.has_delete_horizon for header in found] == [True, False]
    assert found[0].base_timestamp == clock.ms + COMPACTED.delete_retention_ms


async def test_batches_larger_than_what_is_read_at_once_are_compacted(client):
    await client.engine.create([LOG], COMPACTED)
    for number in range(6):
        value = bytes((number,)) * (1 + number * 100_000)
        await append(client, (b"%d" % (number % 4), value), (b"same", value))
    await compact(client)
    found = await client.values(LOG)
    assert [(offset, len(value)) for offset, value in found] == [
        (4, 200_001),
        (6, 300_001),
        (8, 400_001),
        (10, 500_001),
        (11, 500_001),
    ]


async def test_records_without_a_key_go(client):
    await client.engine.create([LOG], LogConfig(index_interval_bytes=200))
    await append(client, (None, b"1"), (b"key", b"2"), (None, b"3"))
    await append(client, (None, b"4"))
    await client.engine.configure(LOG, COMPACTED)
    await compact(client)
    assert await client.values(LOG) == [(1, b"2")]


async def test_a_log_that_starts_inside_a_batch_is_compacted(client):
    await client.engine.create([LOG], COMPACTED)
    await append(client, (b"a", b"1"), (b"b", b"2"), (b"c", b"3"))
    await append(client, (b"c", b"4"))
    await client.engine.delete_before(LOG, 1)
    await compact(client)
    assert await client.values(LOG) == [(1, b"2"), (3, b"4")]


async def test_what_was_compacted_before_is_superseded_too(client):
    await client.engine.create([LOG], COMPACTED)
    for number in range(20):
        await append(client, (b"%d" % number, b"old"), (b"+%d" % number, b"old"))
    await compact(client)
    for number in range(0, 20, 2):
        await append(client, (b"%d" % number, b"new"))
    await compact(client)
    kept = [offset for offset, _ in await client.values(LOG)]
    assert kept == [o for o in range(40) if o % 4 or o >= 40] + list(range(40, 50))


async def test_damage_in_a_value_is_found_though_no_value_is_looked_at(opened):
    disk = MemoryDisk()
    client = await opened(disk)
    await client.engine.create([LOG], COMPACTED)
    await append(client, (b"a", b"value"))
    client.engine._logs[LOG].roll()
    disk._files["orders-3"][f"{0:020}.log"][-3] ^= 1
    with pytest.raises(CorruptRecordsError, match="checksum"):
        await client.engine.compact(ROOMY)
    await client.engine.close()


@pytest.mark.parametrize("damage", ["the file is shorter", "the batch says it is longer"])
async def test_a_log_that_ends_inside_a_batch_is_left_alone(opened, damage):
    disk = MemoryDisk()
    client = await opened(disk)
    await client.engine.create([LOG], COMPACTED)
    await append(client, (b"a", b"value"))
    await append(client, (b"a", b"value"))
    client.engine._logs[LOG].roll()
    content = disk._files["orders-3"][f"{0:020}.log"]
    if damage == "the file is shorter":
        del content[-1]
    else:
        content[8:12] = b"\x7f\xff\xff\xff"
    with pytest.raises(CorruptRecordsError, match="cut off"):
        await client.engine.compact(ROOMY)
    await client.engine.close()


@pytest.mark.parametrize("base_offset", [0, 2, 2**40])
async def test_a_batch_with_the_offsets_of_another_segment_is_damage(opened, base_offset):
    disk = MemoryDisk()
    client = await opened(disk)
    await client.engine.create([LOG], COMPACTED)
    for _ in range(2):
        await append(client, (b"a", b"value"))
        client.engine._logs[LOG].roll()
    content = disk._files["orders-3"][f"{1:020}.log"]
    content[:8] = base_offset.to_bytes(8, "big")  # which the checksum leaves out
    with pytest.raises(CorruptRecordsError, match="another segment"):
        await client.engine.compact(ROOMY)
    await client.engine.close()


async def test_a_log_that_cannot_be_saved_is_compacted_later(opened):
    disk = FaultyDisk()
    client = await opened(disk)
    await client.engine.create([LOG], COMPACTED)
    await append(client, (b"a", b"old"))
    await append(client, (b"a", b"new"))
    client.engine._logs[LOG].roll()
    disk.set_fault("replace", ".snapshot", errno.ENOSPC)
    assert not await client.engine.compact(ROOMY)
    assert [offset for offset, _ in await client.values(LOG)] == [0, 1]
    disk.heal()
    assert await client.engine.compact(ROOMY)
    assert [offset for offset, _ in await client.values(LOG)] == [1]
    await client.engine.close()


pairs = st.lists(
    st.tuples(st.sampled_from([b"a", b"b", b"c", b"d", b"e"]), st.none() | st.just(b"v")),
    min_size=1,
    max_size=4,
)


@given(st.lists(st.lists(pairs, min_size=1, max_size=6), min_size=1, max_size=3))
def test_a_map_of_any_size_leaves_the_same_records(rounds):
    last, offset = {}, 0
    for appended in rounds:
        for records in appended:
            for key, _ in records:
                last[key] = offset
                offset += 1
    for limits in (CompactionLimits(map_bytes=24 * 6), CompactionLimits(map_bytes=400), ROOMY):
        assert asyncio.run(_kept_after(rounds, limits)) == sorted(last.values())


async def _kept_after(rounds, limits):
    clock = Clock()
    engine = LocalEngine(MemoryDisk(), now_ms=clock)
    await engine.start()
    client = Client(engine, clock)
    await engine.create([LOG], COMPACTED)
    for appended in rounds:
        for records in appended:
            await append(client, *records)
        await compact(client, limits)
    return [offset for offset, _ in await client.values(LOG)]


# The map of keys


def put(offset_map, key, offset, has_value=True):
    return offset_map.put([(offset, key, has_value, 0, 0)])


def test_a_full_map_takes_no_more_keys():
    offset_map = OffsetMap(10, 0.9)
    taken = [put(offset_map, b"%d" % number, number) for number in range(10)]
    assert taken == [True] * 9 + [False]
    assert [offset_map.get(b"%d" % number) for number in range(10)] == [*range(9), -1]


def test_a_map_keeps_the_newest_offset():
    offset_map = OffsetMap(10, 0.9)
    assert offset_map.put([(0, b"key", True, 0, 0), (1, None, True, 0, 0), (5, b"key", True, 0, 0)])
    assert (offset_map.get(b"key"), offset_map.get(b"other"), offset_map.size) == (5, -1, 1)


def test_a_map_leaves_out_what_lies_before_its_start():
    offset_map = OffsetMap(10, 0.9, 3, 10)
    assert offset_map.put([(2, b"key", True, 0, 0)])
    assert (offset_map.get(b"key"), offset_map.size) == (-1, 0)


keys = st.sampled_from([b"", b"a", b"b", b"c", b"\0", b"\0a"])


@given(st.lists(st.tuples(keys, st.booleans(), st.integers(1, 3)), max_size=30), st.integers(0, 40))
def test_the_map_tells_of_every_offset_what_a_dict_would(entries, marked):
    start, offset = 100, 100
    newest, every = {}, {}
    offset_map = OffsetMap(8, 1.0, start, marked)
    for key, has_value, gap in entries:
        assert put(offset_map, key, offset, has_value)
        newest[key] = offset
        every[offset] = (key, has_value)
        offset += gap
    for other, (key, has_value) in every.items():
        is_newest = newest[key] == other
        assert offset_map.get(key) == newest[key]
        assert offset_map.is_newest(key, other) == is_newest
        mark = (NEWEST_VALUE if has_value else NEWEST_TOMBSTONE) if is_newest else SUPERSEDED
        expected = [mark] if other < start + marked else []
        assert list(offset_map.marks(other, other + 1)) == expected
    for key, other in newest.items():
        assert offset_map.is_newest(key, start - 1) == (other < start)
    assert offset_map.is_newest(b"never", 0)
    assert not offset_map.marks(start - 1, start + 1)
