"""The batch that was written last is read from memory, and as if it were read from the disk."""

import errno

import pytest

from kafkapy.storage.config import CompactionLimits, LogConfig
from kafkapy.storage.engine import Append, Origin, Read
from kafkapy.storage.errors import DiskError
from kafkapy.wire.records.batch import batches
from tests.storage.faulty_disk import BATCH, LOG, OTHER, FaultyDisk, offsets, started


def bases(found):
    return [header.base_offset for header, _ in batches(found.records)]


async def test_the_newest_batch_of_all_logs_is_read_without_the_disk(opened):
    disk = FaultyDisk()
    client = await started(opened, disk)
    await client.append(LOG, BATCH)
    await client.append(LOG, BATCH, BATCH)
    disk.set_fault("pread", ".log", errno.EIO)
    for offset in (1, 2):
        found = await client.read(LOG, offset, max_bytes=1)
        assert bases(found) == [1]
    [too_large] = await client.engine.read([Read(LOG, 1, 1)], 1, at_least_one=False)
    assert len(too_large.records) == 0
    with pytest.raises(DiskError):
        await client.read(LOG, 0)


async def test_only_the_log_of_the_newest_batch_has_it(opened):
    client = await started(opened, FaultyDisk())
    for log, value in ((LOG, b"first"), (OTHER, b"second")):
        await client.append(log, value)
    assert await client.values(LOG) == [(0, b"first")]
    assert await client.values(OTHER) == [(0, b"second")]


async def test_a_write_that_was_taken_back_leaves_the_batch_before_it_the_newest(opened):
    disk = FaultyDisk()
    client = await started(opened, disk)
    await client.append(LOG, BATCH)
    disk.set_fault("append", ".log", errno.ENOSPC)
    with pytest.raises(DiskError):
        await client.append(LOG, BATCH)
    assert bases(await client.read(LOG, 0)) == [0]
    assert len((await client.read(LOG, 1)).records) == 0


async def test_what_follows_the_newest_batch_of_a_client_is_read_with_it(opened):
    client = await started(opened, FaultyDisk())
    await client.append(LOG, BATCH)
    coordinators = Append(LOG, client.batch(BATCH), Origin.COORDINATOR)
    await client.engine.append([coordinators])
    assert bases(await client.read(LOG, 0)) == [0, 1]


async def test_a_newest_batch_that_was_compacted_is_read_as_it_is_now(opened):
    compacted = LogConfig(cleanup_policy=frozenset({"compact"}), min_cleanable_dirty_ratio=0.0)
    client = await started(opened, FaultyDisk(), compacted)
    await client.append(LOG, b"old", b"new", key=b"k")
    [log, _] = client.logs()
    log.roll()
    assert await offsets(client) == [0, 1]
    await client.engine.compact(CompactionLimits())
    assert await offsets(client) == [1]


async def test_a_batch_of_more_than_one_write_is_not_kept(opened):
    client = await started(opened, FaultyDisk(), LogConfig())
    await client.append(LOG, BATCH)
    large = await client.append(LOG, b"x" * 200_000)
    assert bases(await client.read(LOG, 0)) == [0, 1]
    assert bases(await client.read(LOG, 1)) == [1]
    assert large.last_offset == 1
    assert client.engine._env.newest.end == 1
