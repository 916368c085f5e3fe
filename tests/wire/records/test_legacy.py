import contextlib
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.wire.compression import Compression, compress
from kafkapy.wire.compression.lz4 import set_header_checksum
from kafkapy.wire.errors import (
    CorruptRecordError,
    DecompressionError,
    MessageTooLargeError,
    UnsupportedCompressionError,
    UnsupportedVersionError,
    WireError,
)
from kafkapy.wire.records.batch import LOG_APPEND_TIME, parse_header, verify_checksum
from kafkapy.wire.records.control import EndTxnMarker, build_end_txn_marker
from kafkapy.wire.records.legacy import (
    build_message_set,
    down_convert,
    records_of_message_set,
    to_batch,
)
from kafkapy.wire.records.record import MAX_RECORDS, Record, build_batch, records_of

LIMIT = 1 << 20
OLD_CODECS = [codec for codec in Compression if codec != Compression.ZSTD]
codecs = st.sampled_from(OLD_CODECS)
magics = st.sampled_from([0, 1])
contents = st.none() | st.binary(max_size=100) | st.just(b"x" * 5000)
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)


@st.composite
def message_records(draw: st.DrawFn) -> list[Record]:
    """Draw records with growing offsets and without headers."""
    offset = draw(st.integers(0, 1 << 60))
    records = []
    for _ in range(draw(st.integers(1, 6))):
        records.append(Record(offset, draw(INT64), draw(contents), draw(contents)))
        offset += draw(st.integers(1, 3))
    return records


def at_magic(records: list[Record], magic: int) -> list[Record]:
    return [
        Record(record.offset, record.timestamp_ms if magic else -1, record.key, record.value)
        for record in records
    ]


def message(body: bytes, *, magic: int = 1, attributes: int = 0, offset: int = 0) -> bytes:
    checked = bytes((magic, attributes)) + body
    return struct.pack(">qiI", offset, len(checked) + 4, zlib.crc32(checked)) + checked


@given(message_records(), magics, codecs)
def test_what_was_built_is_read(records: list[Record], magic: int, codec: Compression) -> None:
    data = build_message_set(records, magic, compression=codec)
    assert records_of_message_set(memoryview(data), max_bytes=LIMIT) == at_magic(records, magic)


@given(message_records(), magics, codecs)
def test_a_message_set_becomes_one_batch_with_new_offsets(
    records: list[Record], magic: int, codec: Compression
) -> None:
    data = build_message_set(records, magic, compression=codec)
    batch = to_batch(data, base_offset=50, max_bytes=LIMIT)
    header = parse_header(batch)
    verify_checksum(batch, header)
    assert header.compression == codec
    assert records_of(batch, max_bytes=LIMIT) == [
        Record(50 + index, record.timestamp_ms, record.key, record.value)
        for index, record in enumerate(at_magic(records, magic))
    ]


@given(message_records(), magics, codecs)
def test_batches_become_a_message_set_with_their_offsets(
    records: list[Record], magic: int, codec: Compression
) -> None:
    first = build_batch(records, base_offset=3, compression=codec)
    marker = build_end_txn_marker(
        EndTxnMarker(is_commit=True, coordinator_epoch=0),
        producer_id=1,
        producer_epoch=0,
        timestamp_ms=0,
        base_offset=40,
    )
    last = build_batch([Record(value=b"last", headers=(("lost", b""),))], base_offset=41)
    data = down_convert(first + marker + last, magic, max_bytes=LIMIT)
    read = records_of_message_set(data, max_bytes=LIMIT)
    assert [record.offset for record in read] == [*range(3, 3 + len(records)), 41]
    assert [record.value for record in read] == [*[r.value for r in records], b"last"]
    assert not any(record.headers for record in read)


def test_the_append_time_of_a_wrapper_holds_for_its_messages() -> None:
    records = [Record(0, 5, value=b"a"), Record(1, 9, value=b"b")]
    data = build_message_set(
        records, 1, compression=Compression.GZIP, timestamp_type=LOG_APPEND_TIME
    )
    assert [r.timestamp_ms for r in records_of_message_set(data, max_bytes=LIMIT)] == [9, 9]


def test_lz4_at_magic_0_has_the_broken_checksum_and_at_magic_1_the_right_one() -> None:
    frames = []
    for magic in (0, 1):
        data = build_message_set([Record(value=b"a" * 99)], magic, compression=Compression.LZ4)
        frames.append(data[data.index(b"\x04\x22\x4d\x18") :])
    assert set_header_checksum(frames[0], including_magic=True) == frames[0]
    assert set_header_checksum(frames[0], including_magic=False) != frames[0]
    assert set_header_checksum(frames[1], including_magic=False) == frames[1]


def test_lz4_at_magic_0_with_a_right_checksum_is_read_too() -> None:
    data = build_message_set([Record(value=b"a" * 99)], 0, compression=Compression.LZ4)
    frame_start = data.index(b"\x04\x22\x4d\x18")
    mended = set_header_checksum(data[frame_start:], including_magic=False)
    whole = message(data[18:frame_start] + mended, magic=0, attributes=3)
    assert records_of_message_set(whole, max_bytes=LIMIT)[0].value == b"a" * 99


def test_zstd_needs_batches() -> None:
    batch = build_batch([Record()], compression=Compression.ZSTD)
    wrapper = message(struct.pack(">qii", 0, -1, 0), attributes=4)
    with pytest.raises(UnsupportedCompressionError):
        down_convert(batch, 1, max_bytes=LIMIT)
    with pytest.raises(UnsupportedCompressionError):
        build_message_set([Record()], 1, compression=Compression.ZSTD)
    with pytest.raises(UnsupportedCompressionError):
        records_of_message_set(wrapper, max_bytes=LIMIT)


@pytest.mark.parametrize("magic", [-1, 2])
def test_no_other_magic_is_written(magic: int) -> None:
    with pytest.raises(UnsupportedVersionError):
        build_message_set([Record()], magic)


def test_an_empty_message_set_becomes_no_batch() -> None:
    assert records_of_message_set(b"", max_bytes=0) == []
    with pytest.raises(CorruptRecordError):
        to_batch(b"", max_bytes=0)


def test_all_wrappers_of_a_set_share_the_limit() -> None:
    wrapper = build_message_set([Record(value=bytes(1000))], 1, compression=Compression.GZIP)
    assert len(records_of_message_set(wrapper * 2, max_bytes=2100)) == 2
    with pytest.raises(DecompressionError):
        records_of_message_set(wrapper * 3, max_bytes=2100)


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("too few bytes", bytes(17)),
        ("magic 2", message(bytes(16), magic=2)),
        ("a size below the smallest", struct.pack(">qi", 0, 13) + bytes(20)),
        ("a negative size", struct.pack(">qi", 0, -1) + bytes(20)),
        ("a size beyond the end", struct.pack(">qi", 0, 21) + bytes(20)),
        ("no room for a timestamp", message(bytes(4) + bytes(4))),
        ("a key of length -2", message(struct.pack(">qii", 0, -2, 0))),
        ("a key beyond the end", message(struct.pack(">qii", 0, 5, 0))),
        ("a value beyond the end", message(struct.pack(">qii", 0, 0, 5))),
        ("bytes after the value", message(struct.pack(">qiii", 0, 0, 0, 0))),
        ("a wrapper without a value", message(struct.pack(">qii", 0, -1, -1), attributes=1)),
    ],
)
def test_a_damaged_message_is_corrupt(reason: str, data: bytes) -> None:
    with pytest.raises(CorruptRecordError):
        records_of_message_set(data, max_bytes=LIMIT)


def test_a_wrong_checksum_is_corrupt() -> None:
    data = bytearray(build_message_set([Record(value=b"x")], 1))
    data[-1] ^= 1
    with pytest.raises(CorruptRecordError, match="checksum"):
        records_of_message_set(data, max_bytes=LIMIT)


@pytest.mark.parametrize("inner_magic", [0, 1])
def test_a_wrapper_in_a_wrapper_or_of_another_magic_is_corrupt(inner_magic: int) -> None:
    codec = Compression.NONE if inner_magic == 0 else Compression.GZIP
    inner = build_message_set([Record(value=b"x")], inner_magic, compression=codec)
    value = zlib.compress(inner, wbits=31)
    body = struct.pack(">qii", 0, -1, len(value)) + value
    with pytest.raises(CorruptRecordError, match="inside of another"):
        records_of_message_set(message(body, attributes=1), max_bytes=LIMIT)


def test_a_wrapper_without_messages_is_corrupt() -> None:
    value = zlib.compress(b"", wbits=31)
    body = struct.pack(">qii", 0, -1, len(value)) + value
    with pytest.raises(CorruptRecordError, match="without messages"):
        records_of_message_set(message(body, attributes=1), max_bytes=LIMIT)


@given(message_records(), magics, codecs, st.data())
def test_a_set_that_is_cut_short_is_corrupt(
    records: list[Record], magic: int, codec: Compression, draw: st.DataObject
) -> None:
    data = build_message_set(records[:1], magic, compression=codec)
    with pytest.raises(CorruptRecordError):
        records_of_message_set(data[: draw.draw(st.integers(1, len(data) - 1))], max_bytes=LIMIT)


@given(
    magics,
    st.integers(0, 255),
    st.binary(max_size=80) | st.binary(max_size=80).map(lambda v: bytes(12) + v),
    INT64,
)
def test_random_messages_raise_nothing_but_wire_errors(
    magic: int, attributes: int, body: bytes, offset: int
) -> None:
    data = message(body, magic=magic, attributes=attributes, offset=offset)
    for read in (records_of_message_set, to_batch):
        with contextlib.suppress(WireError):
            read(data, max_bytes=LIMIT)  # type: ignore[operator]


@pytest.mark.parametrize("codec", [Compression.NONE, Compression.GZIP])
def test_more_messages_than_are_ever_read_are_corrupt(codec: Compression) -> None:
    few = build_message_set([Record()] * 2, 0)
    inner = few * (MAX_RECORDS // 2) + few
    data = message(b"\xff\xff\xff\xff" + _sized(inner, codec), magic=0, attributes=codec)
    with pytest.raises(CorruptRecordError, match="more than"):
        to_batch(inner if codec == Compression.NONE else data, max_bytes=len(inner))


def _sized(data: bytes, codec: Compression) -> bytes:
    value = compress(codec, data)
    return struct.pack(">i", len(value)) + value


@pytest.mark.parametrize("codec", [Compression.NONE, Compression.GZIP])
def test_the_size_of_each_message_is_bounded(codec: Compression) -> None:
    data = build_message_set([Record(value=b"v" * 100)], 1, compression=codec)
    assert to_batch(data + data, max_bytes=LIMIT, max_message_bytes=len(data))
    with pytest.raises(MessageTooLargeError):
        to_batch(data + data, max_bytes=LIMIT, max_message_bytes=len(data) - 1)
