"""Compaction: what stays, what goes and when; what readers see meanwhile; what is on the disk."""

import asyncio
import contextlib
import os
import shutil
import subprocess

import pytest

from kafkapy.storage.checkpoints import CLEANER_CHECKPOINT
from kafkapy.storage.config import CompactionLimits, LogConfig
from kafkapy.storage.disk import MemoryDisk, OsDisk
from kafkapy.storage.engine import Bounds, Isolation, LogId
from kafkapy.storage.errors import CorruptRecordsError, DiskError, UnknownLogError
from kafkapy.wire.compression import Compression
from kafkapy.wire.records.batch import batches
from kafkapy.wire.records.control import EndTxnMarker, build_end_txn_marker
from tests.storage.breaking_disk import BreakingDisk

LOG = LogId("orders", 3, bytes(range(16)))
DAY_MS = 24 * 3600 * 1000
LIMITS = CompactionLimits()


def compacted(**settings):
    settings = {"min_cleanable_dirty_ratio": 0.0, "index_interval_bytes": 200} | settings
    return LogConfig(cleanup_policy=frozenset({"compact"}), **settings)


def roll(client):
    client.engine._logs[LOG].roll()


async def put(client, key, value, **options):
    return await client.append(LOG, value, key=key, **options)


async def end_transaction(client, producer_id, commit):
    marker = build_end_txn_marker(
        EndTxnMarker(commit, 0),
        producer_id=producer_id,
        producer_epoch=0,
        timestamp_ms=client.clock.ms,
    )
    await client.mark(LOG, marker)


async def headers(client):
    bounds = client.engine.bounds(LOG)
    offset, found = bounds.start, []
    while offset < bounds.end:
        piece = await client.read(LOG, offset)
        found += [header for header, _ in batches(piece.records)]
        offset = found[-1].next_offset
    return found


async def offsets(client):
    return [offset for offset, _ in await client.values(LOG)]


async def compact_all(client):
    roll(client)
    while await client.engine.compact(LIMITS):
        pass


# What stays


async def test_of_each_key_the_last_record_stays_where_it_was(client):
    await client.engine.create([LOG], compacted())
    for number in range(10):
        await put(client, b"key%d" % (number % 3), b"%d" % number)
    await compact_all(client)
    assert await client.values(LOG) == [(7, b"7"), (8, b"8"), (9, b"9")]
    assert client.engine.bounds(LOG) == Bounds(0, 10, 10, 10)


async def test_the_active_segment_is_left_alone(client):
    await client.engine.create([LOG], compacted())
    await put(client, b"key", b"old")
    await put(client, b"key", b"new")
    assert not await client.engine.compact(LIMITS)
    roll(client)
    await put(client, b"key", b"newest")
    assert await client.engine.compact(LIMITS)
    assert await client.values(LOG) == [(1, b"new"), (2, b"newest")]


async def test_a_log_that_is_not_compacted_keeps_everything(client):
    await client.engine.create([LOG], LogConfig(min_cleanable_dirty_ratio=0.0))
    await put(client, b"key", b"old")
    await put(client, b"key", b"new")
    roll(client)
    assert not await client.engine.compact(LIMITS)
    assert await offsets(client) == [0, 1]


@pytest.mark.parametrize("codec", list(Compression))
async def test_a_batch_that_loses_records_keeps_its_codec_and_its_extent(client, codec):
    await client.engine.create([LOG], compacted())
    await put(client, b"other", b"first")
    records = client.batch(b"a", b"b", b"c", key=b"key", compression=codec)
    await client.append_batch(LOG, records)
    await put(client, b"other", b"second")
    await compact_all(client)
    header = (await headers(client))[0]
    assert (header.base_offset, header.last_offset, header.record_count) == (1, 3, 1)
    assert header.compression == codec
    assert await client.values(LOG) == [(3, b"c"), (4, b"second")]


async def test_a_tombstone_stays_for_its_time_after_the_compaction_that_met_it(client, clock):
    await client.engine.create([LOG], compacted(delete_retention_ms=1000))
    await put(client, b"key", b"value")
    await put(client, b"key", None)
    await compact_all(client)
    assert await client.values(LOG) == [(1, None)]
    [header] = await headers(client)
    assert header.has_delete_horizon
    assert header.base_timestamp == clock.ms + 1000
    clock.ms += 1000
    await put(client, b"other", b"x")
    await compact_all(client)
    assert await client.values(LOG) == [(2, b"x")]


async def test_the_last_batch_of_an_idempotent_producer_stays_empty(client):
    await client.engine.create([LOG], compacted())
    options = {"producer_id": 7, "producer_epoch": 0}
    await put(client, b"key", b"1", base_sequence=0, **options)
    await put(client, b"key", b"2", base_sequence=1, **options)
    await put(client, b"key", b"3")
    await compact_all(client)
    header = (await headers(client))[0]
    assert (header.base_offset, header.last_sequence, header.record_count) == (1, 1, 0)
    duplicate = await put(client, b"key", b"2", base_sequence=1, **options)
    assert (duplicate.duplicate, duplicate.base_offset) == (True, 1)


async def test_an_aborted_transaction_goes_at_once_and_its_marker_later(client, clock):
    await client.engine.create([LOG], compacted(delete_retention_ms=1000))
    options = {"producer_id": 7, "producer_epoch": 0, "is_transactional": True}
    await put(client, b"key", b"kept")
    await put(client, b"key", b"aborted", base_sequence=0, **options)
    await end_transaction(client, 7, commit=False)
    await put(client, b"other", b"later", base_sequence=1, **options)
    await end_transaction(client, 7, commit=True)
    await compact_all(client)
    assert [header.base_offset for header in await headers(client)] == [0, 2, 3, 4]
    await put(client, b"another", b"x")
    await compact_all(client)
    found = [(h.base_offset, h.has_delete_horizon) for h in await headers(client)]
    assert found == [(0, False), (2, True), (3, False), (4, False), (5, False)]
    piece = await client.read(LOG, 0, isolation=Isolation.READ_COMMITTED)
    assert piece.aborted == []
    clock.ms += 1000
    await put(client, b"another", b"y")
    await compact_all(client)
    assert [header.base_offset for header in await headers(client)] == [0, 3, 4, 6]


async def test_a_transaction_that_was_aborted_long_ago_does_not_count_for_the_next(client, clock):
    await client.engine.create([LOG], compacted(delete_retention_ms=1000))
    await put(client, b"k", b"old")
    producer = {"producer_id": 1, "producer_epoch": 0, "is_transactional": True}
    await put(client, b"x", b"aborted", base_sequence=0, **producer)
    await end_transaction(client, 1, commit=False)
    await compact_all(client)
    await put(client, b"k", None, base_sequence=1, **producer)
    await end_transaction(client, 1, commit=True)
    await compact_all(client)
    assert b"old" not in [value for _, value in await client.values(LOG)]
    clock.ms += 5000
    for _ in range(2):
        await put(client, b"y", b"")
        await compact_all(client)
    assert b"old" not in [value for _, value in await client.values(LOG)]


async def test_the_records_of_an_open_transaction_are_not_touched(client):
    await client.engine.create([LOG], compacted())
    await put(client, b"key", b"old")
    options = {"producer_id": 7, "producer_epoch": 0, "is_transactional": True}
    await put(client, b"key", b"open", base_sequence=0, **options)
    await put(client, b"key", b"new")
    roll(client)
    assert not await client.engine.compact(LIMITS)
    await end_transaction(client, 7, commit=True)
    await compact_all(client)
    assert [value for _, value in await client.values(LOG)][-2:-1] != [b"open"]


# When


async def test_a_log_waits_until_enough_of_it_is_dirty(client):
    await client.engine.create([LOG], compacted(min_cleanable_dirty_ratio=0.5))
    for number in range(9):
        await put(client, b"%d" % number, b"x" * 50)
    roll(client)
    assert await client.engine.compact(LIMITS)
    await put(client, b"0", b"y" * 50)
    roll(client)
    assert not await client.engine.compact(LIMITS)
    for number in range(9):
        await put(client, b"%d" % number, b"z" * 50)
    roll(client)
    assert await client.engine.compact(LIMITS)
    assert await offsets(client) == list(range(10, 19))


async def test_records_younger_than_the_least_lag_stay(client, clock):
    await client.engine.create([LOG], compacted(min_compaction_lag_ms=1000))
    await put(client, b"key", b"old")
    await put(client, b"key", b"new")
    roll(client)
    assert not await client.engine.compact(LIMITS)
    clock.ms += 1000
    assert await client.engine.compact(LIMITS)
    assert await offsets(client) == [1]


async def test_a_log_that_has_waited_too_long_is_compacted_however_clean(client, clock):
    config = compacted(min_cleanable_dirty_ratio=1.0, max_compaction_lag_ms=5000)
    await client.engine.create([LOG], config)
    await put(client, b"key", b"old")
    await put(client, b"key", b"new")
    clock.ms += 5001
    assert not await client.engine.compact(LIMITS)
    await put(client, b"key", b"newest")  # which rolls the segment, so late
    assert await client.engine.compact(LIMITS)
    assert await offsets(client) == [1, 2]


async def test_a_small_map_compacts_a_log_in_several_rounds(client):
    await client.engine.create([LOG], compacted(segment_bytes=300))
    for number in range(60):
        await put(client, b"%d" % (number % 20), b"x" * 20)
    roll(client)
    rounds = 0
    while await client.engine.compact(CompactionLimits(map_bytes=24 * 10)):
        rounds += 1
    assert rounds > 3
    assert await offsets(client) == list(range(40, 60))


async def test_small_segments_become_one(client, clock):
    await client.engine.create([LOG], compacted(segment_bytes=1000))
    for number in range(40):
        await put(client, b"%d" % (number % 4), b"x" * 20)
    await compact_all(client)
    clock.ms += 1
    await put(client, b"0", b"y")
    await compact_all(client)
    assert len(client.engine._logs[LOG].segments) == 2
    assert await offsets(client) == [37, 38, 39, 40]
    found = await client.engine.offset_for_timestamp(LOG, clock.ms)
    assert found.offset == 40


# While the log is in use


async def test_reads_and_appends_go_on_while_a_log_is_compacted(client):
    await client.engine.create([LOG], compacted(segment_bytes=20_000))
    for number in range(300):
        await put(client, b"%d" % (number % 50), b"%d" % number * 100)
    roll(client)
    compaction = asyncio.create_task(client.engine.compact(LIMITS))
    number = 300
    while not compaction.done():
        await asyncio.sleep(0)
        await put(client, b"%d" % (number % 50), b"%d" % number * 100)
        number += 1
        last = {}
        for offset, value in await client.values(LOG):
            last[offset % 50] = (offset, value)
        assert sorted(last.values()) == [
            (offset, b"%d" % offset * 100) for offset in range(number - 50, number)
        ]
    assert await compaction


@pytest.mark.parametrize("factor", [0.0, -1.0, 5.0])
async def test_a_load_factor_that_makes_no_sense_does_no_harm(client, factor):
    await client.engine.create([LOG], compacted())
    for number in range(30):
        await put(client, b"%d" % (number % 3), b"%d" % number)
    roll(client)
    limits = CompactionLimits(load_factor=factor)
    while await client.engine.compact(limits):
        pass
    assert await offsets(client) == [27, 28, 29]


async def test_a_compaction_that_has_to_be_slow_does_not_hold_up_the_end(opened, disk):
    client = await opened(disk)
    await client.engine.create([LOG], compacted())
    for number in range(30):
        await put(client, b"%d" % (number % 3), b"x" * 10_000)
    roll(client)
    slowly = CompactionLimits(max_bytes_per_second=0.0)
    compacting = asyncio.ensure_future(client.engine.compact(slowly))
    await asyncio.sleep(0)
    await client.engine.close()
    await compacting
    client = await opened(disk)
    assert len(await offsets(client)) == 30
    await client.engine.close()


async def test_a_log_can_be_deleted_while_it_is_compacted(client):
    await client.engine.create([LOG], compacted())
    for _ in range(2000):
        await put(client, b"key", b"x" * 100)
    roll(client)
    compaction = asyncio.create_task(client.engine.compact(LIMITS))
    await asyncio.sleep(0)
    await client.engine.delete([LOG])
    await compaction
    with pytest.raises(UnknownLogError):
        client.engine.bounds(LOG)


async def test_a_compaction_that_is_cut_off_by_the_end_of_the_engine_is_done_later(opened, disk):
    client = await opened(disk)
    await client.engine.create([LOG], compacted())
    for number in range(2000):
        await put(client, b"key", b"%d" % number)
    roll(client)
    compaction = asyncio.create_task(client.engine.compact(LIMITS))
    await asyncio.sleep(0)
    await client.engine.close()
    await compaction
    client = await opened(disk)
    assert not [name for name in disk.list("orders-3") if name.endswith((".cleaned", ".swap"))]
    await client.engine.configure(LOG, compacted())
    await client.engine.compact(LIMITS)
    assert await offsets(client) == [1999]
    await client.engine.close()


async def test_a_damaged_log_is_left_alone(opened):
    disk = MemoryDisk()
    client = await opened(disk)
    await client.engine.create([LOG], compacted())
    await put(client, b"key", b"old")
    await put(client, b"key", b"new")
    roll(client)
    disk._files["orders-3"]["00000000000000000000.log"][-1] ^= 1
    with pytest.raises(CorruptRecordsError):
        await client.engine.compact(LIMITS)
    assert not await client.engine.compact(LIMITS)
    assert client.engine.bounds(LOG).end == 2
    await client.engine.close()


# On the disk


async def test_a_power_cut_at_any_moment_of_a_compaction_loses_nothing(opened):
    disk = BreakingDisk()
    client = await opened(disk)
    await client.engine.create([LOG], compacted(segment_bytes=1000))
    for start in (0, 40):  # the second half becomes part of what the first one left
        for number in range(start, start + 40):
            key = b"only %d" % number if number in (5, 30) else b"%d" % (number % 10)
            await put(client, key, b"%d" % number)
        roll(client)
        if not start:
            await client.engine.compact(LIMITS)
    await client.engine.close()
    expected = [(number, b"%d" % number) for number in (5, 30, *range(70, 80))]
    changes, is_whole = 0, False
    while not is_whole:
        broken = disk.repaired()
        client = await opened(broken)
        await client.engine.configure(LOG, compacted(segment_bytes=1000))
        broken.left = changes
        with contextlib.suppress(DiskError):
            is_whole = await client.engine.compact(LIMITS)
        client = await opened(broken.repaired())
        found = await client.values(LOG)
        assert found == sorted(dict(found).items())
        assert set(expected) <= set(found)
        in_segments = [
            header.base_offset
            for segment in client.engine._logs[LOG].segments
            for _, header in segment.scan()
        ]
        assert in_segments == sorted(set(in_segments))
        assert not is_whole or found == expected
        changes += 1
    assert changes > 20


async def test_what_a_compaction_that_was_given_up_left_does_not_undo_the_next_one(opened):
    disk = BreakingDisk()
    client = await opened(disk)
    await client.engine.create([LOG], compacted(segment_bytes=1000))
    for number in range(40):
        await put(client, b"%d" % (number % 10), b"%d" % number)
    roll(client)
    first = client.engine._logs[LOG].segments[1].base_offset
    await client.engine.delete_before(LOG, first)
    await client.engine.maintain()
    await client.engine.close()
    expected = [(number, b"%d" % number) for number in range(30, 40)]
    changes, is_whole = 0, False
    while not is_whole:
        broken = disk.repaired()
        client = await opened(broken)
        await client.engine.configure(LOG, compacted(segment_bytes=1000))
        # It stopped in a segment that is gone by now.
        broken.open(f"orders-3/{0:020}.log.cleaned").close()
        broken.left = changes
        with contextlib.suppress(DiskError):
            is_whole = await client.engine.compact(LIMITS)
        client = await opened(broken.repaired())
        assert set(expected) <= set(await client.values(LOG))
        changes += 1
        assert changes < 500
    assert changes > 10


async def test_replaced_files_are_removed_after_the_delay(opened, disk, clock):
    client = await opened(disk)
    await client.engine.create([LOG], compacted(file_delete_delay_ms=1000))
    await put(client, b"key", b"old")
    await put(client, b"key", b"new")
    await compact_all(client)
    assert "00000000000000000000.log.deleted" in disk.list("orders-3")
    clock.ms += 999
    await client.engine.maintain()
    assert "00000000000000000000.log.deleted" in disk.list("orders-3")
    clock.ms += 1
    await client.engine.maintain()
    assert not [name for name in disk.list("orders-3") if name.endswith(".deleted")]
    await client.engine.close()


async def test_expired_segments_are_removed_after_the_delay(opened, disk, clock):
    client = await opened(disk)
    await client.engine.create([LOG], LogConfig(retention_ms=DAY_MS, file_delete_delay_ms=1000))
    await put(client, None, b"old")
    roll(client)
    clock.ms += DAY_MS + 1
    await client.engine.maintain()
    assert client.engine.bounds(LOG).start == 1
    assert "00000000000000000000.log.deleted" in disk.list("orders-3")
    clock.ms += 1000
    await client.engine.maintain()
    assert not [name for name in disk.list("orders-3") if name.endswith(".deleted")]
    await client.engine.close()


async def test_the_index_of_aborted_transactions_goes_with_the_segment(opened, disk):
    client = await opened(disk)
    await client.engine.create([LOG], compacted())
    options = {"producer_id": 7, "producer_epoch": 0, "is_transactional": True}
    await put(client, b"key", b"old")
    await put(client, b"key", b"aborted", base_sequence=0, **options)
    await end_transaction(client, 7, commit=False)
    await compact_all(client)
    before = await client.read(LOG, 0, isolation=Isolation.READ_COMMITTED)
    await client.engine.close()
    client = await opened(disk)
    after = await client.read(LOG, 0, isolation=Isolation.READ_COMMITTED)
    assert before.aborted == after.aborted == [(7, 1)]
    await client.engine.close()


async def test_the_checkpoint_tells_up_to_where_a_log_is_clean(opened, disk):
    client = await opened(disk)
    await client.engine.create([LOG], compacted())
    await put(client, b"key", b"old")
    await put(client, b"key", b"new")
    await compact_all(client)
    assert disk.read(CLEANER_CHECKPOINT) == b"0\n1\norders 3 2\n"
    await client.engine.close()
    client = await opened(disk)
    await client.engine.configure(LOG, compacted())
    assert not await client.engine.compact(LIMITS)
    await client.engine.delete([LOG])
    assert disk.read(CLEANER_CHECKPOINT) == b"0\n0\n"
    await client.engine.close()


@pytest.mark.kafka_jars
@pytest.mark.skipif("KAFKA_CLASSPATH" not in os.environ, reason="needs Kafka's own jars")
def test_kafkas_own_tool_reads_a_compacted_segment(opened, tmp_path):
    kept = asyncio.run(compacted_on(opened, tmp_path))
    dumped = subprocess.run(
        [
            shutil.which("java") or "java",
            *("-cp", os.environ["KAFKA_CLASSPATH"], "org.apache.kafka.tools.DumpLogSegments"),
            *("--print-data-log", "--files", f"{tmp_path}/orders-3/{0:020}.log"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = dumped.stdout.splitlines()
    assert [int(line.split()[2]) for line in lines if line.startswith("| offset:")] == kept
    assert "isvalid: false" not in dumped.stdout


async def compacted_on(opened, tmp_path):
    disk = OsDisk(tmp_path)
    client = await opened(disk)
    await client.engine.create([LOG], compacted(delete_retention_ms=1000))
    for number in range(100):
        codec = Compression(number % 5)
        value = None if number % 10 == 3 else b"%d" % number
        await put(client, b"%d" % (number % 30), value, compression=codec)
    await compact_all(client)
    kept = await offsets(client)
    await client.engine.close()
    return kept
