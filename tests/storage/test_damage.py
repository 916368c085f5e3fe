"""Whatever a start finds: it is mended, cut off or offline, never a wrong record.

`docs/durability.md` has the same as a table; what a disk does later is in `test_disk_faults.py`.
"""

import errno
import struct

import pytest

from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.engine import Isolation
from kafkapy.storage.errors import CorruptRecordsError, DiskError
from kafkapy.wire.records.batch import batches, verify_checksum
from kafkapy.wire.records.control import EndTxnMarker, build_end_txn_marker
from tests.storage.faulty_disk import BATCH, LOG, OTHER, FaultyDisk, crash, offsets, started

FIRST = f"orders-0/{0:020}"


# Damaged files


async def abort(client, producer_id):
    options = {"producer_id": producer_id, "producer_epoch": 0, "base_sequence": 0}
    await client.append(LOG, BATCH, is_transactional=True, **options)
    marker = EndTxnMarker(False, 0)
    await client.mark(
        LOG, build_end_txn_marker(marker, producer_id=producer_id, producer_epoch=0, timestamp_ms=1)
    )


async def aborted(client):
    found, offset = set(), client.engine.bounds(LOG).start
    while offset < client.engine.bounds(LOG).end:
        piece = await client.read(LOG, offset, 200, isolation=Isolation.READ_COMMITTED)
        found.update(piece.aborted)
        offset = [header.next_offset for header, _ in batches(piece.records)][-1]
    return found


async def filled(opened, disk, *, is_clean):
    """A log of several segments, of which an unclean end left the last ones unsaved."""
    client = await started(opened, disk)
    await client.engine.claim(LOG)
    for number in range(40):
        client.clock.ms += 1
        if number == 20 and not is_clean:
            await client.engine._flushes.save(client.logs()[0])
            await client.engine.checkpoint()
        if number % 7 == 3:
            await abort(client, number)
        else:
            await client.append(
                LOG, b"%d" % number, BATCH, producer_id=1000 + number, producer_epoch=0,
                base_sequence=0,
            )  # fmt: skip
    expected = (
        await client.values(LOG),
        await aborted(client),
        client.engine.leader_epoch(LOG),
        await client.engine.offset_for_timestamp(LOG, client.clock.ms - 15),
        sorted(client.engine.producers(LOG)),
    )
    if is_clean:
        await client.engine.close()
    else:
        crash(client)
    return client, expected


def paths(disk, suffix):
    return [f"orders-0/{name}" for name in disk.list("orders-0") if name.endswith(suffix)]


def rewrite(disk, path, change):
    content = change(bytearray(disk.read(path)))
    if content is None:
        disk.remove(path)
    else:
        disk.replace(path, bytes(content))


def missing(content):
    return None


def empty(content):
    return b""


def cut(content):
    return content[: len(content) - 3]


def zeroed(content):
    return bytes(len(content))


def garbage(content):
    return b"\xa5" * len(content)


DAMAGES = [missing, empty, cut, zeroed, garbage]


@pytest.mark.parametrize("is_clean", [True, False])
@pytest.mark.parametrize("change", DAMAGES)
@pytest.mark.parametrize("suffix", [".index", ".timeindex", ".snapshot", "leader-epoch-checkpoint"])
async def test_what_can_be_known_from_the_records_is_made_anew(opened, suffix, change, is_clean):
    if suffix == ".timeindex" and change is empty:
        pytest.skip("an index without entries is what records without timestamps have")
    disk = MemoryDisk()
    client, expected = await filled(opened, disk, is_clean=is_clean)
    for path in paths(disk, suffix):
        rewrite(disk, path, change)
    client = await started(opened, disk)
    found = (
        await client.values(LOG),
        await aborted(client),
        client.engine.leader_epoch(LOG),
        await client.engine.offset_for_timestamp(LOG, client.clock.ms - 15),
        sorted(client.engine.producers(LOG)),
    )
    assert found == expected
    await client.append(LOG, b"new")
    await client.engine.close()


@pytest.mark.parametrize("is_clean", [True, False])
@pytest.mark.parametrize("change", [cut, zeroed, garbage])
async def test_a_damaged_index_of_aborted_transactions_is_made_anew(opened, change, is_clean):
    disk = MemoryDisk()
    client, expected = await filled(opened, disk, is_clean=is_clean)
    for path in paths(disk, ".txnindex"):
        rewrite(disk, path, change)
    client = await started(opened, disk)
    assert await aborted(client) == expected[1]
    assert await client.values(LOG) == expected[0]
    await client.engine.close()


@pytest.mark.parametrize("is_clean", [True, False])
@pytest.mark.parametrize("change", DAMAGES)
@pytest.mark.parametrize(
    "name",
    [
        "recovery-point-offset-checkpoint",
        "log-start-offset-checkpoint",
        "replication-offset-checkpoint",
        "cleaner-offset-checkpoint",
    ],
)
async def test_a_lost_checkpoint_loses_no_record(opened, name, change, is_clean):
    disk = MemoryDisk()
    client, expected = await filled(opened, disk, is_clean=is_clean)
    if disk.size(name) >= 0:
        rewrite(disk, name, change)
    client = await started(opened, disk)
    assert await client.values(LOG) == expected[0]
    assert await aborted(client) == expected[1]
    await client.engine.close()


@pytest.mark.parametrize("change", DAMAGES)
async def test_a_log_gets_back_the_id_that_it_lost(opened, change):
    disk = MemoryDisk()
    client, expected = await filled(opened, disk, is_clean=True)
    rewrite(disk, "orders-0/partition.metadata", change)
    for _ in range(2):
        client = await opened(disk)
        await client.engine.adopt([LOG, OTHER])
        assert set(client.engine.logs()) == {LOG, OTHER}
        assert await client.values(LOG) == expected[0]
        await client.engine.close()


async def test_a_directory_that_cannot_be_read_is_offline_and_stays(opened):
    disk = FaultyDisk()
    client, expected = await filled(opened, disk, is_clean=True)
    disk.set_fault("list", "", errno.EACCES)
    client = await opened(disk)
    await client.engine.adopt([LOG, OTHER])
    with pytest.raises(DiskError):
        await client.append(LOG, BATCH)
    await client.append(OTHER, b"works")
    await client.engine.delete_before(OTHER, 1)
    await client.engine.close()
    disk.heal()
    client = await started(opened, disk)
    assert await client.values(LOG) == expected[0]
    await client.engine.close()


async def test_the_start_of_an_offline_log_is_not_forgotten(opened):
    disk = FaultyDisk()
    client = await started(opened, disk)
    for _ in range(5):
        await client.append(LOG, BATCH)
    await client.engine.delete_before(LOG, 3)
    crash(client)
    disk.set_fault("list", "", errno.EACCES)
    client = await opened(disk)
    await client.engine.delete_before(OTHER, -1)
    await client.engine.checkpoint()
    await client.engine.close()
    disk.heal()
    client = await started(opened, disk)
    assert await offsets(client) == [3, 4]
    await client.engine.close()


# Damaged records


def flipped(position):
    def flip(content):
        content[position] ^= 0x10
        return content

    return flip


def second_batch(content):
    return 12 + struct.unpack_from(">i", content, 8)[0]


@pytest.mark.parametrize("at", [0, 7, 9, 16, 17, 21, 30, 61, 80])
async def test_a_flipped_bit_behind_the_recovery_point_ends_the_log_before_it(opened, at):
    disk = MemoryDisk()
    client = await started(opened, disk)
    await client.engine.checkpoint()
    for _ in range(5):
        await client.append(LOG, BATCH)
    expected = await client.values(LOG)
    crash(client)
    content = bytearray(disk.read(f"{FIRST}.log"))
    rewrite(disk, f"{FIRST}.log", flipped(second_batch(content) + at))
    client = await started(opened, disk)
    assert await client.values(LOG) == expected[:1]
    assert (await client.append(LOG, b"new")).base_offset == 1
    await client.engine.close()


@pytest.mark.parametrize("tail", [bytes(1), bytes(61), bytes(5000), b"\xff" * 100])
@pytest.mark.parametrize("is_clean", [True, False])
async def test_a_tail_that_is_no_batch_is_cut_off(opened, tail, is_clean):
    disk = MemoryDisk()
    client, expected = await filled(opened, disk, is_clean=is_clean)
    path = paths(disk, ".log")[-1]
    rewrite(disk, path, lambda content: content + tail)
    client = await started(opened, disk)
    assert await client.values(LOG) == expected[0]
    await client.append(LOG, b"new")
    await client.engine.close()


@pytest.mark.parametrize(
    "name", ["99.log", f"{2**63}.log", f"{'²':0>20}.log", "9" * 30 + ".log", "9" * 20 + ".snapshot"]
)
@pytest.mark.parametrize("is_clean", [True, False])
async def test_a_file_that_is_not_named_after_an_offset_is_let_be(opened, name, is_clean):
    disk = MemoryDisk()
    client, expected = await filled(opened, disk, is_clean=is_clean)
    directory = paths(disk, ".log")[0].rpartition("/")[0]
    disk.replace(f"{directory}/{name}", b"")
    client = await started(opened, disk)
    assert await client.values(LOG) == expected[0]
    assert (await client.append(LOG, b"new")).base_offset == expected[0][-1][0] + 1
    await client.engine.close()


async def test_a_directory_that_is_not_named_after_a_partition_is_let_be(opened):
    disk = MemoryDisk()
    client, expected = await filled(opened, disk, is_clean=True)
    disk.mkdir("topic-²")
    client = await started(opened, disk)
    assert await client.values(LOG) == expected[0]
    await client.engine.close()


@pytest.mark.parametrize("is_clean", [True, False])
async def test_a_flipped_bit_in_an_old_segment_costs_no_other_record(opened, is_clean):
    disk = MemoryDisk()
    client, expected = await filled(opened, disk, is_clean=is_clean)
    rewrite(disk, f"{FIRST}.log", flipped(80))
    client = await started(opened, disk)
    # What is damaged is given to the client, whose checksum tells, as Kafka does.
    end = client.engine.bounds(LOG).end
    assert end == expected[0][-1][0] + 1
    after = (await client.read(LOG, 2)).records
    assert next(batches(after))[0].base_offset == 2
    await client.engine.close()


@pytest.mark.parametrize("at", range(28))
async def test_a_damaged_header_in_an_old_segment_never_leads_to_a_wrong_batch(opened, at):
    disk = MemoryDisk()
    client = await started(opened, disk)
    for _ in range(40):
        await client.append(LOG, BATCH)
    await client.engine.close()
    rewrite(disk, f"{FIRST}.log", flipped(at))
    client = await started(opened, disk)
    for offset in (1, 2, 3):
        try:
            found = (await client.read(LOG, offset)).records
        except CorruptRecordsError:
            continue
        header, batch = next(batches(found))
        verify_checksum(batch, header)
        assert header.base_offset == offset
    await client.engine.close()


async def test_a_disk_that_is_read_only_at_the_start_is_refused(opened, monkeypatch):
    disk = MemoryDisk()
    await filled(opened, disk, is_clean=True)

    def refuse(path):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(disk, "remove", refuse)
    with pytest.raises(DiskError, match="Read-only"):
        await opened(disk)
