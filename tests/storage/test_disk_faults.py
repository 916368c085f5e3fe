"""Whatever the disk does: an error for the client, never a wrong record, and none that is lost.

`docs/durability.md` has the same as a table; what a start finds is in `test_damage.py`.
"""

import errno
import logging

import pytest

from kafkapy.storage.config import LogConfig
from kafkapy.storage.engine import Origin
from kafkapy.storage.errors import DiskError
from kafkapy.wire.records.record import Record, build_batch
from tests.storage.faulty_disk import BATCH, LOG, OTHER, FaultyDisk, crash, offsets, started


async def append_until_failure(client, limit=40):
    """Append until the fault shows; gives how many records are in the log that was acknowledged."""
    for count in range(limit):
        try:
            await client.append(LOG, BATCH)
        except DiskError:
            return count
    raise AssertionError("nothing failed")


REFUSED = [
    ("append", ".log", errno.ENOSPC),
    ("append", ".log", errno.EDQUOT),
    ("append", ".log", errno.EFBIG),
    ("append", "index", errno.ENOSPC),
    ("create", ".log", errno.ENOSPC),
    ("create", "index", errno.ENOSPC),
    ("create", ".log", errno.EMFILE),
    ("replace", ".snapshot", errno.ENOSPC),
]


@pytest.mark.parametrize(("operation", "suffix", "number"), REFUSED)
@pytest.mark.parametrize("clean", [True, False])
async def test_a_full_disk_refuses_writes_and_takes_nothing_back(
    opened, operation, suffix, number, clean
):
    disk = FaultyDisk()
    client = await started(opened, disk)
    await client.append(LOG, BATCH)
    disk.set_fault(operation, suffix, number)
    count = 1 + await append_until_failure(client)
    for _ in range(2):
        with pytest.raises(DiskError):
            await client.append(LOG, BATCH)
        assert await offsets(client) == list(range(count))
        await client.append(OTHER, b"works")
    disk.heal()
    for _ in range(30):
        await client.append(LOG, BATCH)
    assert await offsets(client) == list(range(count + 30))
    if clean:
        await client.engine.close()
    else:
        crash(client)
    client = await started(opened, disk)
    assert await offsets(client) == list(range(count + 30))
    assert await offsets(client, OTHER) == [0, 1]
    await client.engine.close()


OFFLINE = [
    ("append", ".log", errno.EIO, False),
    ("append", ".log", errno.EROFS, False),
    ("append", ".log", errno.ENOSPC, True),
    ("append", ".index", errno.EIO, False),
    ("create", ".log", errno.EACCES, False),
    ("replace", ".snapshot", errno.EIO, False),
]


@pytest.mark.parametrize(("operation", "suffix", "number", "breaks_truncate"), OFFLINE)
async def test_a_disk_that_fails_takes_one_partition_offline(
    opened, caplog, operation, suffix, number, breaks_truncate
):
    disk = FaultyDisk()
    client = await started(opened, disk)
    await client.append(LOG, BATCH)
    disk.set_fault(operation, suffix, number, breaks_truncate=breaks_truncate)
    count = 1 + await append_until_failure(client)
    [logged] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert "orders-0 is offline" in logged.getMessage()
    disk.heal()
    with pytest.raises(DiskError):
        await client.append(LOG, BATCH)
    with pytest.raises(DiskError):
        await client.read(LOG, 0)
    await client.append(OTHER, b"works")
    await client.engine.maintain()
    await client.engine.checkpoint()
    await client.engine.close()
    client = await started(opened, disk)
    assert await offsets(client) == list(range(count))
    await client.append(LOG, BATCH)
    assert await offsets(client, OTHER) == [0]
    await client.engine.close()


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
async def test_a_flush_that_fails_is_not_tried_again(opened, number):
    disk = FaultyDisk()
    client = await started(opened, disk, LogConfig(flush_messages=1))
    await client.append(LOG, BATCH)
    disk.set_fault("fsync", ".log", number)
    with pytest.raises(DiskError):
        await client.append(LOG, BATCH)
    disk.heal()
    with pytest.raises(DiskError):
        await client.append(LOG, BATCH)
    await client.append(OTHER, b"works")
    await client.engine.close()


@pytest.mark.parametrize(
    ("operation", "suffix"), [("replace", ".snapshot"), ("create", "index"), ("append", "index")]
)
async def test_a_checkpoint_that_has_no_room_is_made_up_for(opened, monkeypatch, operation, suffix):
    monkeypatch.setattr("kafkapy.storage.flushing._UNSAVED_BYTES", 0)
    disk = FaultyDisk()
    client = await started(opened, disk)
    for _ in range(5):
        await client.append(LOG, BATCH)
    disk.set_fault(operation, suffix, errno.ENOSPC)
    await client.engine.checkpoint()
    assert disk.failures
    assert b"orders 0 0" in disk.read("recovery-point-offset-checkpoint")
    await client.append(LOG, BATCH)
    disk.heal()
    await client.engine.checkpoint()
    assert b"orders 0 6" in disk.read("recovery-point-offset-checkpoint")
    crash(client)
    client = await started(opened, disk)
    assert await offsets(client) == list(range(6))
    await client.engine.close()


async def test_a_read_that_fails_takes_the_partition_offline(opened):
    disk = FaultyDisk()
    client = await started(opened, disk)
    await client.append(LOG, BATCH)
    await client.append(OTHER, b"works")
    disk.set_fault("pread", ".log", errno.EIO)
    with pytest.raises(DiskError):
        await client.read(LOG, 0)
    disk.heal()
    with pytest.raises(DiskError):
        await client.read(LOG, 0)
    assert await offsets(client, OTHER) == [0]
    await client.engine.close()


async def test_too_many_open_files_pass(opened):
    disk = FaultyDisk()
    client = await started(opened, disk, max_open_segments=1)
    await client.append(LOG, BATCH)
    await client.append(OTHER, b"closes the file of the first")
    disk.set_fault("open", ".log", errno.EMFILE)
    with pytest.raises(DiskError):
        await client.read(LOG, 0)
    disk.heal()
    assert await offsets(client) == [0]
    await client.engine.close()


async def test_the_batches_of_a_coordinator_are_written_all_or_not_at_all(opened):
    disk = FaultyDisk()
    client = await started(opened, disk)
    batch = build_batch([Record(timestamp_ms=client.clock.ms, value=b"a")])
    disk.set_fault("append", ".log", errno.ENOSPC)
    with pytest.raises(DiskError):
        await client.append_batch(LOG, batch * 3, origin=Origin.COORDINATOR)
    assert client.engine.bounds(LOG).end == 0
    disk.heal()
    await client.append_batch(LOG, batch * 3, origin=Origin.COORDINATOR)
    assert await offsets(client) == [0, 1, 2]
    await client.engine.close()


async def test_a_full_disk_does_not_keep_old_segments_from_being_removed(opened, clock):
    config = LogConfig(segment_bytes=1000, retention_ms=1000, file_delete_delay_ms=0)
    disk = FaultyDisk()
    client = await started(opened, disk, config)
    await client.engine.claim(LOG)
    for _ in range(30):
        await client.append(LOG, BATCH)
    clock.ms += 5000
    disk.set_fault("replace", "checkpoint", errno.ENOSPC)
    before = client.engine.size_bytes(LOG)
    await client.engine.maintain()
    await client.engine.maintain()
    assert client.engine.size_bytes(LOG) < before
    assert not any(name.endswith(".deleted") for name in disk.list("orders-0"))
    disk.heal()
    await client.append(LOG, BATCH)
    await client.engine.close()
