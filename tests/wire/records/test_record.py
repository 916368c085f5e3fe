import contextlib
import struct
from collections.abc import Callable

import pytest
from crc32c import crc32c
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.wire.compression import Compression, compress
from kafkapy.wire.errors import (
    CorruptRecordError,
    DecompressionError,
    UnsupportedCompressionError,
    WireError,
)
from kafkapy.wire.records.batch import (
    HEADER_BYTES,
    parse_header,
    stamp_log_append_time,
    verify_checksum,
)
from kafkapy.wire.records.record import (
    MAX_RECORDS,
    OffsetAndTimestamp,
    Record,
    RecordsSummary,
    build_batch,
    check_records,
    offset_for_timestamp,
    records_of,
    validate_records,
)

LIMIT = 1 << 20
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
contents = st.none() | st.binary(max_size=100) | st.just(b"x" * 5000)
headers = st.lists(st.tuples(st.text(max_size=10), contents), max_size=3).map(tuple)
records = st.builds(
    Record, timestamp_ms=INT64 | st.integers(0, 9), key=contents, value=contents, headers=headers
)
codecs = st.sampled_from(Compression)


def batch_with(payload: bytes, count: int = 1, compression: int = 0) -> bytes:
    """Make a batch with a right checksum around any payload."""
    checked = struct.pack(
        ">hiqqqhii", compression, max(count - 1, 0), 0, 0, -1, -1, -1, count
    ) + compress(compression, payload)
    return struct.pack(">qiibI", 0, len(checked) + 9, 0, 2, crc32c(checked)) + checked


@given(st.lists(records, min_size=1, max_size=8), codecs, st.integers(0, 1 << 62))
def test_what_was_built_is_read(batch: list[Record], codec: Compression, base: int) -> None:
    data = build_batch(batch, base_offset=base, compression=codec)
    header = parse_header(data)
    verify_checksum(data, header)
    assert header.size_bytes == len(data)
    assert header.max_timestamp == max(record.timestamp_ms for record in batch)
    assert records_of(memoryview(data), max_bytes=LIMIT) == [
        Record(base + index, record.timestamp_ms, record.key, record.value, record.headers)
        for index, record in enumerate(batch)
    ]


@given(
    st.lists(records, min_size=1, max_size=4),
    codecs,
    st.lists(st.tuples(st.integers(HEADER_BYTES), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_damaged_records_raise_nothing_but_wire_errors(
    batch: list[Record], codec: Compression, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(build_batch(batch, compression=codec))
    for position, byte in changes:
        data[position % len(data)] = byte
    for read in (records_of, validate_records):
        with contextlib.suppress(WireError):
            read(data, max_bytes=LIMIT)  # type: ignore[operator]


@given(st.binary(max_size=60), st.integers(0, 5))
def test_random_records_raise_nothing_but_wire_errors(payload: bytes, count: int) -> None:
    with contextlib.suppress(WireError):
        assert len(records_of(batch_with(payload, count), max_bytes=LIMIT)) == count


@given(st.lists(records, min_size=1, max_size=4), st.data())
def test_a_payload_that_is_cut_short_is_corrupt(batch: list[Record], draw: st.DataObject) -> None:
    payload = build_batch(batch)[HEADER_BYTES:]
    cut = payload[: draw.draw(st.integers(0, len(payload) - 1))]
    with pytest.raises(CorruptRecordError):
        records_of(batch_with(cut, len(batch)), max_bytes=LIMIT)


@pytest.mark.parametrize(
    ("reason", "payload"),
    [
        ("bytes after the record", "0c 00 00 00 01 01 00 00"),
        ("a length beyond the end", "7e 00 00 00 01 01 00"),
        ("a negative length", "01 00 00 00 01 01 00"),
        ("a length that is too small", "0a 00 00 00 01 01 00"),
        ("a key beyond the end", "0c 00 00 00 7e 01 00"),
        ("a key of length -2", "0c 00 00 00 03 01 00"),
        ("a value beyond the end", "0c 00 00 00 01 7e 00"),
        ("a value of length -2", "0c 00 00 00 01 03 00"),
        ("an offset delta beyond the last", "0c 00 00 02 01 01 00"),
        ("a negative offset delta", "0c 00 00 01 01 01 00"),
        ("a negative header count", "0c 00 00 00 01 01 01"),
        ("more headers than bytes", "0c 00 00 00 01 01 7e"),
        ("a header without a key", "10 00 00 00 01 01 02 01 01"),
        ("a header value of length -2", "10 00 00 00 01 01 02 00 03"),
        ("a header beyond the end", "10 00 00 00 01 01 02 00 7e"),
        ("a number of eleven bytes", "ff ff ff ff ff ff ff ff ff ff 00"),
    ],
)
def test_a_record_that_contradicts_itself_is_corrupt(reason: str, payload: str) -> None:
    assert records_of(batch_with(bytes.fromhex("0c 00 00 00 01 01 00")), max_bytes=LIMIT)
    with pytest.raises(CorruptRecordError):
        records_of(batch_with(bytes.fromhex(payload)), max_bytes=LIMIT)


def test_a_count_far_above_the_bytes_is_corrupt() -> None:
    with pytest.raises(CorruptRecordError, match="records in"):
        records_of(batch_with(bytes(70), (1 << 31) - 1), max_bytes=LIMIT)


def test_the_count_must_be_exact() -> None:
    payload = build_batch([Record(), Record()])[HEADER_BYTES:]
    with pytest.raises(CorruptRecordError, match="follow"):
        records_of(batch_with(payload, 1), max_bytes=LIMIT)


def test_part_of_a_batch_is_corrupt() -> None:
    with pytest.raises(CorruptRecordError, match="are there"):
        records_of(build_batch([Record()])[:-1], max_bytes=LIMIT)


def test_compressed_records_are_bounded() -> None:
    data = build_batch([Record(value=bytes(LIMIT))], compression=Compression.ZSTD)
    with pytest.raises(DecompressionError):
        records_of(data, max_bytes=LIMIT)


def test_an_unknown_compression_is_refused() -> None:
    data = bytearray(build_batch([Record()]))
    data[22] |= 5
    with pytest.raises(UnsupportedCompressionError):
        records_of(data, max_bytes=LIMIT)


def test_a_batch_needs_a_record() -> None:
    with pytest.raises(ValueError, match="needs"):
        build_batch([])


def test_a_check_reports_timestamps_and_records_without_a_key() -> None:
    data = build_batch(
        [
            Record(timestamp_ms=5, key=b"a"),
            Record(timestamp_ms=9),
            Record(timestamp_ms=9, key=b""),
            Record(timestamp_ms=3),
        ]
    )
    assert validate_records(data, max_bytes=0) == RecordsSummary(
        max_timestamp_ms=9, max_timestamp_index=1, min_timestamp_ms=3, keyless=[1, 3]
    )


def test_a_check_refuses_offsets_that_do_not_count_up() -> None:
    for offsets in ("00 00", "02 00"):
        payload = [f"0c 00 00 {offset} 01 01 00" for offset in offsets.split()]
        with pytest.raises(CorruptRecordError):
            validate_records(batch_with(bytes.fromhex("".join(payload)), 2), max_bytes=0)


def test_a_check_refuses_a_batch_without_records() -> None:
    with pytest.raises(CorruptRecordError):
        validate_records(batch_with(b"", 0), max_bytes=0)


@pytest.mark.parametrize(
    ("timestamp_ms", "from_offset", "found"),
    [
        (0, 0, (10, 50)),
        (51, 0, (11, 70)),
        (50, 11, (11, 70)),
        (60, 12, (12, 60)),
        (71, 0, None),
        (0, 13, None),
    ],
)
@pytest.mark.parametrize("codec", Compression)
def test_the_first_record_at_or_after_a_time_is_found(
    timestamp_ms: int, from_offset: int, found: tuple[int, int] | None, codec: Compression
) -> None:
    batch = [Record(timestamp_ms=time) for time in (50, 70, 60)]
    data = build_batch(batch, base_offset=10, compression=codec)
    assert (
        offset_for_timestamp(data, timestamp_ms, from_offset=from_offset, max_bytes=LIMIT) == found
    )


def test_with_append_times_the_first_record_is_found() -> None:
    data = stamp_log_append_time(build_batch([Record(), Record()], base_offset=4), 100)
    assert offset_for_timestamp(data, 100, max_bytes=0) == OffsetAndTimestamp(4, 100)
    assert offset_for_timestamp(data, 101, max_bytes=0) is None


def test_more_records_than_are_ever_read_are_corrupt() -> None:
    data = bytes.fromhex("0c 00 00 00 01 01 00") * (MAX_RECORDS + 1)
    batch = batch_with(compress(Compression.ZSTD, data), MAX_RECORDS + 1, Compression.ZSTD)
    with pytest.raises(CorruptRecordError, match="records in a batch"):
        records_of(batch, max_bytes=len(data))


def test_all_headers_of_a_batch_are_bounded() -> None:
    half = Record(headers=(("", None),) * (MAX_RECORDS // 2))
    assert len(records_of(build_batch([half, half]), max_bytes=LIMIT)) == 2
    with pytest.raises(CorruptRecordError, match="headers"):
        records_of(build_batch([half, half, half]), max_bytes=LIMIT)


@st.composite
def payloads(draw: st.DrawFn) -> tuple[bytes, int]:
    """Records as they should be, or damaged in some bytes, and how many they are said to be."""
    built = draw(st.lists(records, min_size=1, max_size=4))
    payload = bytearray(build_batch(built)[HEADER_BYTES:])
    for _ in range(draw(st.integers(0, 3))):
        payload[draw(st.integers(0, min(len(payload), 40) - 1))] = draw(st.integers(0, 255))
    return bytes(payload), len(built) + draw(st.sampled_from((0, 0, 0, 1, -1)))


def is_refused(check: Callable[..., object], payload: bytes, count: int = 1) -> bool:
    data = batch_with(payload, count)
    try:
        check(data, parse_header(data), max_bytes=LIMIT)
    except WireError:
        return True
    return False


@given(payloads())
def test_the_quick_check_refuses_what_reading_refuses(payload: tuple[bytes, int]) -> None:
    if payload[1]:  # a batch without records is refused for its header
        assert is_refused(check_records, *payload) == is_refused(validate_records, *payload)


@pytest.mark.parametrize("key_bytes", [None, 0, 3, 70])
@pytest.mark.parametrize("value_bytes", [None, 0, 20, 58, 63, 64, 100, 8064, 8192])
def test_a_wrong_byte_in_a_lone_record_is_seen_as_by_reading(
    key_bytes: int | None, value_bytes: int | None
) -> None:
    key, value = (None if size is None else bytes(size) for size in (key_bytes, value_bytes))
    right = build_batch([Record(timestamp_ms=5, key=key, value=value)])[HEADER_BYTES:]
    assert not is_refused(check_records, right)
    places = {*range(min(len(right), 10)), len(right) - 1}
    if key:
        places |= {len(key) + 5, len(key) + 6, len(key) + 7} & set(range(len(right)))
    for place in places:
        for byte in (0, 1, 2, 3, right[place] ^ 1, right[place] ^ 2, right[place] ^ 0x80, 0xFF):
            wrong = right[:place] + bytes((byte,)) + right[place + 1 :]
            assert is_refused(check_records, wrong) == is_refused(validate_records, wrong)
    for cut in (right[:-1], right[:1], right[:3], right + b"\0"):
        assert is_refused(check_records, cut)


def test_a_size_of_three_bytes_is_not_mistaken_for_one_of_two() -> None:
    length = 10_000

    def too_short(size: int) -> bytes:
        """The size in two bytes, of which the second promises a third."""
        return bytes((size << 1 & 0x7F | 0x80, size << 1 >> 7))

    value = too_short(length - 7) + bytes(length - 7)
    assert is_refused(check_records, too_short(length) + b"\0\0\0\1" + value + b"\0")


def test_a_compressed_record_is_not_mistaken_for_a_plain_one() -> None:
    data = bytearray(build_batch([Record(value=b"x")]))
    data[22] = Compression.GZIP
    with pytest.raises(DecompressionError):
        check_records(data, parse_header(data), max_bytes=LIMIT)
