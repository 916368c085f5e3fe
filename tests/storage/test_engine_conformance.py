"""What every engine must do, whatever it keeps its logs in."""

import struct

import pytest

from kafkapy.storage.config import CompactionLimits, LogConfig, TimestampType
from kafkapy.storage.engine import (
    Append,
    Bounds,
    EpochEnd,
    Isolation,
    LogId,
    Origin,
    Read,
)
from kafkapy.storage.errors import (
    BatchesTooLargeError,
    CoordinatorFencedError,
    CorruptRecordsError,
    FencedEpochError,
    InvalidProducerEpochError,
    InvalidRecordError,
    InvalidTimestampError,
    InvalidTransactionStateError,
    LogExistsError,
    OffsetOutOfRangeError,
    OutOfOrderSequenceError,
    RecordTooLargeError,
    UnexpectedEndError,
    UnknownEpochError,
    UnknownLogError,
    UnsupportedFormatError,
)
from kafkapy.wire.compression import Compression
from kafkapy.wire.records.batch import (
    CREATE_TIME,
    LOG_APPEND_TIME,
    batches,
    parse_header,
    stamp_log_append_time,
)
from kafkapy.wire.records.control import EndTxnMarker, build_end_txn_marker
from kafkapy.wire.records.record import records_of

LOG = LogId("orders", 0, b"0123456789abcdef")
OTHER = LogId("orders", 1, b"0123456789abcdef")
ABSENT = LogId("absent", 0, b"0123456789abcdef")


async def created(engine, **settings):
    await engine.create([LOG, OTHER], LogConfig(**settings))


def marker(*, commit, producer_id=7, producer_epoch=0, coordinator_epoch=0):
    return build_end_txn_marker(
        EndTxnMarker(commit, coordinator_epoch),
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        timestamp_ms=1,
    )


# Logs


async def test_a_new_log_is_empty_and_in_epoch_0(engine):
    await created(engine)
    assert set(engine.logs()) == {LOG, OTHER}
    assert engine.bounds(LOG) == Bounds(0, 0, 0, 0)
    assert engine.leader_epoch(LOG) == 0
    assert engine.size_bytes(LOG) == 0


async def test_a_log_that_exists_stops_the_creation_of_all(engine):
    await engine.create([LOG], LogConfig())
    with pytest.raises(LogExistsError):
        await engine.create([OTHER, LOG], LogConfig())
    assert list(engine.logs()) == [LOG]


async def test_a_partition_exists_once_whatever_its_topic_id(engine):
    await engine.create([LOG], LogConfig())
    with pytest.raises(LogExistsError):
        await engine.create([LOG._replace(topic_id=bytes(16))], LogConfig())


async def test_an_unknown_log_is_an_error_value_among_others(engine, client):
    await created(engine)
    batch = client.batch(b"a")
    missing, appended = await engine.append([Append(ABSENT, batch), Append(LOG, batch)])
    assert isinstance(missing, UnknownLogError)
    assert appended.base_offset == 0
    missing, found = await engine.read([Read(ABSENT, 0, 100), Read(LOG, 0, 100)], 1000)
    assert isinstance(missing, UnknownLogError)
    assert len(found.records) == len(batch)
    with pytest.raises(UnknownLogError):
        engine.bounds(ABSENT)


async def test_a_deleted_log_is_gone_and_its_name_is_free(engine, client):
    await created(engine)
    await client.append(LOG, b"a")
    woken = []
    engine.watch([LOG], lambda: woken.append(1))
    await engine.delete([LOG, ABSENT])
    assert woken == [1]
    with pytest.raises(UnknownLogError):
        engine.bounds(LOG)
    again = LOG._replace(topic_id=b"another-id-of-16")
    await engine.create([again], LogConfig())
    assert engine.bounds(again).end == 0


# Appending and reading


async def test_offsets_count_records(engine, client):
    await created(engine)
    first = await client.append(LOG, b"a", b"b")
    second = await client.append(LOG, b"c")
    assert (first.base_offset, first.last_offset, first.log_append_time_ms) == (0, 1, -1)
    assert (second.base_offset, second.last_offset) == (2, 2)
    assert engine.bounds(LOG) == Bounds(0, 3, 3, 3)
    assert await client.values(LOG) == [(0, b"a"), (1, b"b"), (2, b"c")]


async def test_stored_batches_differ_from_sent_ones_only_in_offset_and_epoch(engine, client):
    await created(engine)
    await client.append(LOG, b"a")
    await engine.claim(LOG)
    sent = client.batch(b"b", b"c", compression=Compression.GZIP)
    await client.append_batch(LOG, sent)
    stored = bytes((await client.read(LOG, 1)).records)
    header = parse_header(stored)
    assert (header.base_offset, header.partition_leader_epoch) == (1, 1)
    assert stored[16:] == sent[16:]


async def test_a_read_inside_a_batch_returns_the_whole_batch(engine, client):
    await created(engine)
    await client.append(LOG, b"a", b"b", b"c")
    await client.append(LOG, b"d")
    found = (await client.read(LOG, 2)).records
    assert [header.base_offset for header, _ in batches(found)] == [0, 3]


async def test_a_read_returns_whole_batches_within_its_limit(engine, client):
    await created(engine)
    size = 0
    for _ in range(50):
        await client.append(LOG, b"x" * 500)
        size = engine.size_bytes(LOG) // (engine.bounds(LOG).end)
    for offset in (0, 17, 45):
        found = (await client.read(LOG, offset, 3 * size + 5)).records
        offsets = [header.base_offset for header, _ in batches(found)]
        assert offsets == [offset, offset + 1, offset + 2]


async def test_a_first_batch_larger_than_the_limit_is_returned_whole(engine, client):
    await created(engine)
    large = client.batch(b"x" * 5000)
    await client.append_batch(LOG, large)
    await client.append(LOG, b"y")
    await client.append(OTHER, b"z")
    reads = [Read(OTHER, 1, 100), Read(LOG, 0, 100), Read(OTHER, 0, 100)]
    nothing, whole, later = await engine.read(reads, 10)
    assert len(nothing.records) == 0
    assert len(whole.records) == len(large)
    assert len(later.records) == 0


async def test_without_at_least_one_a_batch_that_does_not_fit_stays(engine, client):
    await created(engine)
    await client.append(LOG, b"x" * 5000)
    for limit in (0, 100, 5000):
        [found] = await engine.read([Read(LOG, 0, limit)], 9999, at_least_one=False)
        assert len(found.records) == 0


async def test_a_read_at_the_end_is_empty_and_beyond_it_fails(engine, client):
    await created(engine)
    await client.append(LOG, b"a")
    assert len((await client.read(LOG, 1)).records) == 0
    for offset in (-1, 2):
        with pytest.raises(OffsetOutOfRangeError):
            await client.read(LOG, offset)


async def test_a_log_is_the_same_across_segments(engine, client):
    await created(engine, segment_bytes=300, index_interval_bytes=100)
    for number in range(40):
        await client.append(LOG, b"%d" % number, b"x")
    expected = [(n, b"x" if n % 2 else b"%d" % (n // 2)) for n in range(80)]
    assert await client.values(LOG) == expected


async def test_watchers_wake_once_per_append_call_until_they_are_removed(engine, client):
    await created(engine)
    woken = []

    def wake():
        woken.append(engine.bounds(LOG).end)

    engine.watch([LOG, OTHER], wake)
    batch = client.batch(b"a")
    await engine.append([Append(LOG, batch), Append(LOG, batch), Append(OTHER, batch)])
    assert woken == [2]
    engine.unwatch([LOG], wake)
    await client.append(LOG, b"a")
    await client.append(OTHER, b"a")
    assert woken == [2, 3]
    engine.unwatch([OTHER, ABSENT], wake)
    await client.append(OTHER, b"a")
    assert woken == [2, 3]


async def test_a_watcher_may_unwatch_while_it_is_woken(engine, client):
    await created(engine)
    woken = []

    def wake():
        woken.append(1)
        engine.unwatch([LOG], wake)

    engine.watch([LOG], wake)
    await client.append(LOG, b"a")
    await client.append(LOG, b"b")
    assert woken == [1]


async def test_an_expected_end_makes_an_append_conditional(engine, client):
    await created(engine)
    batch = client.batch(b"a")
    await client.append_batch(LOG, batch, expected_end=0)
    with pytest.raises(UnexpectedEndError):
        await client.append_batch(LOG, batch, expected_end=0)
    assert engine.bounds(LOG).end == 1


async def test_a_claim_fences_the_earlier_epoch(engine, client):
    await created(engine)
    batch = client.batch(b"a")
    epoch = await engine.claim(LOG)
    assert epoch == engine.leader_epoch(LOG) == 1
    await client.append_batch(LOG, batch, leader_epoch=1)
    with pytest.raises(FencedEpochError):
        await client.append_batch(LOG, batch, leader_epoch=0)
    with pytest.raises(UnknownEpochError):
        await client.append_batch(LOG, batch, leader_epoch=2)


async def test_epochs_end_where_the_next_one_starts(engine, client):
    await created(engine)
    await client.append(LOG, b"a")
    await engine.claim(LOG)
    await engine.claim(LOG)
    await client.append(LOG, b"b", b"c")
    await engine.claim(LOG)
    assert engine.epoch_end(LOG, 0) == EpochEnd(0, 1)
    assert engine.epoch_end(LOG, 1) == EpochEnd(0, 1)
    assert engine.epoch_end(LOG, 2) == EpochEnd(2, 3)
    assert engine.epoch_end(LOG, 3) == EpochEnd(3, 3)
    assert engine.epoch_end(LOG, 4) == EpochEnd(-1, -1)
    assert engine.epoch_end(LOG, -1) == EpochEnd(-1, -1)
    assert [engine.epoch_at(LOG, offset) for offset in range(4)] == [0, 2, 2, 3]


# What is refused


async def refused(client, records, error):
    with pytest.raises(error) as caught:
        await client.append_batch(LOG, bytes(records))
    assert client.engine.bounds(LOG).end == 0
    return caught.value


def changed(batch, position, value):
    return batch[:position] + bytes([value]) + batch[position + 1 :]


async def test_damaged_bytes_are_corrupt(engine, client):
    await created(engine)
    batch = client.batch(b"abc")
    await refused(client, changed(batch, len(batch) - 2, 1), CorruptRecordsError)
    await refused(client, changed(batch, 60, 9), CorruptRecordsError)
    await refused(client, changed(batch, 16, 3), CorruptRecordsError)
    await refused(client, changed(batch, 11, 5), CorruptRecordsError)


@pytest.mark.parametrize("size", [0, 5, 17, 61, -1])
async def test_an_append_without_a_whole_batch_is_invalid(engine, client, size):
    await created(engine)
    await refused(client, client.batch(b"abc")[:size], InvalidRecordError)


async def test_a_client_sends_exactly_one_batch(engine, client):
    await created(engine)
    batch = client.batch(b"a")
    await refused(client, batch + batch, InvalidRecordError)
    await client.append_batch(LOG, batch + batch[:20])
    assert await client.values(LOG) == [(0, b"a")]


async def test_older_magic_is_invalid(engine, client):
    await created(engine)
    await refused(client, changed(client.batch(b"a"), 16, 1), InvalidRecordError)


async def test_headers_that_clients_may_not_send(engine, client):
    await created(engine)
    await refused(client, client.batch(b"a", base_offset=5), InvalidRecordError)
    await refused(client, client.batch(b"a", is_control=True), InvalidRecordError)
    await refused(client, client.batch(b"a", producer_id=5, producer_epoch=0), InvalidRecordError)


async def test_a_count_that_disagrees_with_the_offsets_is_invalid(engine, client):
    from crc32c import crc32c

    await created(engine)
    batch = bytearray(client.batch(b"a", b"b"))
    struct.pack_into(">i", batch, 23, 7)
    struct.pack_into(">I", batch, 17, crc32c(batch[21:]))
    await refused(client, batch, InvalidRecordError)


async def test_an_unknown_compression_is_unsupported(engine, client):
    from crc32c import crc32c

    await created(engine)
    batch = bytearray(client.batch(b"a"))
    batch[22] = 6
    struct.pack_into(">I", batch, 17, crc32c(batch[21:]))
    await refused(client, batch, UnsupportedFormatError)


async def test_sizes_are_limited_per_batch_and_per_segment(engine, client):
    await created(engine, max_message_bytes=1000, segment_bytes=500)
    await refused(client, client.batch(b"x" * 1000), RecordTooLargeError)
    await refused(client, client.batch(b"x" * 600), BatchesTooLargeError)


async def test_a_compacted_log_names_the_records_without_a_key(engine, client):
    await created(engine, cleanup_policy=frozenset({"compact"}))
    problems = (await refused(client, client.batch(b"a", b"b"), InvalidRecordError)).problems
    assert [problem.batch_index for problem in problems] == [0, 1]
    await client.append(LOG, b"a", key=b"k", compression=Compression.LZ4)


async def test_timestamps_out_of_bounds_are_named(engine, client, clock):
    await created(engine, message_timestamp_before_max_ms=1000, message_timestamp_after_max_ms=1000)
    times = [clock.ms, clock.ms + 1001, clock.ms - 1001, -1]
    batch = client.batch(b"a", b"b", b"c", b"d", timestamps=times)
    problems = (await refused(client, batch, InvalidTimestampError)).problems
    assert [problem.batch_index for problem in problems] == [1, 2]
    await client.append(LOG, b"a", timestamps=[clock.ms + 1000])


async def test_the_default_refuses_timestamps_an_hour_ahead(engine, client, clock):
    await created(engine)
    batch = client.batch(b"a", timestamps=[clock.ms + 3600_001])
    await refused(client, batch, InvalidTimestampError)


async def test_log_append_time_replaces_the_producers_times(engine, client, clock):
    await created(engine, message_timestamp_type=TimestampType.LOG_APPEND_TIME)
    appended = await client.append(LOG, b"a", b"b", timestamps=[1, 2])
    assert appended.log_append_time_ms == clock.ms
    [(header, batch)] = batches((await client.read(LOG, 0)).records)
    assert [r.timestamp_ms for r in records_of(batch, header, max_bytes=99)] == [clock.ms] * 2
    stamped = client.batch(b"c", timestamp_type=LOG_APPEND_TIME)
    with pytest.raises(InvalidTimestampError):
        await client.append_batch(LOG, stamped)


async def test_only_the_log_decides_whose_times_records_have(engine, client, clock):
    await engine.create([LOG], LogConfig())
    sent = client.batch(b"a", timestamps=[clock.ms - 5000])
    claimed = stamp_log_append_time(sent, clock.ms)
    await client.append_batch(LOG, claimed)
    [(header, batch)] = batches((await client.read(LOG, 0)).records)
    assert header.timestamp_type == CREATE_TIME
    [record] = records_of(batch, header, max_bytes=1 << 20)
    assert record.timestamp_ms == clock.ms - 5000
    await engine.configure(LOG, LogConfig(message_timestamp_type=TimestampType.LOG_APPEND_TIME))
    with pytest.raises(InvalidTimestampError):
        await client.append_batch(LOG, claimed)


async def test_a_logs_own_compression_is_applied(engine, client):
    await created(engine, compression_type="zstd")
    await client.append(LOG, b"a" * 500, b"b", compression=Compression.GZIP)
    await client.append(LOG, b"c", compression=Compression.ZSTD)
    assert await client.values(LOG) == [(0, b"a" * 500), (1, b"b"), (2, b"c")]
    found = (await client.read(LOG, 0)).records
    assert {header.compression for header, _ in batches(found)} == {Compression.ZSTD}


# Idempotent producers (KIP-98, KIP-360)


def sequenced(sequence, epoch=0, producer_id=7, **options):
    return {
        "base_sequence": sequence,
        "producer_epoch": epoch,
        "producer_id": producer_id,
        **options,
    }


async def test_the_last_five_batches_answer_duplicates(engine, client):
    await created(engine)
    for number in range(6):
        await client.append(LOG, b"a", b"b", **sequenced(2 * number))
    again = await client.append(LOG, b"a", b"b", **sequenced(2))
    assert (again.base_offset, again.last_offset, again.duplicate) == (2, 3, True)
    with pytest.raises(OutOfOrderSequenceError):
        await client.append(LOG, b"a", b"b", **sequenced(0))
    assert engine.bounds(LOG).end == 12


async def test_a_gap_in_the_sequence_is_out_of_order(engine, client):
    await created(engine)
    await client.append(LOG, b"a", **sequenced(0))
    with pytest.raises(OutOfOrderSequenceError):
        await client.append(LOG, b"a", **sequenced(2))
    await client.append(LOG, b"a", **sequenced(1))


async def test_an_unknown_producer_may_begin_anywhere(engine, client):
    await created(engine)
    await client.append(LOG, b"a", **sequenced(41))
    await client.append(LOG, b"a", **sequenced(42))


async def test_sequences_wrap_around(engine, client):
    await created(engine)
    await client.append(LOG, b"a", b"b", **sequenced(2**31 - 2))
    wrapped = await client.append(LOG, b"a", **sequenced(0))
    again = await client.append(LOG, b"a", b"b", **sequenced(2**31 - 2))
    assert (wrapped.base_offset, again.base_offset, again.duplicate) == (2, 0, True)


async def test_a_batch_may_wrap_in_its_middle(engine, client):
    await created(engine)
    await client.append(LOG, b"a", b"b", b"c", **sequenced(2**31 - 1))
    again = await client.append(LOG, b"a", b"b", b"c", **sequenced(2**31 - 1))
    assert again.duplicate
    await client.append(LOG, b"d", **sequenced(2))


async def test_a_new_producer_epoch_begins_at_0_and_fences_the_old(engine, client):
    await created(engine)
    await client.append(LOG, b"a", **sequenced(0))
    with pytest.raises(OutOfOrderSequenceError):
        await client.append(LOG, b"a", **sequenced(1, epoch=1))
    await client.append(LOG, b"a", **sequenced(0, epoch=1))
    with pytest.raises(InvalidProducerEpochError):
        await client.append(LOG, b"a", **sequenced(1, epoch=0))
    [state] = engine.producers(LOG)
    assert (state.producer_id, state.producer_epoch, state.last_sequence) == (7, 1, 0)


async def test_an_idle_producer_is_forgotten(engine, client, clock):
    await created(engine)
    await client.append(LOG, b"a", **sequenced(0))
    clock.ms += 24 * 3600 * 1000
    await engine.maintain()
    assert engine.producers(LOG) == []
    await client.append(LOG, b"a", **sequenced(9))


# Transactions (KIP-98)


async def test_an_open_transaction_holds_the_last_stable_offset_back(engine, client):
    await created(engine)
    await client.append(LOG, b"a")
    await client.append(LOG, b"b", **sequenced(0, is_transactional=True))
    await client.append(LOG, b"c")
    assert engine.bounds(LOG) == Bounds(0, 1, 3, 3)
    committed = await client.read(LOG, 0, isolation=Isolation.READ_COMMITTED)
    assert [h.base_offset for h, _ in batches(committed.records)] == [0]
    assert list(committed.aborted) == []
    beyond = await client.read(LOG, 2, isolation=Isolation.READ_COMMITTED)
    assert len(beyond.records) == 0
    await client.mark(LOG, marker(commit=True))
    assert engine.bounds(LOG) == Bounds(0, 4, 4, 4)
    committed = await client.read(LOG, 0, isolation=Isolation.READ_COMMITTED)
    assert [h.base_offset for h, _ in batches(committed.records)] == [0, 1, 2, 3]
    assert list(committed.aborted) == []


async def test_a_committed_read_names_the_aborted_transactions_in_it(engine, client):
    await created(engine, segment_bytes=400)
    await client.append(LOG, b"a", **sequenced(0, is_transactional=True))
    await client.append(LOG, b"b", **sequenced(0, producer_id=8, is_transactional=True))
    await client.mark(LOG, marker(commit=False))
    await client.mark(LOG, marker(commit=False, producer_id=8))
    for _ in range(5):
        await client.append(LOG, b"c")
    found = await client.read(LOG, 0, isolation=Isolation.READ_COMMITTED)
    assert set(found.aborted) == {(7, 0), (8, 1)}
    found = await client.read(LOG, 3, isolation=Isolation.READ_COMMITTED)
    assert list(found.aborted) == [(8, 1)]
    found = await client.read(LOG, 4, isolation=Isolation.READ_COMMITTED)
    assert list(found.aborted) == []
    assert (await client.read(LOG, 0)).aborted is None


async def test_transactional_and_other_batches_do_not_mix(engine, client):
    await created(engine)
    await client.append(LOG, b"a", **sequenced(0, is_transactional=True))
    with pytest.raises(InvalidTransactionStateError):
        await client.append(LOG, b"b", **sequenced(1))


async def test_a_marker_bumps_the_epoch_and_restarts_the_sequence(engine, client):
    await created(engine)
    await client.append(LOG, b"a", **sequenced(0, is_transactional=True))
    await client.mark(LOG, marker(commit=True, producer_epoch=1))
    with pytest.raises(InvalidProducerEpochError):
        await client.append(LOG, b"b", **sequenced(1, is_transactional=True))
    await client.append(LOG, b"b", **sequenced(0, epoch=1, is_transactional=True))


async def test_a_marker_of_a_replaced_coordinator_is_refused(engine, client):
    await created(engine)
    await client.append(LOG, b"a", **sequenced(0, is_transactional=True))
    await client.mark(LOG, marker(commit=True, coordinator_epoch=3))
    with pytest.raises(CoordinatorFencedError):
        await client.mark(LOG, marker(commit=True, coordinator_epoch=2))


async def test_a_coordinator_appends_many_batches_or_none(engine, client):
    await created(engine, max_message_bytes=200)
    batch = client.batch(b"a", b"b")
    appended = await client.append_batch(LOG, batch + batch, origin=Origin.COORDINATOR)
    assert (appended.base_offset, appended.last_offset) == (0, 3)
    with pytest.raises(RecordTooLargeError):
        await client.append_batch(LOG, batch + client.batch(b"x" * 300), origin=Origin.COORDINATOR)
    assert engine.bounds(LOG).end == 4
    with pytest.raises(CorruptRecordsError):
        await client.append_batch(LOG, batch[:-1], origin=Origin.COORDINATOR)


# Timestamps


async def test_an_offset_is_found_by_timestamp(engine, client, clock):
    await created(engine, segment_bytes=500, index_interval_bytes=100)
    for number in range(30):
        await client.append(LOG, b"a", b"b", timestamps=[1000 + number * 10, 1005 + number * 10])
    for timestamp, expected in ((0, 0), (1000, 0), (1001, 1), (1095, 19), (1096, 20), (1295, 59)):
        found = await engine.offset_for_timestamp(LOG, timestamp)
        assert found is not None
        assert found.offset == expected
        assert found.timestamp_ms >= timestamp
        assert found.leader_epoch == 0
    assert await engine.offset_for_timestamp(LOG, 1296) is None
    await engine.delete_before(LOG, 25)
    assert (await engine.offset_for_timestamp(LOG, 0)).offset == 25


async def test_the_largest_timestamp_is_found_wherever_it_is(engine, client):
    await created(engine, segment_bytes=300)
    assert await engine.offset_of_max_timestamp(LOG) is None
    for number in range(10):
        late = 9999 if number == 4 else number
        await client.append(LOG, b"a", b"b", b"c", timestamps=[number, late, late])
    assert await engine.offset_of_max_timestamp(LOG) == (13, 9999, 0)


# The front


async def test_the_start_moves_up_only(engine, client):
    await created(engine)
    for _ in range(10):
        await client.append(LOG, b"a")
    woken = []
    engine.watch([LOG], lambda: woken.append(1))
    assert await engine.delete_before(LOG, 4) == 4
    assert woken == [1]
    assert await engine.delete_before(LOG, 2) == 4
    assert engine.bounds(LOG).start == 4
    with pytest.raises(OffsetOutOfRangeError):
        await client.read(LOG, 3)
    for offset in (11, -2):
        with pytest.raises(OffsetOutOfRangeError):
            await engine.delete_before(LOG, offset)
    assert await engine.delete_before(LOG, -1) == 10
    await client.append(LOG, b"b")
    assert await client.values(LOG) == [(10, b"b")]


async def test_segments_before_the_start_are_removed(engine, client):
    await created(engine, segment_bytes=200)
    for _ in range(20):
        await client.append(LOG, b"x" * 50)
    size = engine.size_bytes(LOG)
    await engine.delete_before(LOG, 15)
    await engine.maintain()
    assert engine.size_bytes(LOG) < size / 2
    assert [offset for offset, _ in await client.values(LOG)] == [15, 16, 17, 18, 19]


async def test_old_segments_expire(engine, client, clock):
    await created(engine, segment_bytes=200, retention_ms=1000)
    for _ in range(10):
        await client.append(LOG, b"x" * 50)
        clock.ms += 200
    await engine.maintain()
    assert [offset for offset, _ in await client.values(LOG)] == [5, 6, 7, 8, 9]
    clock.ms += 10_000
    await engine.maintain()
    assert engine.bounds(LOG) == Bounds(10, 10, 10, 10)
    assert engine.size_bytes(LOG) == 0
    assert (await client.append(LOG, b"y")).base_offset == 10


async def test_a_log_beyond_its_size_loses_its_oldest_segments(engine, client):
    await created(engine, segment_bytes=300, retention_bytes=600)
    for _ in range(20):
        await client.append(LOG, b"x" * 200)
    await engine.maintain()
    assert 600 <= engine.size_bytes(LOG) < 900
    await engine.configure(LOG, LogConfig(segment_bytes=300, retention_bytes=-1))
    size = engine.size_bytes(LOG)
    await engine.maintain()
    assert engine.size_bytes(LOG) == size


async def test_a_compacted_log_keeps_what_retention_would_delete(engine, client, clock):
    settings = {"cleanup_policy": frozenset({"compact"}), "retention_ms": 1, "retention_bytes": 0}
    await created(engine, segment_bytes=200, **settings)
    for _ in range(5):
        await client.append(LOG, b"x" * 50, key=b"k")
    clock.ms += 1000
    await engine.maintain()
    assert engine.bounds(LOG).start == 0


async def test_segments_are_rolled_earlier_by_chance_where_the_log_asks_for_it(engine, client):
    await created(engine, segment_ms=1000, segment_jitter_ms=900)
    waits = set()
    for _ in range(20):
        start, waited_ms = client.clock.ms, 0
        count = len(engine._logs[LOG].segments)
        while len(engine._logs[LOG].segments) == count:
            await client.append(LOG, b"a", timestamps=[start + waited_ms])
            waited_ms += 50
        waits.add(waited_ms)
        client.clock.ms = start + waited_ms
    assert len(waits) > 5
    assert max(waits) <= 1100


async def test_a_log_that_is_compacted_and_deleted_loses_what_expired(engine, client, clock):
    await created(
        engine,
        cleanup_policy=frozenset({"compact", "delete"}),
        retention_ms=1000,
        segment_bytes=300,
        min_cleanable_dirty_ratio=0.0,
    )
    for number in range(10):
        await client.append(LOG, b"%d" % number, key=b"%d" % (number % 2))
    engine._logs[LOG].roll()
    assert await engine.compact(CompactionLimits())
    assert [value for _, value in await client.values(LOG)] == [b"8", b"9"]
    clock.ms += 1001
    await client.append(LOG, b"10", key=b"0")
    await engine.maintain()
    assert [value for _, value in await client.values(LOG)] == [b"10"]


async def test_a_segment_is_rolled_when_its_time_has_passed(engine, client, clock):
    await created(engine, segment_ms=1000, retention_ms=1500)
    await client.append(LOG, b"a")
    clock.ms += 1001
    await client.append(LOG, b"b")
    clock.ms += 500
    await engine.maintain()
    assert await client.values(LOG) == [(1, b"b")]


async def test_appends_wait_for_a_flush_where_the_log_asks_for_it(engine, client):
    await created(engine, flush_messages=1)
    for number in range(3):
        await client.append(LOG, b"%d" % number)
    assert len(await client.values(LOG)) == 3


async def test_a_large_batch_is_stored_and_found_whole(engine, client):
    await created(engine, index_interval_bytes=100)
    large = client.batch(b"x" * 300_000)
    await client.append(LOG, b"a")
    await client.append_batch(LOG, large)
    await client.append(LOG, b"b")
    assert engine.size_bytes(LOG) > 300_000
    found = (await client.read(LOG, 1, 1000)).records
    assert bytes(found[16:]) == large[16:]
    assert [offset for offset, _ in await client.values(LOG)] == [0, 1, 2]


# What needs no waiting


async def test_what_can_be_appended_and_read_at_once_is(engine, client):
    await created(engine)
    woken = []
    engine.watch([LOG], lambda: woken.append(engine.bounds(LOG).end))
    assert engine.append_now(LOG, client.batch(b"one", b"two")) == (0, 1, -1, 0, False)
    assert woken == [2]
    found = engine.read_now(Read(LOG, 1, 1))
    assert found == await client.read(LOG, 1, 1)
    assert found.records
    assert await client.values(LOG) == [(0, b"one"), (1, b"two")]


async def test_what_is_refused_is_not_done_at_once_either(engine, client):
    await created(engine)
    damaged = bytearray(client.batch(b"one"))
    damaged[-1] ^= 1
    assert engine.append_now(LOG, bytes(damaged)) is None
    assert engine.append_now(ABSENT, client.batch(b"one")) is None
    assert engine.read_now(Read(LOG, 1, 100)) is None
    assert engine.read_now(Read(ABSENT, 0, 100)) is None
    assert engine.bounds(LOG) == Bounds(0, 0, 0, 0)


async def test_what_must_be_flushed_is_not_appended_at_once(engine, client):
    await created(engine, flush_messages=100)
    assert engine.append_now(LOG, client.batch(b"one")) is None
    assert engine.bounds(LOG) == Bounds(0, 0, 0, 0)
