"""The records inside a batch: reading, checking and building them.

A record's lengths and deltas are zigzag varints of one to ten bytes, most of them one, which is
why the reader handles that case inline.

Source: Kafka's protocol guide, "Record"; KIP-82 (headers), KIP-98.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias, TypeVar

import msgspec

from kafkapy.wire.compression import Compression, compress, decompress
from kafkapy.wire.errors import CorruptRecordError
from kafkapy.wire.records.batch import (
    COMPRESSION_MASK,
    CONTROL_BIT,
    CREATE_TIME,
    HEADER_BYTES,
    LENGTH_END,
    LOG_APPEND_TIME,
    MAGIC,
    NO_PARTITION_LEADER_EPOCH,
    NO_PRODUCER_EPOCH,
    NO_PRODUCER_ID,
    NO_SEQUENCE,
    NO_TIMESTAMP,
    TIMESTAMP_TYPE_BIT,
    TRANSACTIONAL_BIT,
    BatchHeader,
    assemble,
    parse_header,
)
from kafkapy.wire.records.varint import (
    INT64_SIGN,
    rest_of_varint,
    varint,
    varint_at,
    wrap_int64,
)
from kafkapy.wire.schema import Buffer

_Bytes = TypeVar("_Bytes", bound=Buffer)

Headers: TypeAlias = tuple[tuple[str, bytes | None], ...]

# Offset delta, timestamp, key, value, headers.
_Entry: TypeAlias = tuple[int, int, bytes | None, bytes | None, Headers]

# The most records that are read of one batch, and the most headers in it. A record of seven bytes
# compresses to next to nothing, but costs a microsecond and, as an object, a hundred bytes.
MAX_RECORDS: Final = 200_000

_MIN_RECORD_BYTES: Final = 7
_MIN_HEADER_BYTES: Final = 2
# Header keys that are not UTF-8 must survive compaction as they are.
_KEY_ERRORS: Final = "surrogateescape"
_NULL: Final = b"\x01"
_NULL_SIZE: Final = 1
_KEY_AND_VALUE: Final = (0, 1)
_PLAIN_BYTES: Final = 8192  # which a size of three bytes exceeds
_NO_HEADERS: Final = b"\x00"
_NO_ATTRIBUTES: Final = b"\x00"


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record. A null value is a tombstone on a compacted topic."""

    offset: int = 0
    timestamp_ms: int = NO_TIMESTAMP
    key: bytes | None = None
    value: bytes | None = None
    headers: Headers = ()


class RecordsSummary(NamedTuple):
    """What a check of a produced batch found; indexes count from 0."""

    max_timestamp_ms: int
    max_timestamp_index: int
    min_timestamp_ms: int
    keyless: list[int]


class OffsetAndTimestamp(NamedTuple):
    """Where a record is, and its epoch milliseconds."""

    offset: int
    timestamp_ms: int


def records_of(batch: Buffer, header: BatchHeader | None = None, *, max_bytes: int) -> list[Record]:
    """Read all records of one whole batch; `max_bytes` bounds what compressed ones expand to.

    Raises CorruptRecordError, for more than `MAX_RECORDS` too, DecompressionError or
    UnsupportedCompressionError.
    """
    header = header or parse_header(batch)
    base_offset = header.base_offset
    return [
        Record(base_offset + offset_delta, timestamp_ms, key, value, headers)
        for offset_delta, timestamp_ms, key, value, headers in _entries(batch, header, max_bytes)
    ]


def validate_records(
    batch: Buffer, header: BatchHeader | None = None, *, max_bytes: int
) -> RecordsSummary:
    """Check the records of a batch that a client produces.

    Raises what `records_of` raises, and CorruptRecordError for a batch without records, or where
    offset deltas do not count up from 0 to the last one.
    """
    header = header or parse_header(batch)
    if not header.record_count or header.record_count != header.last_offset_delta + 1:
        raise CorruptRecordError(
            f"{header.record_count} records with a last offset delta of {header.last_offset_delta}"
        )
    keyless = []
    timestamps = []
    for index, entry in enumerate(_entries(batch, header, max_bytes)):
        offset_delta, timestamp_ms, key, _, _ = entry
        if offset_delta != index:
            raise CorruptRecordError(f"record {index} has the offset delta {offset_delta}")
        if key is None:
            keyless.append(index)
        timestamps.append(timestamp_ms)
    latest = max(timestamps)
    return RecordsSummary(latest, timestamps.index(latest), min(timestamps), keyless)


def check_records(batch: Buffer, header: BatchHeader, *, max_bytes: int) -> None:
    """Check that the records of a batch are as many, and as long, as they say.

    Raises what `validate_records` raises, for a third of its cost: no value is looked at.
    """
    if header.record_count != 1 or not _is_plain(batch, header):
        _walk(batch, header, max_bytes)


def _walk(batch: Buffer, header: BatchHeader, max_bytes: int) -> None:
    data, position, stop = locate_records(batch, header, max_bytes)
    headers_left = MAX_RECORDS
    try:
        for index in range(header.record_count):
            size, position = data[position], position + 1
            if size & 0x80:
                size, position = rest_of_varint(data, position, size)
            end = position + (size >> 1)
            timestamp, position = data[position + 1], position + 2
            if timestamp & 0x80:
                _, position = rest_of_varint(data, position, timestamp)
            delta, position = data[position], position + 1
            if delta & 0x80:
                delta, position = rest_of_varint(data, position, delta)
            for _ in _KEY_AND_VALUE:
                length, position = data[position], position + 1
                if length & 0x80:
                    length, position = rest_of_varint(data, position, length)
                if length != _NULL_SIZE:
                    # Another negative length leads nowhere.
                    position += stop if length & 1 else length >> 1
            if data[position]:
                rest = bytes(data[position:end])
                headers, read = _headers(rest, 0, len(rest), headers_left)
                position += read
                headers_left -= len(headers)
            else:
                position += 1
            if position != end or size & 1 or delta != index << 1:
                raise CorruptRecordError(f"record {index} has lengths or an offset that cannot be")
    except IndexError:
        raise CorruptRecordError("the batch ends inside a record") from None
    if position != stop:
        raise CorruptRecordError(f"{stop - position} bytes follow the last record")


def offset_for_timestamp(
    batch: Buffer,
    timestamp_ms: int,
    header: BatchHeader | None = None,
    *,
    from_offset: int = 0,
    max_bytes: int,
) -> OffsetAndTimestamp | None:
    """Find the first record at or after `from_offset` whose timestamp is not earlier.

    Raises what `records_of` raises, for damage before that record.
    """
    header = header or parse_header(batch)
    for entry in _entries(batch, header, max_bytes):
        offset = header.base_offset + entry[0]
        if entry[1] >= timestamp_ms and offset >= from_offset:
            return OffsetAndTimestamp(offset, entry[1])
    return None


def build_batch(
    records: Sequence[Record],
    *,
    base_offset: int = 0,
    compression: int = Compression.NONE,
    timestamp_type: int = CREATE_TIME,
    producer_id: int = NO_PRODUCER_ID,
    producer_epoch: int = NO_PRODUCER_EPOCH,
    base_sequence: int = NO_SEQUENCE,
    partition_leader_epoch: int = NO_PARTITION_LEADER_EPOCH,
    is_transactional: bool = False,
    is_control: bool = False,
    level: int | None = None,
) -> bytes:
    """Build a batch whose offsets count up from `base_offset`; those in `records` are not used.

    Raises ValueError without any records, UnsupportedCompressionError for an unknown compression.
    """
    if not records:
        raise ValueError("a batch needs a record")
    attributes = compression & COMPRESSION_MASK
    attributes |= TIMESTAMP_TYPE_BIT if timestamp_type == LOG_APPEND_TIME else 0
    attributes |= TRANSACTIONAL_BIT if is_transactional else 0
    attributes |= CONTROL_BIT if is_control else 0
    header = BatchHeader(
        base_offset=base_offset,
        batch_length=0,
        partition_leader_epoch=partition_leader_epoch,
        magic=MAGIC,
        crc=0,
        attributes=attributes,
        last_offset_delta=len(records) - 1,
        base_timestamp=records[0].timestamp_ms,
        max_timestamp=max([record.timestamp_ms for record in records]),
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        base_sequence=base_sequence,
        record_count=len(records),
    )
    encoded = _encode(records, header.base_timestamp)
    return assemble(header, compress(compression, encoded, level))


def locate_records(
    batch: _Bytes, header: BatchHeader, max_bytes: int
) -> tuple[_Bytes | bytes, int, int]:
    """Give what holds the records, and where in it they begin and end; a copy only if need be.

    Raises what `records_of` raises for the batch as a whole.
    """
    if not header.attributes & COMPRESSION_MASK:
        return batch, HEADER_BYTES, header.size_bytes
    data = _payload(batch, header, max_bytes)
    return data, 0, len(data)


def _entries(batch: Buffer, header: BatchHeader, max_bytes: int) -> Iterator[_Entry]:
    data = _payload(batch, header, max_bytes)
    last_offset_delta = header.last_offset_delta
    headers_left = MAX_RECORDS
    base_timestamp = header.base_timestamp
    append_time = header.max_timestamp if header.timestamp_type == LOG_APPEND_TIME else None
    position = 0
    try:
        for _ in range(header.record_count):
            size = data[position]
            position += 1
            if size & 0x80:
                size, position = rest_of_varint(data, position, size)
            end = position + (size >> 1 ^ -(size & 1))
            timestamp = data[position + 1]  # after the attributes, of which none are in use
            position += 2
            if timestamp & 0x80:
                timestamp, position = rest_of_varint(data, position, timestamp)
            timestamp = base_timestamp + (timestamp >> 1 ^ -(timestamp & 1))
            if not -INT64_SIGN <= timestamp < INT64_SIGN:
                timestamp = wrap_int64(timestamp)
            delta = data[position]
            position += 1
            if delta & 0x80:
                delta, position = rest_of_varint(data, position, delta)
            delta = delta >> 1 ^ -(delta & 1)
            key_size = data[position]
            position += 1
            if key_size & 0x80:
                key_size, position = rest_of_varint(data, position, key_size)
            key_size = key_size >> 1 ^ -(key_size & 1)
            key = data[position : position + key_size] if key_size >= 0 else None
            position += key_size if key_size > 0 else 0
            value_size = data[position]
            position += 1
            if value_size & 0x80:
                value_size, position = rest_of_varint(data, position, value_size)
            value_size = value_size >> 1 ^ -(value_size & 1)
            value = data[position : position + value_size] if value_size >= 0 else None
            position += value_size if value_size > 0 else 0
            headers: Headers = ()
            if data[position]:
                headers, position = _headers(data, position, end, headers_left)
                headers_left -= len(headers)
            else:
                position += 1
            sizes_are_true = position == end and key_size >= -1 and value_size >= -1
            if not (sizes_are_true and 0 <= delta <= last_offset_delta):
                raise CorruptRecordError("a record whose lengths or offset cannot be")
            yield delta, timestamp if append_time is None else append_time, key, value, headers
    except IndexError:
        raise CorruptRecordError("the batch ends inside a record") from None
    if position != len(data):
        raise CorruptRecordError(f"{len(data) - position} bytes follow the last record")


def _payload(batch: Buffer, header: BatchHeader, max_bytes: int) -> bytes:
    size = header.size_bytes
    if len(batch) < size:
        raise CorruptRecordError(f"a batch of {size} bytes, of which {len(batch)} are there")
    if size == HEADER_BYTES and not header.record_count:
        return b""
    if header.record_count > MAX_RECORDS:
        raise CorruptRecordError(f"{header.record_count} records in a batch")
    data = decompress(header.compression, memoryview(batch)[HEADER_BYTES:size], max_bytes)
    if header.record_count * _MIN_RECORD_BYTES > len(data):
        raise CorruptRecordError(f"{header.record_count} records in {len(data)} bytes")
    return data


def _is_plain(batch: Buffer, header: BatchHeader) -> bool:
    """Whether the only record of a batch is seen to be right at once, as most are.

    It is not compressed, has no headers, and no number in it takes more than two bytes.
    """
    stop = header.batch_length + LENGTH_END
    if stop > _PLAIN_BYTES or header.attributes & COMPRESSION_MASK:
        return False
    try:
        size, position = batch[HEADER_BYTES], HEADER_BYTES + 1
        if size & 0x80:
            size, position = size & 0x7F | batch[position] << 7, position + 1
        end = position + (size >> 1)
        if batch[position + 1] & 0x80 or batch[position + 2]:
            return False  # a timestamp of more bytes, or another offset than the first
        key_size, position = batch[position + 3], position + 4
        if key_size != _NULL_SIZE:
            if key_size & 0x81:
                return False
            position += key_size >> 1
        value_size, position = batch[position], position + 1
        if value_size & 0x80:
            value_size, position = value_size & 0x7F | batch[position] << 7, position + 1
        position += value_size >> 1
        has_odd_size = (size | value_size) & 1
        return not has_odd_size and not batch[position] and position + 1 == end == stop
    except IndexError:
        return False


def _headers(data: bytes, position: int, end: int, max_count: int) -> tuple[Headers, int]:
    count, position = varint_at(data, position)
    if not 0 <= count <= min((end - position) // _MIN_HEADER_BYTES, max_count):
        raise CorruptRecordError(f"{count} headers in {end - position} bytes")
    headers = []
    for _ in range(count):
        key_size, start = varint_at(data, position)
        position = start + key_size
        key = data[start:position]
        value_size, start = varint_at(data, position)
        position = start + max(value_size, 0)
        if key_size < 0 or value_size < -1 or position > end:
            raise CorruptRecordError("a header's lengths contradict the record's")
        value = data[start:position] if value_size >= 0 else None
        headers.append((key.decode(errors=_KEY_ERRORS), value))
    return tuple(headers), position


def _encode(records: Sequence[Record], base_timestamp: int) -> bytes:
    pieces = []
    for delta, record in enumerate(records):
        key = record.key
        value = record.value
        body = b"".join(
            (
                _NO_ATTRIBUTES,
                varint(record.timestamp_ms - base_timestamp),
                varint(delta),
                _NULL if key is None else varint(len(key)) + key,
                _NULL if value is None else varint(len(value)) + value,
                _encode_headers(record.headers) if record.headers else _NO_HEADERS,
            )
        )
        pieces.append(varint(len(body)))
        pieces.append(body)
    return b"".join(pieces)


def _encode_headers(headers: Headers) -> bytes:
    pieces = [varint(len(headers))]
    for name, value in headers:
        key = name.encode(errors=_KEY_ERRORS)
        pieces.append(varint(len(key)) + key)
        pieces.append(_NULL if value is None else varint(len(value)) + value)
    return b"".join(pieces)
