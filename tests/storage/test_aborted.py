"""What is durable of the aborted transactions when their markers are."""

import pytest

from kafkapy.storage.config import LogConfig
from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.engine import LogId
from kafkapy.wire.records.control import EndTxnMarker, build_end_txn_marker

LOG = LogId("orders", 0, bytes(16))
INDEX = "orders-0/00000000000000000000.txnindex"


class NotingDisk(MemoryDisk):
    """Notes what is flushed, in order."""

    def __init__(self):
        super().__init__()
        self.flushed = []

    def open(self, path):
        return NotingFile(super().open(path), lambda: self.flushed.append(path))

    def sync_directory(self, path):
        self.flushed.append(path)


class NotingFile:
    def __init__(self, file, fsync):
        self.append, self.pread, self.fsync = file.append, file.pread, fsync
        self.truncate, self.close = file.truncate, file.close


async def abort(client):
    batch = {"producer_id": 1, "producer_epoch": 0, "is_transactional": True}
    sequence = client.engine.bounds(LOG).end // 2
    await client.append(LOG, b"a", base_sequence=sequence, **batch)
    marker = EndTxnMarker(False, 0)
    await client.mark(
        LOG, build_end_txn_marker(marker, producer_id=1, producer_epoch=0, timestamp_ms=1)
    )


@pytest.mark.parametrize("times", [1, 2])
async def test_a_flush_takes_the_index_of_aborted_transactions_with_it(opened, times):
    disk = NotingDisk()
    client = await opened(disk)
    await client.engine.create([LOG], LogConfig(flush_messages=1))
    for _ in range(times):
        disk.flushed.clear()
        await abort(client)
    assert INDEX in disk.flushed
    assert "orders-0" in disk.flushed[disk.flushed.index(INDEX) :]
    await client.engine.close()


async def test_an_index_that_did_not_change_is_not_flushed_again(opened):
    disk = NotingDisk()
    client = await opened(disk)
    await client.engine.create([LOG], LogConfig(flush_messages=1))
    await abort(client)
    disk.flushed.clear()
    await client.append(LOG, b"b")
    assert INDEX not in disk.flushed
    await client.engine.close()


async def test_a_clean_shutdown_makes_the_index_durable(opened):
    disk = NotingDisk()
    client = await opened(disk)
    await client.engine.create([LOG], LogConfig())
    await abort(client)
    assert INDEX not in disk.flushed
    await client.engine.close()
    assert INDEX in disk.flushed
