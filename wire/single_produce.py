"""The ordinary produce request, by hand: one batch for one partition, and the answer of success.

Nearly all that producers send looks like this, and through the general codec the objects of a
request and its response cost more than the append between them. `read` gives None for everything
else, malformed requests among it; those are for the general codec to read or to refuse.

Versions 3-13 of Produce; `wire.messages.produce` says what changed between them.
"""

from __future__ import annotations

import struct
from typing import TypeAlias

from kafkapy.wire.primitives import read_unsigned_varint
from kafkapy.wire.schema import Buffer

_FIRST_VERSION, _FIRST_FLEXIBLE_VERSION, _FIRST_VERSION_WITH_IDS, _LAST_VERSION = 3, 9, 13, 13

# Version, correlation id, acks, topic, partition, records. The topic is its name, in ASCII, or from
# version 13 on its id.
SingleProduce: TypeAlias = tuple[int, int, int, bytes, int, Buffer]
_Body: TypeAlias = tuple[int, bytes, int, Buffer]

_HEADER = struct.Struct(">hhih")  # API key, version, correlation id, length of the client id

# What follows the client id. The tags of the header and the null transactional id are read as one
# zero; the count of a compact array is one more than its length.
_BY_ID = struct.Struct(">HhiB16sBi")
_BY_COMPACT_NAME = struct.Struct(">HhiBB")
_COMPACT_PARTITION = struct.Struct(">Bi")
_BY_NAME = struct.Struct(">hhiih")
_PARTITION = struct.Struct(">iii")
_NO_TAGS = b"\0\0\0"  # of the partition, the topic and the request

# Answers: zeros are no error, no tags, no errors of records, no message, and no throttling.
_TO_ID = struct.Struct(">iixB16sBihqqqB8x")
_TO_COMPACT_NAME = struct.Struct(">iixBB")
_COMPACT_RESULT = struct.Struct(">BihqqqB8x")
_TO_NAME = struct.Struct(">iiih")
_RESULT = struct.Struct(">iihqqq")
_NO_THROTTLING = b"\0\0\0\0"
_NO_RECORD_ERRORS = b"\0\0\0\0\xff\xff"


def read(frame: Buffer) -> SingleProduce | None:
    """Read a request with its header, if it is ordinary: acks is 1 or all, no transaction."""
    try:
        key, version, correlation_id, length = _HEADER.unpack_from(frame)
        if key or length < -1 or not _FIRST_VERSION <= version <= _LAST_VERSION:
            return None
        p = _HEADER.size
        if length > 0:
            p += length
            if not bytes(frame[_HEADER.size : p]).isascii():
                return None  # what else is UTF-8, the general codec knows
        if version >= _FIRST_VERSION_WITH_IDS:
            body = _read_by_id(frame, p)
        elif version >= _FIRST_FLEXIBLE_VERSION:
            body = _read_by_compact_name(frame, p)
        else:
            body = _read_by_name(frame, p)
    except (IndexError, ValueError, struct.error):
        return None
    if body is None or body[0] not in (1, -1):
        return None
    return version, correlation_id, *body


def _read_by_id(frame: Buffer, p: int) -> _Body | None:
    zero, acks, _, topics, topic, partitions, partition = _BY_ID.unpack_from(frame, p)
    records = _compact_records(frame, p + _BY_ID.size)
    if zero or topics != 2 or partitions != 2 or records is None:
        return None
    return acks, topic, partition, records


def _read_by_compact_name(frame: Buffer, p: int) -> _Body | None:
    zero, acks, _, topics, length = _BY_COMPACT_NAME.unpack_from(frame, p)
    p += _BY_COMPACT_NAME.size
    end = p + length - 1
    partitions, partition = _COMPACT_PARTITION.unpack_from(frame, end)
    records = _compact_records(frame, end + _COMPACT_PARTITION.size)
    if zero or topics != 2 or not 1 < length < 128 or partitions != 2 or records is None:
        return None
    topic = bytes(frame[p:end])
    return (acks, topic, partition, records) if topic.isascii() else None


def _compact_records(frame: Buffer, p: int) -> Buffer | None:
    """The records up to the last three bytes, if their length says so, and these are no tags."""
    end = len(frame) - len(_NO_TAGS)
    length = frame[p]
    if length > 0x7F:
        length, p = read_unsigned_varint(frame, p)
    else:
        p += 1
    if length != end - p + 1 or frame[end] or frame[end + 1] or frame[end + 2]:
        return None
    return frame[p:end] if length else None


def _read_by_name(frame: Buffer, p: int) -> _Body | None:
    transaction, acks, _, topics, length = _BY_NAME.unpack_from(frame, p)
    p += _BY_NAME.size
    end = p + length
    partitions, partition, size = _PARTITION.unpack_from(frame, end)
    records = frame[end + _PARTITION.size :]
    if (
        transaction != -1
        or topics != 1
        or not 0 < length < 128
        or partitions != 1
        or size != len(records)
    ):
        return None
    topic = bytes(frame[p:end])
    return (acks, topic, partition, records) if topic.isascii() else None


def write(
    request: SingleProduce, base_offset: int, log_append_time_ms: int, log_start_offset: int
) -> bytes:
    """Encode the response to a request that was appended, with its header and its size."""
    version, correlation_id, _, topic, partition, _ = request
    if version >= _FIRST_VERSION_WITH_IDS:
        return _TO_ID.pack(
            _TO_ID.size - 4,
            correlation_id,
            2,
            topic,
            2,
            partition,
            0,
            base_offset,
            log_append_time_ms,
            log_start_offset,
            1,
        )
    if version >= _FIRST_FLEXIBLE_VERSION:
        size = _TO_COMPACT_NAME.size + len(topic) + _COMPACT_RESULT.size
        return (
            _TO_COMPACT_NAME.pack(size - 4, correlation_id, 2, len(topic) + 1)
            + topic
            + _COMPACT_RESULT.pack(
                2, partition, 0, base_offset, log_append_time_ms, log_start_offset, 1
            )
        )
    result = _RESULT.pack(1, partition, 0, base_offset, log_append_time_ms, log_start_offset)
    if version < 5:
        result = result[:-8]  # which the log start offset takes
    if version >= 8:
        result += _NO_RECORD_ERRORS
    size = _TO_NAME.size + len(topic) + len(result) + len(_NO_THROTTLING)
    head = _TO_NAME.pack(size - 4, correlation_id, 1, len(topic))
    return head + topic + result + _NO_THROTTLING
