import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.wire.compression import Compression
from kafkapy.wire.errors import CorruptRecordError, WireError
from kafkapy.wire.records.batch import (
    HEADER_BYTES,
    LOG_APPEND_TIME,
    parse_header,
    stamp_log_append_time,
    verify_checksum,
)
from kafkapy.wire.records.packed import packed_records, rewrite_batch
from kafkapy.wire.records.record import Record, build_batch, records_of, validate_records
from tests.wire.records.test_record import INT64, LIMIT, batch_with, codecs, payloads, records


def rewritten(batch: bytes, kept: list[Record], delete_horizon_ms: int | None = None) -> bytes:
    """Give what compaction makes of a batch of which some records are kept."""
    header = parse_header(batch)
    data, packed = packed_records(batch, header, max_bytes=LIMIT)
    offsets = {record.offset for record in kept}
    left = [record for record in packed if record[0] in offsets]
    return rewrite_batch(header, data, left, delete_horizon_ms=delete_horizon_ms)


@given(st.lists(records, min_size=1, max_size=70), codecs, st.integers(0, 1 << 62))
def test_packed_records_tell_offsets_keys_and_tombstones(
    batch: list[Record], codec: Compression, base: int
) -> None:
    data = build_batch(batch, base_offset=base, compression=codec)
    _, packed = packed_records(data, parse_header(data), max_bytes=4 * LIMIT)
    assert [record[:3] for record in packed] == [
        (base + index, record.key, record.value is not None) for index, record in enumerate(batch)
    ]


def test_a_header_key_that_is_not_utf_8_survives() -> None:
    payload = bytes.fromhex("12 00 00 00 01 01 02 02 ff 01")
    data = batch_with(payload)
    assert rewritten(data, records_of(data, max_bytes=0))[HEADER_BYTES:] == payload


@given(st.lists(records, min_size=1, max_size=8), codecs, st.data())
def test_a_compacted_batch_keeps_offsets_and_producer(
    batch: list[Record], codec: Compression, draw: st.DataObject
) -> None:
    data = build_batch(
        batch,
        base_offset=7,
        compression=codec,
        producer_id=3,
        producer_epoch=2,
        base_sequence=1,
        is_transactional=True,
    )
    before = records_of(data, max_bytes=LIMIT)
    kept = draw.draw(st.lists(st.sampled_from(before), unique_by=id))
    kept.sort(key=lambda record: record.offset)
    horizon = draw.draw(st.none() | INT64)
    compacted = rewritten(data, kept, horizon)
    header = parse_header(compacted)
    verify_checksum(compacted, header)
    assert records_of(compacted, header, max_bytes=LIMIT) == kept
    assert (header.base_offset, header.last_offset) == (7, 6 + len(batch))
    assert (header.producer_id, header.producer_epoch, header.base_sequence) == (3, 2, 1)
    assert header.is_transactional
    assert header.has_delete_horizon == bool(kept and horizon is not None)
    assert rewritten(compacted, kept) == compacted


def test_compaction_keeps_the_append_time() -> None:
    data = stamp_log_append_time(build_batch([Record(), Record()]), 100)
    compacted = rewritten(data, [Record(1)])
    assert parse_header(compacted).timestamp_type == LOG_APPEND_TIME
    assert records_of(compacted, max_bytes=0) == [Record(1, 100)]


def test_what_compaction_leaves_is_not_what_a_client_may_send() -> None:
    built = [Record(0), Record(1)]
    with pytest.raises(CorruptRecordError):
        validate_records(rewritten(build_batch(built), built[1:]), max_bytes=0)


@given(payloads())
def test_packed_records_are_refused_only_if_reading_refuses_them(
    payload: tuple[bytes, int],
) -> None:
    data = batch_with(*payload)
    header = parse_header(data)
    try:
        read = records_of(data, header, max_bytes=LIMIT)
    except WireError:
        return
    _, packed = packed_records(data, header, max_bytes=LIMIT)
    assert [(record.offset, record.key) for record in read] == [each[:2] for each in packed]
    assert records_of(rewritten(data, read), max_bytes=LIMIT) == read


@given(payloads())
def test_damaged_packed_records_raise_nothing_but_wire_errors(payload: tuple[bytes, int]) -> None:
    data = batch_with(*payload)
    with contextlib.suppress(WireError):
        packed, every = packed_records(data, parse_header(data), max_bytes=LIMIT)
        rewrite_batch(parse_header(data), packed, every)


@pytest.mark.parametrize(
    ("reason", "payload"),
    [
        ("bytes after the record", "0c 00 00 00 01 01 00 00"),
        ("a length beyond the end", "7e 00 00 00 01 01 00"),
        ("a negative length", "01 00 00 00 01 01 00"),
        ("a key beyond the end", "0c 00 00 00 7e 01 00"),
        ("a key that leaves nothing for a value", "0c 00 00 00 04 01 00"),
        ("a key of length -2", "0c 00 00 00 03 01 00"),
        ("an offset delta beyond the last", "0c 00 00 02 01 01 00"),
        ("a negative offset delta", "0c 00 00 01 01 01 00"),
        ("a number of eleven bytes", "ff ff ff ff ff ff ff ff ff ff 00"),
        ("nothing", ""),
    ],
)
def test_a_packed_record_that_contradicts_itself_is_corrupt(reason: str, payload: str) -> None:
    data = batch_with(bytes.fromhex(payload))
    with pytest.raises(CorruptRecordError):
        packed_records(data, parse_header(data), max_bytes=LIMIT)
