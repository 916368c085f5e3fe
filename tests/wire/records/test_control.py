import pytest

from kafkapy.wire.errors import CorruptRecordError
from kafkapy.wire.records.batch import parse_header
from kafkapy.wire.records.control import (
    ControlType,
    EndTxnMarker,
    build_end_txn_marker,
    control_type_of,
    parse_end_txn_marker,
)
from kafkapy.wire.records.record import Record, build_batch, rewrite_batch


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
    assert parse_end_txn_marker(rewrite_batch(parse_header(data), [])) is None


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
