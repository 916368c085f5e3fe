import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.wire.errors import CorruptRecordError, WireError
from kafkapy.wire.records.batch import (
    HEADER_BYTES,
    LOG_APPEND_TIME,
    PREFIX_BYTES,
    BatchScan,
    batches,
    magic_of,
    pack_prefix,
    parse_header,
    stamp_log_append_time,
    verify_checksum,
)
from kafkapy.wire.records.record import Record, build_batch, records_of

FIRST = build_batch([Record(timestamp_ms=5, value=b"a"), Record(timestamp_ms=9, value=b"b")])
SECOND = build_batch([Record(timestamp_ms=7, value=b"c")], base_offset=2)


def with_field(offset: int, layout: str, value: int) -> bytes:
    data = bytearray(FIRST)
    struct.pack_into(layout, data, offset, value)
    return bytes(data)


def test_a_header_tells_where_the_batch_and_its_offsets_end() -> None:
    header = parse_header(b"??" + FIRST, 2)
    assert header.size_bytes == len(FIRST)
    assert (header.base_offset, header.last_offset, header.next_offset) == (0, 1, 2)
    assert (header.base_timestamp, header.max_timestamp) == (5, 9)


@pytest.mark.parametrize(
    ("base_sequence", "last_sequence"),
    [(-1, -1), (0, 1), ((1 << 31) - 2, (1 << 31) - 1), ((1 << 31) - 1, 0)],
)
def test_sequence_numbers_wrap_to_zero(base_sequence: int, last_sequence: int) -> None:
    records = [Record(), Record()]
    header = parse_header(build_batch(records, base_sequence=base_sequence))
    assert header.last_sequence == last_sequence


@pytest.mark.parametrize(
    "data",
    [
        b"",
        FIRST[: HEADER_BYTES - 1],
        with_field(8, ">i", 48),
        with_field(8, ">i", -1),
        with_field(8, ">i", -(1 << 31)),
        with_field(16, ">b", 1),
        with_field(16, ">b", 3),
        with_field(23, ">i", -1),
        with_field(57, ">i", -1),
        with_field(57, ">i", 3),
    ],
)
def test_an_implausible_header_is_corrupt(data: bytes) -> None:
    with pytest.raises(CorruptRecordError):
        parse_header(data)


def test_batches_come_one_by_one_without_being_copied() -> None:
    data = FIRST + SECOND
    found = list(batches(data))
    assert [bytes(batch) for _, batch in found] == [FIRST, SECOND]
    assert all(batch.obj is data for _, batch in found)
    assert [header.base_offset for header, _ in batches(data, len(FIRST))] == [2]


def test_a_batch_that_is_not_all_there_is_corrupt() -> None:
    with pytest.raises(CorruptRecordError):
        list(batches(FIRST + SECOND[:-1]))


@given(st.integers(0, len(FIRST + SECOND)))
def test_a_scan_stops_at_the_last_whole_batch(end: int) -> None:
    scan = BatchScan((FIRST + SECOND)[:end])
    whole = [bytes(batch) for _, batch in scan]
    assert b"".join(whole) == (FIRST + SECOND)[: scan.position]
    assert scan.position in (0, len(FIRST), len(FIRST + SECOND))
    assert (scan.error is None) == (scan.position == end)


def test_a_scan_stops_at_a_wrong_checksum() -> None:
    damaged = bytearray(FIRST + SECOND)
    damaged[-1] ^= 1
    scan = BatchScan(damaged)
    assert len(list(scan)) == 1
    assert scan.position == len(FIRST)
    assert scan.error is not None
    assert "checksum" in str(scan.error)


@given(st.integers(21, len(FIRST) - 1), st.integers(0, 7))
def test_a_changed_bit_behind_the_checksum_is_noticed(position: int, bit: int) -> None:
    damaged = bytearray(FIRST)
    damaged[position] ^= 1 << bit
    with pytest.raises(CorruptRecordError):
        verify_checksum(damaged, parse_header(damaged))


@given(st.integers(0, (1 << 63) - 2), st.integers(-1, (1 << 31) - 1))
def test_a_stamp_changes_offsets_and_epoch_but_not_the_checksum(offset: int, epoch: int) -> None:
    stamped = pack_prefix(offset, parse_header(FIRST).batch_length, epoch) + FIRST[PREFIX_BYTES:]
    header = parse_header(stamped)
    verify_checksum(stamped, header)
    assert (header.base_offset, header.partition_leader_epoch) == (offset, epoch)
    assert [record.offset - offset for record in records_of(stamped, max_bytes=0)] == [0, 1]


def test_the_append_time_holds_for_every_record() -> None:
    stamped = stamp_log_append_time(memoryview(FIRST), 1234)
    header = parse_header(stamped)
    verify_checksum(stamped, header)
    assert header.timestamp_type == LOG_APPEND_TIME
    assert [record.timestamp_ms for record in records_of(stamped, max_bytes=0)] == [1234, 1234]


@pytest.mark.parametrize("size", [0, 16])
def test_the_magic_of_too_few_bytes_is_unknown(size: int) -> None:
    with pytest.raises(CorruptRecordError):
        magic_of(FIRST[:size])


@given(st.binary(max_size=200))
def test_random_bytes_raise_nothing_but_wire_errors(data: bytes) -> None:
    with contextlib.suppress(WireError):
        magic_of(data)
    with contextlib.suppress(WireError):
        list(batches(data))
    assert BatchScan(data).position == 0
