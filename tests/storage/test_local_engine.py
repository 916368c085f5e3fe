"""What concerns files: formats, restarts, recovery, locks, deletion, failing disks."""

import asyncio
import base64
import struct

import pytest

from kafkapy.storage.checkpoints import CLEAN_SHUTDOWN, LOG_START_CHECKPOINT
from kafkapy.storage.config import LogConfig
from kafkapy.storage.disk import MemoryDisk, OsDisk
from kafkapy.storage.engine import Bounds, Isolation, LogId
from kafkapy.storage.errors import (
    DirectoryLockedError,
    DiskError,
    UnknownLogError,
)
from kafkapy.storage.local import LocalEngine
from kafkapy.storage.memory import MemoryEngine
from kafkapy.wire.records.batch import batches
from kafkapy.wire.records.control import EndTxnMarker, build_end_txn_marker

TOPIC_ID = bytes(range(16))
LOG = LogId("orders", 3, TOPIC_ID)
FIRST = "orders-3/00000000000000000000"
SMALL = LogConfig(segment_bytes=1000, index_interval_bytes=200)


async def filled(opened, disk, count=40, **options):
    """Start an engine with one log of `count` batches of two records."""
    client = await opened(disk, **options)
    await client.engine.create([LOG], SMALL)
    for number in range(count):
        await client.append(
            LOG,
            b"%d" % number,
            b"x" * 30,
            producer_id=7,
            producer_epoch=0,
            base_sequence=2 * number,
        )
    return client


def crash(client):
    """Leave the disk as it is, without what a shutdown would write."""
    client.engine._release()


async def offsets(client):
    return [offset for offset, _ in await client.values(LOG)]


def damage(disk, path, position):
    """Flip a bit."""
    content = bytearray(disk.read(path))
    content[position] ^= 1
    disk.remove(path)
    file = disk.open(path)
    file.append([content])
    file.close()


def truncated(disk, path, size):
    file = disk.open(path)
    file.truncate(size)
    file.close()


def last_log(disk):
    return "orders-3/" + [name for name in disk.list("orders-3") if name.endswith(".log")][-1]


# Formats


async def test_a_partition_looks_as_kafka_would_leave_it(opened, disk):
    client = await filled(opened, disk)
    await client.engine.claim(LOG)
    await client.engine.delete_before(LOG, 3)
    await client.engine.close()
    assert disk.read("orders-3/partition.metadata").decode().splitlines() == [
        "version: 0",
        "topic_id: " + base64.urlsafe_b64encode(TOPIC_ID).decode().rstrip("="),
    ]
    assert disk.read("orders-3/leader-epoch-checkpoint") == b"0\n2\n0 3\n1 80\n"
    assert disk.read("recovery-point-offset-checkpoint") == b"0\n1\norders 3 80\n"
    assert disk.read("replication-offset-checkpoint") == b"0\n1\norders 3 80\n"
    assert disk.read("log-start-offset-checkpoint") == b"0\n1\norders 3 3\n"
    assert disk.read(CLEAN_SHUTDOWN) == b'{"version":0,"brokerEpoch":-1}'
    assert "00000000000000000080.snapshot" in disk.list("orders-3")


async def test_index_entries_point_at_batches(opened, disk):
    client = await filled(opened, disk, count=8)
    await client.engine.close()
    content = disk.read(FIRST + ".log")
    positions = {}
    position = 0
    for header, batch in batches(content):
        positions[header.last_offset] = position
        position += len(batch)
    entries = list(struct.iter_unpack(">ii", disk.read(FIRST + ".index")))
    assert entries
    assert all(positions[offset] == position for offset, position in entries)
    timestamps = list(struct.iter_unpack(">qi", disk.read(FIRST + ".timeindex")))
    assert timestamps == [(client.clock.ms, 1)]


async def test_a_snapshot_holds_each_producer_with_its_last_batch(opened, disk, clock):
    client = await filled(opened, disk, count=2)
    await client.engine.close()
    snapshot = disk.read("orders-3/00000000000000000004.snapshot")
    assert struct.unpack(">hIi", snapshot[:10])[::2] == (1, 1)
    entry = struct.unpack(">qhiqiqiq", snapshot[10:])
    assert entry == (7, 0, 3, 3, 1, clock.ms, -1, -1)


# Restarts


async def test_a_clean_restart_keeps_everything(opened, disk):
    client = await filled(opened, disk)
    await client.engine.claim(LOG)
    await client.engine.delete_before(LOG, 11)
    before = await client.values(LOG)
    producers = client.engine.producers(LOG)
    await client.engine.close()
    client = await opened(disk)
    engine = client.engine
    assert list(engine.logs()) == [LOG]
    assert engine.bounds(LOG) == Bounds(11, 80, 80, 80)
    assert engine.leader_epoch(LOG) == 1
    assert engine.producers(LOG) == producers
    assert await client.values(LOG) == before
    again = await client.append(
        LOG, b"39", b"x" * 30, producer_id=7, producer_epoch=0, base_sequence=78
    )
    assert (again.duplicate, again.base_offset) == (True, 78)
    assert (await client.append(LOG, b"new")).base_offset == 80
    await engine.close()


async def test_a_crash_loses_nothing_that_was_written(opened, disk):
    client = await filled(opened, disk)
    await client.engine.claim(LOG)
    await client.engine.delete_before(LOG, 11)
    before = await client.values(LOG)
    producers = client.engine.producers(LOG)
    crash(client)
    assert CLEAN_SHUTDOWN not in disk.list()
    client = await opened(disk)
    assert client.engine.bounds(LOG) == Bounds(11, 80, 80, 80)
    assert client.engine.leader_epoch(LOG) == 1
    assert client.engine.producers(LOG) == producers
    assert await client.values(LOG) == before
    await client.engine.close()


async def test_only_what_lies_behind_the_recovery_point_is_recovered(opened, disk):
    client = await filled(opened, disk)
    await client.engine.maintain()
    for number in range(40, 50):
        await client.append(LOG, b"%d" % number, b"x")
    before = await client.values(LOG)
    crash(client)
    # Trusted, so nobody looks: a wrong checksum in the first segment stays.
    damage(disk, FIRST + ".log", 17)
    client = await opened(disk)
    assert await offsets(client) == [offset for offset, _ in before]
    await client.engine.close()


async def test_a_torn_last_batch_is_cut_off(opened, disk):
    client = await filled(opened, disk)
    crash(client)
    path = last_log(disk)
    truncated(disk, path, disk.size(path) - 3)
    client = await opened(disk)
    assert client.engine.bounds(LOG).end == 78
    assert await offsets(client) == list(range(78))
    [state] = client.engine.producers(LOG)
    assert state.last_sequence == 77
    again = await client.append(
        LOG, b"39", b"x" * 30, producer_id=7, producer_epoch=0, base_sequence=78
    )
    assert (again.duplicate, again.base_offset) == (False, 78)
    await client.engine.close()


async def test_a_flipped_bit_ends_the_log_there(opened, disk):
    client = await filled(opened, disk)
    crash(client)
    second = [name for name in disk.list("orders-3") if name.endswith(".log")][1]
    damage(disk, f"orders-3/{second}", 150)
    client = await opened(disk)
    end = client.engine.bounds(LOG).end
    assert int(second[:20]) <= end < int(second[:20]) + 4
    assert await offsets(client) == list(range(end))
    assert len([name for name in disk.list("orders-3") if name.endswith(".log")]) == 2
    assert (await client.append(LOG, b"new")).base_offset == end
    await client.engine.close()
    client = await opened(disk)
    assert await offsets(client) == list(range(end + 1))
    await client.engine.close()


@pytest.mark.parametrize("suffix", [".index", ".timeindex"])
async def test_a_missing_index_is_rebuilt(opened, disk, suffix):
    client = await filled(opened, disk)
    await client.engine.close()
    missing = [f"orders-3/{name}" for name in disk.list("orders-3") if name.endswith(suffix)]
    for path in missing:
        disk.remove(path)
    client = await opened(disk)
    assert await offsets(client) == list(range(80))
    found = await client.engine.offset_for_timestamp(LOG, client.clock.ms)
    assert found is not None
    await client.engine.close()
    assert all(disk.size(path) >= 0 for path in missing)


@pytest.mark.parametrize("content", [b"x" * 8, b"x" * 7, struct.pack(">iiii", 5, 50, 3, 60)])
async def test_a_damaged_index_is_rebuilt(opened, disk, content):
    client = await filled(opened, disk)
    await client.engine.close()
    for name in disk.list("orders-3"):
        if name.endswith(".index"):
            disk.replace(f"orders-3/{name}", content)
    client = await opened(disk)
    assert await offsets(client) == list(range(80))
    await client.engine.close()


async def test_a_damaged_snapshot_is_replaced_by_what_the_log_says(opened, disk):
    client = await filled(opened, disk)
    producers = client.engine.producers(LOG)
    await client.engine.close()
    for name in disk.list("orders-3"):
        if name.endswith(".snapshot"):
            damage(disk, f"orders-3/{name}", 12)
    client = await opened(disk)
    assert client.engine.producers(LOG) == producers
    await client.engine.close()


async def test_a_damaged_tail_is_found_even_after_a_clean_shutdown(opened, disk):
    client = await filled(opened, disk)
    await client.engine.close()
    path = last_log(disk)
    truncated(disk, path, disk.size(path) - 3)
    client = await opened(disk)
    assert await offsets(client) == list(range(78))
    await client.engine.close()


async def test_damaged_checkpoints_cost_a_scan_and_nothing_else(opened, disk):
    client = await filled(opened, disk)
    await client.engine.maintain()
    crash(client)
    for name in (
        "recovery-point-offset-checkpoint",
        LOG_START_CHECKPOINT,
        "orders-3/leader-epoch-checkpoint",
    ):
        disk.replace(name, b"0\nmany\n")
    client = await opened(disk)
    assert client.engine.bounds(LOG) == Bounds(0, 80, 80, 80)
    assert client.engine.leader_epoch(LOG) == 0
    await client.engine.close()


async def test_a_log_whose_segments_are_gone_begins_at_its_start(opened, disk):
    client = await filled(opened, disk)
    await client.engine.delete_before(LOG, 33)
    await client.engine.close()
    for name in disk.list("orders-3"):
        if name.endswith(".log"):
            disk.remove(f"orders-3/{name}")
    client = await opened(disk)
    assert client.engine.bounds(LOG) == Bounds(33, 33, 33, 33)
    assert (await client.append(LOG, b"new")).base_offset == 33
    await client.engine.close()


@pytest.mark.parametrize("clean", [True, False])
async def test_open_and_aborted_transactions_survive(opened, disk, clean):
    client = await opened(disk)
    await client.engine.create([LOG], SMALL)
    options = {"producer_epoch": 0, "base_sequence": 0, "is_transactional": True}
    await client.append(LOG, b"a", producer_id=1, **options)
    await client.append(LOG, b"b", producer_id=2, **options)
    marker = build_end_txn_marker(
        EndTxnMarker(False, 0), producer_id=1, producer_epoch=0, timestamp_ms=1
    )
    await client.mark(LOG, marker)
    if clean:
        await client.engine.close()
    else:
        crash(client)
    client = await opened(disk)
    assert client.engine.bounds(LOG) == Bounds(0, 1, 3, 3)
    found = await client.read(LOG, 0, isolation=Isolation.READ_COMMITTED)
    assert list(found.aborted) == [(1, 0)]
    await client.engine.close()
    entry = struct.unpack(">hqqqq", disk.read(FIRST + ".txnindex"))
    assert entry == (0, 1, 0, 2, 1)


async def test_nothing_expires_before_the_owner_has_told_the_settings(opened, disk, clock):
    client = await filled(opened, disk)
    await client.engine.close()
    client = await opened(disk)
    clock.ms += 10**12
    await client.engine.maintain()
    assert client.engine.bounds(LOG).start == 0
    await client.engine.configure(LOG, LogConfig())
    await client.engine.maintain()
    assert client.engine.bounds(LOG) == Bounds(80, 80, 80, 80)
    await client.engine.close()
    client = await opened(disk)
    assert client.engine.bounds(LOG) == Bounds(80, 80, 80, 80)
    await client.engine.close()


async def test_a_few_open_files_serve_many_partitions(opened, disk):
    client = await opened(disk, max_open_segments=3)
    logs = [LogId("many", number, TOPIC_ID) for number in range(20)]
    await client.engine.create(logs, SMALL)
    for turn in range(15):
        for log in logs:
            assert (await client.append(log, b"x" * 100)).base_offset == turn
    for log in logs:
        assert [offset for offset, _ in await client.values(log)] == list(range(15))
    await client.engine.close()
    client = await opened(disk, max_open_segments=3)
    assert {client.engine.bounds(log).end for log in logs} == {15}
    for log in logs:
        assert [offset for offset, _ in await client.values(log)] == list(range(15))
    await client.engine.close()


# Locks and deletion


async def test_a_directory_has_one_engine(opened, tmp_path):
    client = await opened(OsDisk(tmp_path))
    with pytest.raises(DirectoryLockedError):
        await opened(OsDisk(tmp_path))
    await client.engine.close()
    client = await opened(OsDisk(tmp_path))
    await client.engine.close()


async def test_a_deleted_log_leaves_its_files_for_a_while(opened, disk, clock):
    client = await filled(opened, disk, count=3)
    await client.engine.delete([LOG])
    assert "orders-3" not in disk.list()
    [aside] = [name for name in disk.list() if name.endswith("-delete")]
    assert aside == f"orders-3.{TOPIC_ID.hex()}-delete"
    await client.engine.maintain()
    assert aside in disk.list()
    clock.ms += 60_000
    await client.engine.maintain()
    assert aside not in disk.list()
    await client.engine.close()


async def test_a_deletion_is_completed_after_a_restart(opened, disk):
    client = await filled(opened, disk, count=3)
    await client.engine.delete([LOG])
    crash(client)
    client = await opened(disk)
    assert list(client.engine.logs()) == []
    await client.engine.maintain()
    assert not [name for name in disk.list() if name.endswith("-delete")]
    await client.engine.close()


async def test_a_creation_that_fails_leaves_nothing(opened, clock):
    disk = FaultyDisk()
    client = await opened(disk)
    disk.failing.add("mkdir b-0")
    logs = [LogId("a", 0, TOPIC_ID), LogId("b", 0, TOPIC_ID)]
    with pytest.raises(DiskError):
        await client.engine.create(logs, LogConfig())
    assert list(client.engine.logs()) == []
    assert "a-0" not in disk.list()
    disk.failing.clear()
    await client.engine.create(logs, LogConfig())
    await client.engine.close()


# Failing disks


class FaultyDisk(MemoryDisk):
    """Fails the operations named in `failing`: "append", "pread" or "fsync", and "mkdir PATH"."""

    def __init__(self):
        super().__init__()
        self.failing = set()
        self.fsyncs = 0

    def fail(self, operation):
        if operation in self.failing:
            raise OSError(5, "Input/output error")

    def mkdir(self, path):
        self.fail(f"mkdir {path}")
        super().mkdir(path)

    def open(self, path):
        return FaultyFile(self, super().open(path), path)


class FaultyFile:
    def __init__(self, disk, file, path):
        self._disk, self._file, self._is_log = disk, file, path.endswith(".log")
        self.truncate, self.close = file.truncate, file.close

    def append(self, pieces):
        if self._is_log and "append" in self._disk.failing:
            self._file.append([bytes(pieces[0])[:7]])
            self._disk.fail("append")
        self._file.append(pieces)

    def pread(self, size, position):
        self._disk.fail("pread")
        return self._file.pread(size, position)

    def fsync(self):
        if self._is_log:
            self._disk.fsyncs += 1
            self._disk.fail("fsync")


async def test_a_failed_write_takes_one_log_offline_until_the_next_start(opened):
    disk = FaultyDisk()
    client = await filled(opened, disk, count=3)
    other = LogId("other", 0, TOPIC_ID)
    await client.engine.create([other], SMALL)
    disk.failing.add("append")
    with pytest.raises(DiskError):
        await client.append(LOG, b"lost")
    disk.failing.clear()
    for attempt in (client.append(LOG, b"lost"), client.read(LOG, 0)):
        with pytest.raises(DiskError):
            await attempt
    with pytest.raises(DiskError):
        client.engine.bounds(LOG)
    await client.append(other, b"works")
    await client.engine.maintain()
    await client.engine.close()
    assert CLEAN_SHUTDOWN not in disk.list()
    client = await opened(disk)
    assert await offsets(client) == list(range(6))
    await client.engine.close()


async def test_a_failed_flush_fails_the_appends_that_wait_for_it(opened):
    disk = FaultyDisk()
    client = await opened(disk)
    await client.engine.create([LOG], LogConfig(flush_messages=1))
    disk.failing.add("fsync")
    with pytest.raises(DiskError):
        await client.append(LOG, b"a")
    with pytest.raises(DiskError):
        await client.append(LOG, b"b")
    await client.engine.close()


async def test_one_flush_serves_the_appends_that_wait(opened):
    disk = FaultyDisk()
    client = await opened(disk)
    await client.engine.create([LOG], LogConfig(flush_messages=1))
    await asyncio.gather(*(client.append(LOG, b"a") for _ in range(10)))
    assert disk.fsyncs < 10
    assert client.engine.bounds(LOG).end == 10
    await client.engine.close()


async def test_flush_ms_makes_maintenance_flush(opened, clock):
    disk = FaultyDisk()
    client = await opened(disk)
    await client.engine.create([LOG], LogConfig(flush_ms=1000))
    await client.append(LOG, b"a")
    await client.engine.maintain()
    assert disk.fsyncs == 0
    clock.ms += 1000
    await client.engine.maintain()
    assert disk.fsyncs == 1
    assert disk.read("recovery-point-offset-checkpoint") == b"0\n1\norders 3 1\n"
    clock.ms += 1000
    await client.engine.maintain()
    assert disk.fsyncs == 1
    await client.engine.close()


async def test_a_log_that_cannot_be_opened_is_offline_and_can_be_deleted(opened):
    disk = FaultyDisk()
    client = await filled(opened, disk, count=3)
    crash(client)
    disk.failing.add("pread")
    client = await opened(disk)
    assert list(client.engine.logs()) == [LOG]
    with pytest.raises(DiskError):
        client.engine.bounds(LOG)
    disk.failing.clear()
    await client.engine.delete([LOG])
    with pytest.raises(UnknownLogError):
        client.engine.bounds(LOG)
    assert "orders-3" not in disk.list()
    await client.engine.close()


# Clones


async def test_a_clone_goes_its_own_way(clock, opened):
    engine = MemoryEngine(now_ms=clock)
    await engine.start()
    await engine.create([LOG], SMALL)
    client = type(await opened(MemoryDisk()))(engine, clock)
    for _ in range(20):
        await client.append(LOG, b"x" * 100)
    copy = engine.clone()
    await copy.start()
    copied = type(client)(copy, clock)
    await client.append(LOG, b"original")
    await copied.append(LOG, b"copy")
    assert (await client.values(LOG))[:20] == (await copied.values(LOG))[:20]
    assert (await client.values(LOG))[20] == (20, b"original")
    assert (await copied.values(LOG))[20] == (20, b"copy")
    await engine.close()
    await copy.close()


async def test_an_engine_that_was_not_started_closes_quietly(clock):
    await LocalEngine(MemoryDisk(), now_ms=clock).close()
