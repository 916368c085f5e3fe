"""What a power cut must leave, what readers may see before that, and what it costs."""

import asyncio
import threading
from random import Random

import pytest

from kafkapy.storage.checkpoints import CLEAN_SHUTDOWN
from kafkapy.storage.config import LogConfig
from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.engine import Bounds, Isolation, LogId
from kafkapy.storage.errors import DiskError
from kafkapy.wire.records.batch import batches
from kafkapy.wire.records.control import EndTxnMarker, build_end_txn_marker
from tests.simulation.disk import SimulatedDisk

LOG = LogId("orders", 0, bytes(range(16)))
FLUSHED = LogConfig(flush_messages=1, segment_bytes=800, index_interval_bytes=100)
UNFLUSHED = LogConfig(segment_bytes=800, index_interval_bytes=100)


def crash(client):
    client.engine._release()


def power_cut(client, disk):
    crash(client)
    disk.restart(lost_power=True)


def new_disk(seed):
    return SimulatedDisk(Random(seed), lambda _: None)


async def abort(client, producer_id=1, first_sequence=0):
    await client.append(
        LOG,
        b"aborted",
        producer_id=producer_id,
        producer_epoch=0,
        base_sequence=first_sequence,
        is_transactional=True,
    )
    marker = EndTxnMarker(False, 0)
    await client.mark(
        LOG, build_end_txn_marker(marker, producer_id=producer_id, producer_epoch=0, timestamp_ms=1)
    )


async def aborted(client):
    """Every aborted transaction that a committed reader is told of, from start to end."""
    bounds, found = client.engine.bounds(LOG), set()
    offset = bounds.start
    while offset < bounds.stable:
        piece = await client.read(LOG, offset, 200, isolation=Isolation.READ_COMMITTED)
        found.update(piece.aborted)
        offset = [header.next_offset for header, _ in batches(piece.records)][-1]
    return found


# Power cuts


@pytest.mark.parametrize("seed", range(20))
async def test_a_power_cut_leaves_what_was_flushed_and_all_that_is_known_of_it(opened, seed):
    disk, random = new_disk(seed), Random(seed)
    client = await opened(disk)
    await client.engine.create([LOG], FLUSHED)
    expected, transactions, times = [], set(), {}
    for number in range(60):
        client.clock.ms += 1
        if random.random() < 0.2:
            end = client.engine.bounds(LOG).end
            await abort(client, producer_id=number)
            transactions.add((number, end))
            expected += [b"aborted", None]
        else:
            await client.append(LOG, b"%d" % number, producer_id=9999, producer_epoch=0,
                                base_sequence=len(times))  # fmt: skip
            times[len(expected)] = client.clock.ms
            expected.append(b"%d" % number)
        if random.random() < 0.1:
            await client.engine.maintain()
        if random.random() < 0.1:
            await asyncio.gather(*(client.engine._flushes.save(log) for log in client.logs()))
            await client.engine.checkpoint()
    power_cut(client, disk)
    for _ in range(2):
        client = await opened(disk)
        await client.engine.configure(LOG, FLUSHED)
        found = [value for _, value in await client.values(LOG)]
        assert [
            v if w is not None else None for v, w in zip(found, expected, strict=True)
        ] == expected
        assert await aborted(client) == transactions
        for offset, time_ms in times.items():
            first = await client.engine.offset_for_timestamp(LOG, time_ms)
            assert (first.offset, first.timestamp_ms) == (offset, time_ms)
        last_sequences = {s.producer_id: s.last_sequence for s in client.engine.producers(LOG)}
        assert last_sequences.get(9999, -1) == len(times) - 1
        power_cut(client, disk)


@pytest.mark.parametrize("seed", range(10))
async def test_nothing_that_a_recovery_cut_off_comes_back(opened, seed):
    disk = new_disk(seed)
    client = await opened(disk)
    await client.engine.create([LOG], UNFLUSHED)
    for number in range(30):
        await client.append(LOG, b"old %d" % number)
    await client.engine.maintain()
    await asyncio.gather(*(client.engine._flushes.save(log) for log in client.logs()))
    crash(client)
    # The medium has all of it, and the page cache all but one damaged batch in the first segment.
    path = f"orders-0/{0:020}.log"
    content = disk._inode(path).content
    content[100] ^= 1
    for name in ("recovery-point-offset-checkpoint",):
        disk.remove(name)
    disk._inode(path).durable = bytes(content)
    client = await opened(disk)
    end = client.engine.bounds(LOG).end
    assert 0 < end < 10
    await client.engine.configure(LOG, FLUSHED)
    await client.append(LOG, b"new")
    power_cut(client, disk)
    client = await opened(disk)
    values = await client.values(LOG)
    assert values == [(n, b"old %d" % n) for n in range(end)] + [(end, b"new")]
    await client.engine.close()


@pytest.mark.parametrize("seed", range(10))
async def test_a_clean_shutdown_after_a_recovery_makes_its_cuts_durable(opened, seed):
    disk = new_disk(seed)
    client = await opened(disk)
    await client.engine.create([LOG], UNFLUSHED)
    for number in range(30):
        await client.append(LOG, b"old %d" % number)
    await asyncio.gather(*(client.engine._flushes.save(log) for log in client.logs()))
    crash(client)
    disk._inode(f"orders-0/{0:020}.log").content[100] ^= 1
    client = await opened(disk)
    end = client.engine.bounds(LOG).end
    await client.engine.close()
    assert CLEAN_SHUTDOWN in disk.list()
    disk.restart(lost_power=True)
    client = await opened(disk)
    assert await client.values(LOG) == [(n, b"old %d" % n) for n in range(end)]
    await client.engine.close()


@pytest.mark.parametrize("seed", range(10))
async def test_a_tail_that_was_cut_off_stays_off_though_the_next_segment_began(opened, seed):
    disk = new_disk(seed)
    client = await opened(disk)
    await client.engine.create([LOG], UNFLUSHED)
    for number in range(3):
        await client.append(LOG, b"old %d" % number)
    await client.engine._flushes.save(client.logs()[0])
    await client.engine.delete_before(LOG, 0)  # writes the checkpoints
    crash(client)
    # A torn batch behind the recovery point, which the medium has, too.
    inode = disk._inode(f"orders-0/{0:020}.log")
    inode.content += bytes(300)
    inode.durable = bytes(inode.content)
    client = await opened(disk)
    client.logs()[0].roll()
    await client.append(LOG, b"new")
    await client.engine._flushes.save(client.logs()[0])
    await client.engine.delete_before(LOG, 0)
    power_cut(client, disk)
    client = await opened(disk)
    assert [value for _, value in await client.values(LOG)] == [
        b"old 0",
        b"old 1",
        b"old 2",
        b"new",
    ]
    assert client.engine.size_bytes(LOG) < 600
    await client.engine.close()


# Readers


class SlowDisk(MemoryDisk):
    """Flushes log files only while `is_ready` is set; fails them where `fails` is."""

    blocking = True

    def __init__(self):
        super().__init__()
        self.is_ready = threading.Event()
        self.fails = False

    def open(self, path):
        file = super().open(path)
        return SlowFile(self, file) if path.endswith(".log") else file


class SlowFile:
    def __init__(self, disk, file):
        self._disk = disk
        self.append, self.pread = file.append, file.pread
        self.truncate, self.close = file.truncate, file.close

    def fsync(self):
        assert self._disk.is_ready.wait(30)
        if self._disk.fails:
            raise OSError(5, "Input/output error")


async def begun(coroutine):
    """Let a coroutine come to where it waits."""
    task = asyncio.ensure_future(coroutine)
    for _ in range(5):
        await asyncio.sleep(0)
    return task


async def test_a_record_is_readable_when_it_is_durable(opened):
    disk = SlowDisk()
    client = await opened(disk)
    await client.engine.create([LOG], FLUSHED)
    appending = await begun(client.append(LOG, b"a"))
    woken = []
    client.engine.watch([LOG], lambda: woken.append(client.engine.bounds(LOG).high_watermark))
    assert client.engine.bounds(LOG) == Bounds(0, 0, 0, 1)
    assert not (await client.read(LOG, 0)).records
    assert await client.engine.offset_for_timestamp(LOG, 0) is None
    assert await client.engine.offset_of_max_timestamp(LOG) is None
    assert await client.engine.delete_before(LOG, -1) == 0
    assert not appending.done()
    disk.is_ready.set()
    await appending
    assert woken[-1] == 1
    assert client.engine.bounds(LOG) == Bounds(0, 1, 1, 1)
    assert (await client.read(LOG, 0)).records
    await client.engine.close()


async def test_readers_are_woken_though_the_appender_went_away(opened):
    disk = SlowDisk()
    client = await opened(disk)
    await client.engine.create([LOG], FLUSHED)
    appending = await begun(client.append(LOG, b"a"))
    awake = asyncio.Event()
    client.engine.watch([LOG], awake.set)
    appending.cancel()
    disk.is_ready.set()
    await asyncio.wait_for(awake.wait(), 30)
    assert client.engine.bounds(LOG).high_watermark == 1
    await client.engine.close()


@pytest.mark.parametrize("messages", [1, 3])
async def test_what_came_during_a_flush_is_shown_though_its_appender_went_away(opened, messages):
    disk = SlowDisk()
    client = await opened(disk)
    await client.engine.create([LOG], LogConfig(flush_messages=messages))
    first = await begun(client.append(LOG, b"a", b"b", b"c"))
    second = await begun(client.append(LOG, b"d"))
    awake = asyncio.Event()
    client.engine.watch([LOG], awake.set)
    second.cancel()
    disk.is_ready.set()
    await first
    while client.engine.bounds(LOG).high_watermark < 4:
        awake.clear()
        await asyncio.wait_for(awake.wait(), 30)
    await client.append(LOG, b"e")
    assert client.engine.bounds(LOG) == Bounds(0, 5, 5, 5)
    await client.engine.close()


async def test_what_came_during_a_flush_waits_for_the_next(opened):
    disk = SlowDisk()
    client = await opened(disk)
    await client.engine.create([LOG], LogConfig(flush_messages=2))
    await client.append(LOG, b"a")
    assert client.engine.bounds(LOG) == Bounds(0, 1, 1, 1)
    second = await begun(client.append(LOG, b"b"))
    third = await begun(client.append(LOG, b"c"))
    assert client.engine.bounds(LOG) == Bounds(0, 1, 1, 3)
    disk.is_ready.set()
    await second
    await third
    assert client.engine.bounds(LOG) == Bounds(0, 3, 3, 3)
    await client.engine.close()


async def test_a_record_whose_flush_failed_is_never_readable(opened):
    disk = SlowDisk()
    client = await opened(disk)
    await client.engine.create([LOG], FLUSHED)
    disk.fails = True
    disk.is_ready.set()
    with pytest.raises(DiskError):
        await client.append(LOG, b"a")
    with pytest.raises(DiskError):
        await client.read(LOG, 0)
    await client.engine.close()


async def test_what_a_crash_left_unflushed_is_flushed_before_it_is_read(opened):
    disk = SlowDisk()
    client = await opened(disk)
    await client.engine.create([LOG], LogConfig())
    await client.append(LOG, b"a")
    crash(client)
    client = await opened(disk)
    configuring = await begun(client.engine.configure(LOG, FLUSHED))
    assert client.engine.bounds(LOG) == Bounds(0, 0, 0, 1)
    disk.is_ready.set()
    await configuring
    assert client.engine.bounds(LOG) == Bounds(0, 1, 1, 1)
    await client.engine.close()


# What it costs


class CountingDisk(MemoryDisk):
    """Counts the bytes read of logs, and notes what is opened, replaced or flushed."""

    def __init__(self):
        super().__init__()
        self.read_bytes = 0
        self.touched = []

    def open(self, path):
        self.touched.append(path)
        return CountingFile(self, super().open(path), path)

    def replace(self, path, content, *, sync=False):
        self.touched.append(path)
        super().replace(path, content, sync=sync)

    def sync_directory(self, path):
        self.touched.append(path)


class CountingFile:
    def __init__(self, disk, file, path):
        self._disk, self._file, self._path = disk, file, path
        self.append, self.truncate, self.close = file.append, file.truncate, file.close

    def pread(self, size, position):
        content = self._file.pread(size, position)
        self._disk.read_bytes += len(content) if self._path.endswith(".log") else 0
        return content

    def fsync(self):
        self._disk.touched.append(self._path)


async def test_a_recovery_reads_what_was_not_checkpointed(opened, monkeypatch):
    monkeypatch.setattr("kafkapy.storage.flushing._UNSAVED_BYTES", 1000)
    disk = CountingDisk()
    client = await opened(disk)
    await client.engine.create([LOG], LogConfig())
    producer = {"producer_id": 1, "producer_epoch": 0}
    client.clock.ms += 50  # the largest timestamp is the first one's
    await client.append(LOG, b"x" * 1000, base_sequence=0, **producer)
    client.clock.ms -= 50
    for sequence in range(1, 1000):
        await client.append(LOG, b"x" * 1000, base_sequence=sequence, **producer)
    await client.engine.checkpoint()
    for sequence in range(1000, 1010):
        await client.append(LOG, b"x" * 1000, base_sequence=sequence, **producer)
    expected = await client.values(LOG)
    producers = client.engine.producers(LOG)
    crash(client)
    disk.read_bytes = 0
    client = await opened(disk)
    assert disk.read_bytes < 100_000
    assert await client.values(LOG) == expected
    assert client.engine.producers(LOG) == producers
    assert (await client.engine.offset_of_max_timestamp(LOG)).offset == 0
    await client.engine.close()


async def test_a_checkpoint_leaves_small_rests_alone(opened):
    disk = CountingDisk()
    client = await opened(disk)
    await client.engine.create([LOG], LogConfig())
    await client.append(LOG, b"x")
    await client.engine.checkpoint()
    disk.touched.clear()
    await client.append(LOG, b"x")
    await client.engine.checkpoint()
    assert disk.touched == []
    await client.engine.close()


async def test_logs_that_have_not_changed_cost_nothing_at_the_end(opened):
    disk = CountingDisk()
    client = await opened(disk)
    logs = [LOG._replace(partition=number) for number in range(3)]
    await client.engine.create(logs, LogConfig())
    await client.append(logs[0], b"x")
    await client.engine.close()
    client = await opened(disk)
    await client.values(logs[0])
    disk.touched.clear()
    await client.engine.close()
    assert not any(path.startswith("orders") for path in disk.touched)


async def test_the_snapshot_of_a_former_recovery_point_goes(opened, monkeypatch):
    monkeypatch.setattr("kafkapy.storage.flushing._UNSAVED_BYTES", 0)
    disk = MemoryDisk()
    client = await opened(disk)
    await client.engine.create([LOG], LogConfig())
    for _ in range(3):
        await client.append(LOG, b"x")
        await client.engine.checkpoint()
    found = [name for name in disk.list("orders-0") if name.endswith(".snapshot")]
    assert found == [f"{3:020}.snapshot"]
    await client.engine.close()


# What outlives the log that it told of


async def test_a_log_made_anew_under_an_old_name_has_nothing_of_the_old_one(opened):
    disk = MemoryDisk()
    client = await opened(disk)
    await client.engine.create([LOG], LogConfig())
    for _ in range(10):
        await client.append(LOG, b"old")
    await client.engine.delete_before(LOG, 7)
    await client.engine.checkpoint()
    await client.engine.delete([LOG])
    again = LOG._replace(topic_id=bytes(16))
    await client.engine.create([again], LogConfig())
    await client.append(again, b"new")
    crash(client)
    client = await opened(disk)
    assert await client.values(again) == [(0, b"new")]
    await client.engine.close()
