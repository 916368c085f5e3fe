import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.wire.compression import Compression
from kafkapy.wire.errors import CorruptRecordError, WireError
from kafkapy.wire.records import control
from kafkapy.wire.records.batch import HEADER_BYTES, parse_header
from kafkapy.wire.records.control import (
    ControlType,
    EndTxnMarker,
    build_end_txn_marker,
    control_type_of,
    parse_end_txn_marker,
)
from kafkapy.wire.records.packed import rewrite_batch
from kafkapy.wire.records.record import Record, build_batch


@pytest.mark.parametrize("is_commit", [True, False])
def test_a_marker_is_a_transactional_control_batch_of_its_producer(is_commit: bool) -> None:
    marker = EndTxnMarker(is_commit, coordinator_epoch=7)
    data = build_end_txn_marker(marker, producer_id=5, producer_epoch=2, timestamp_ms=9)
    header = parse_header(data)
    assert header.is_control
    assert header.is_transactional
    assert (header.producer_id, header.producer_epoch, header.base_sequence) == (5, 2, -1)
    assert parse_end_txn_marker(data, header) == marker


def test_a_control_batch_that_compaction_emptied_holds_no_marker() -> None:
    marker = EndTxnMarker(is_commit=True, coordinator_epoch=0)
    data = build_end_txn_marker(marker, producer_id=5, producer_epoch=2, timestamp_ms=9)
    assert parse_end_txn_marker(rewrite_batch(parse_header(data), b"", ())) is None


def test_a_later_version_and_an_unknown_type_are_tolerated() -> None:
    assert control_type_of(Record(key=b"\x00\x05\x00\x01more")) is ControlType.COMMIT
    assert control_type_of(Record(key=b"\x00\x00\x00\x63")) is None


@pytest.mark.parametrize("key", [None, b"", b"\x00\x00\x00", b"\xff\xff\x00\x00"])
def test_a_key_that_is_no_control_records_is_corrupt(key: bytes | None) -> None:
    with pytest.raises(CorruptRecordError):
        control_type_of(Record(key=key))


@pytest.mark.parametrize("value", [None, b"\x00\x00\x00", b"\xff\xff\x00\x00\x00\x00"])
def test_a_marker_with_a_damaged_value_is_corrupt(value: bytes | None) -> None:
    with pytest.raises(CorruptRecordError):
        parse_end_txn_marker(build_batch([Record(key=bytes(4), value=value)], is_control=True))


INT16S = st.integers(-(2**15), 2**15 - 1)
INT32S = st.integers(-(2**31), 2**31 - 1)
INT64S = st.integers(-(2**63), 2**63 - 1)


@given(st.booleans(), INT32S, INT64S, INT16S, INT64S, INT64S, INT32S)
def test_a_marker_is_the_batch_of_its_one_record(
    is_commit: bool,
    coordinator_epoch: int,
    producer_id: int,
    producer_epoch: int,
    timestamp_ms: int,
    base_offset: int,
    leader_epoch: int,
) -> None:
    marker = EndTxnMarker(is_commit, coordinator_epoch)
    key = struct.pack(">hh", 0, is_commit)
    value = struct.pack(">hi", 0, coordinator_epoch)
    places = {
        "producer_id": producer_id,
        "producer_epoch": producer_epoch,
        "base_offset": base_offset,
        "partition_leader_epoch": leader_epoch,
    }
    data = build_end_txn_marker(marker, timestamp_ms=timestamp_ms, **places)
    assert data == build_batch(
        [Record(timestamp_ms=timestamp_ms, key=key, value=value)],
        is_transactional=True,
        is_control=True,
        **places,
    )
    assert parse_end_txn_marker(data) == marker


def outcome(data: bytes) -> EndTxnMarker | type[Exception] | None:
    try:
        return parse_end_txn_marker(data)
    except WireError as error:
        return type(error)


@pytest.mark.parametrize("place", range(HEADER_BYTES, HEADER_BYTES + 17))
def test_a_marker_of_which_a_byte_is_changed_is_read_as_any_other_record(
    place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = EndTxnMarker(is_commit=True, coordinator_epoch=7)
    data = build_end_txn_marker(marker, producer_id=5, producer_epoch=2, timestamp_ms=9)
    changed = [data[:place] + bytes([byte]) + data[place + 1 :] for byte in range(256)]
    found = [outcome(each) for each in changed]
    monkeypatch.setattr(control, "_OUTCOMES", {})
    assert found == [outcome(each) for each in changed]


def test_a_marker_in_a_compressed_batch_is_read() -> None:
    record = Record(key=bytes(3) + b"\x01", value=bytes(5) + b"\x07")
    data = build_batch([record], compression=Compression.GZIP, is_control=True)
    assert parse_end_txn_marker(data) == EndTxnMarker(is_commit=True, coordinator_epoch=7)
