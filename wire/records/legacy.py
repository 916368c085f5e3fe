"""Message sets, the formats before record batches (magic 0 and 1), and conversion both ways.

A message set is messages one after the other. A compressed one is a single message, the wrapper,
whose value is a compressed message set and whose offset is that of its last message. Offsets in a
wrapper are absolute at magic 0, and relative to its first message at magic 1, which also added
timestamps.

Source: Kafka's protocol guide, "Old Message Format"; KIP-31, KIP-32, KAFKA-3160 (lz4 at magic 0).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from kafkapy.wire.compression import Compression, compress, decompress
from kafkapy.wire.compression.lz4 import set_header_checksum
from kafkapy.wire.errors import (
    CorruptRecordError,
    MessageTooLargeError,
    UnsupportedCompressionError,
    UnsupportedVersionError,
)
from kafkapy.wire.records.batch import (
    COMPRESSION_MASK,
    CREATE_TIME,
    LOG_APPEND_TIME,
    NO_TIMESTAMP,
    TIMESTAMP_TYPE_BIT,
    batches,
)
from kafkapy.wire.records.record import MAX_RECORDS, Record, build_batch, records_of
from kafkapy.wire.schema import Buffer

_FRAME: Final = struct.Struct(">qiIbb")  # offset, size, checksum, magic, attributes
_FRAME_BYTES: Final = 12  # what the size does not count
_CRC: Final = struct.Struct(">I")
_CHECKED_OFFSET: Final = 4  # the checksum covers all that follows it
_LENGTH: Final = struct.Struct(">i")
_NULL: Final = _LENGTH.pack(-1)
_MIN_MESSAGE_BYTES: Final = 14
_NO_LIMIT: Final = 2**31 - 1
_BODY: Final = (struct.Struct(">bb"), struct.Struct(">bbq"))


class _Message(NamedTuple):
    offset: int
    magic: int
    attributes: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None

    @property
    def compression(self) -> int:
        return self.attributes & COMPRESSION_MASK

    def to_record(self, offset: int) -> Record:
        return Record(offset, self.timestamp_ms, self.key, self.value)


def records_of_message_set(data: Buffer, *, max_bytes: int) -> list[Record]:
    """Read the records of a message set; `max_bytes` bounds what compressed ones expand to.

    At magic 0 a timestamp is -1. Raises CorruptRecordError, for more than `MAX_RECORDS` too,
    DecompressionError, or UnsupportedCompressionError for a compression that these formats do not
    allow.
    """
    return _read_message_set(data, max_bytes)[0]


def build_message_set(
    records: Sequence[Record],
    magic: int,
    *,
    compression: int = Compression.NONE,
    timestamp_type: int = CREATE_TIME,
    level: int | None = None,
) -> bytes:
    """Write records with their offsets; headers are lost, and at magic 0 timestamps.

    Raises UnsupportedCompressionError for a compression that the format does not allow, and
    UnsupportedVersionError for another magic.
    """
    if magic not in (0, 1):
        raise UnsupportedVersionError(f"no message set has the magic {magic}")
    _check_compression(compression)
    time_bit = TIMESTAMP_TYPE_BIT if magic and timestamp_type == LOG_APPEND_TIME else 0
    if compression == Compression.NONE or not records:
        return b"".join(_encode(record.offset, magic, time_bit, record) for record in records)
    base_offset = records[0].offset if magic else 0
    inner = b"".join(
        _encode(record.offset - base_offset, magic, time_bit, record) for record in records
    )
    value = compress(compression, inner, level)
    if compression == Compression.LZ4 and magic == 0:
        value = set_header_checksum(value, including_magic=True)
    latest = max([record.timestamp_ms for record in records])
    wrapper = Record(timestamp_ms=latest, value=value)
    return _encode(records[-1].offset, magic, time_bit | compression, wrapper)


def to_batch(
    message_set: Buffer,
    *,
    base_offset: int = 0,
    max_bytes: int,
    max_message_bytes: int = _NO_LIMIT,
    level: int | None = None,
) -> bytes:
    """Convert a produced message set into one batch with the compression of its last wrapper.

    Offsets count up from `base_offset`. Raises what `records_of_message_set` raises,
    MessageTooLargeError for a message or wrapper of more than `max_message_bytes`, and
    CorruptRecordError for an empty set.
    """
    records, compression = _read_message_set(message_set, max_bytes, max_message_bytes)
    if not records:
        raise CorruptRecordError("a message set without messages")
    return build_batch(records, base_offset=base_offset, compression=compression, level=level)


def down_convert(data: Buffer, magic: int, *, max_bytes: int, level: int | None = None) -> bytes:
    """Convert whole batches into a message set for an old consumer.

    Offsets and compression stay, control batches are dropped. `max_bytes` bounds what one batch
    expands to. Raises what `records_of` and `build_message_set` raise.
    """
    pieces = []
    for header, batch in batches(data):
        if header.is_control:
            continue
        _check_compression(header.compression)
        piece = build_message_set(
            records_of(batch, header, max_bytes=max_bytes),
            magic,
            compression=header.compression,
            timestamp_type=header.timestamp_type,
            level=level,
        )
        pieces.append(piece)
    return b"".join(pieces)


def _read_message_set(
    data: Buffer, max_bytes: int, max_message_bytes: int = _NO_LIMIT
) -> tuple[list[Record], int]:
    records: list[Record] = []
    compression: int = Compression.NONE
    room = max_bytes
    for message in _messages(data, MAX_RECORDS, max_message_bytes):
        if not message.compression:
            records.append(message.to_record(message.offset))
            continue
        compression = message.compression
        inner = _unwrap(message, room)
        room -= len(inner)
        records.extend(_inner_records(message, inner, MAX_RECORDS - len(records)))
    return records, compression


def _unwrap(wrapper: _Message, max_bytes: int) -> bytes:
    _check_compression(wrapper.compression)
    value = wrapper.value
    if value is None:
        raise CorruptRecordError("a compressed message without a value")
    if wrapper.magic == 0 and wrapper.compression == Compression.LZ4:
        value = set_header_checksum(value, including_magic=False)
    return decompress(wrapper.compression, value, max_bytes)


def _inner_records(wrapper: _Message, data: bytes, max_count: int) -> list[Record]:
    messages = list(_messages(data, max_count))
    if not messages:
        raise CorruptRecordError("a compressed message without messages")
    if any(message.compression or message.magic != wrapper.magic for message in messages):
        raise CorruptRecordError("a compressed message inside of another, or of another magic")
    base_offset = wrapper.offset - messages[-1].offset if wrapper.magic else 0
    records = [message.to_record(base_offset + message.offset) for message in messages]
    if wrapper.magic and wrapper.attributes & TIMESTAMP_TYPE_BIT:
        append_time = wrapper.timestamp_ms
        return [Record(record.offset, append_time, record.key, record.value) for record in records]
    return records


def _messages(
    data: Buffer, max_count: int, max_message_bytes: int = _NO_LIMIT
) -> Iterator[_Message]:
    view = memoryview(data)
    position = 0
    while position < len(view):
        if not max_count:
            raise CorruptRecordError(f"more than {MAX_RECORDS} messages in a set")
        max_count -= 1
        if len(view) - position < _FRAME.size:
            raise CorruptRecordError("a message set that ends inside a message")
        offset, size, crc, magic, attributes = _FRAME.unpack_from(view, position)
        start = position + _FRAME_BYTES
        position = start + size
        if size < _MIN_MESSAGE_BYTES or position > len(view):
            raise CorruptRecordError(f"a message of {size} bytes")
        if magic not in (0, 1):
            raise CorruptRecordError(f"a message of magic {magic} in a message set")
        if size > max_message_bytes - _FRAME_BYTES:
            raise MessageTooLargeError(f"a message of {size + _FRAME_BYTES} bytes, above the limit")
        message = view[start:position]
        if zlib.crc32(message[_CHECKED_OFFSET:]) != crc:
            raise CorruptRecordError(f"wrong checksum in the message at offset {offset}")
        yield _parse(offset, magic, attributes, bytes(message[_FRAME.size - _FRAME_BYTES :]))


def _parse(offset: int, magic: int, attributes: int, data: bytes) -> _Message:
    timestamp_ms = NO_TIMESTAMP
    position = 0
    try:
        if magic:
            (timestamp_ms,) = struct.unpack_from(">q", data)
            position = 8
        key, position = _nullable_bytes(data, position)
        value, position = _nullable_bytes(data, position)
    except struct.error:
        raise CorruptRecordError("a message that ends too early") from None
    if position != len(data):
        raise CorruptRecordError("the lengths in a message contradict each other")
    return _Message(offset, magic, attributes, timestamp_ms, key, value)


def _nullable_bytes(data: bytes, position: int) -> tuple[bytes | None, int]:
    (size,) = _LENGTH.unpack_from(data, position)
    start = position + _LENGTH.size
    if size == -1:
        return None, start
    if not 0 <= size <= len(data) - start:
        raise CorruptRecordError(
            f"{size} bytes in a message, of which {len(data) - start} are there"
        )
    return data[start : start + size], start + size


def _encode(offset: int, magic: int, attributes: int, record: Record) -> bytes:
    time = (record.timestamp_ms,) if magic else ()
    checked = b"".join(
        (
            _BODY[magic].pack(magic, attributes, *time),
            _NULL if record.key is None else _LENGTH.pack(len(record.key)) + record.key,
            _NULL if record.value is None else _LENGTH.pack(len(record.value)) + record.value,
        )
    )
    size = _CRC.size + len(checked)
    return struct.pack(">qiI", offset, size, zlib.crc32(checked)) + checked


def _check_compression(compression: int) -> None:
    if compression > Compression.LZ4:
        raise UnsupportedCompressionError(f"compression {compression} needs record batches")
