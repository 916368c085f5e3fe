"""A batch as compaction sees it: which records are in it, and what is left of it without some.

Records are copied as they are, apart from their timestamps, which count from another one when the
first record goes.

Source: KIP-98 (producers), KIP-534 (delete horizon).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec

from kafkapy.wire.compression import compress
from kafkapy.wire.errors import CorruptRecordError
from kafkapy.wire.records.batch import (
    COMPRESSION_MASK,
    DELETE_HORIZON_BIT,
    LOG_APPEND_TIME,
    NO_TIMESTAMP,
    BatchHeader,
    assemble,
)
from kafkapy.wire.records.record import locate_records
from kafkapy.wire.records.varint import rest_of_varint, varint, varint_at, wrap_int64

# Offset, key, whether there is a value, and where the record begins and ends.
PackedRecord: TypeAlias = tuple[int, bytes | None, bool, int, int]

_NULL_SIZE: Final = 1
_NO_ATTRIBUTES: Final = b"\x00"


def packed_records(
    batch: bytes, header: BatchHeader, *, max_bytes: int
) -> tuple[bytes, list[PackedRecord]]:
    """Find the records of one whole batch, and unpack no more of them than the keys.

    Gives what holds the records, too: the batch itself if it is not compressed. What follows a key
    is not looked at. Raises what `records_of` raises.
    """
    data, position, stop = locate_records(batch, header, max_bytes)
    base_offset, last_delta = header.base_offset, header.last_offset_delta << 1
    records = []
    try:
        for _ in range(header.record_count):
            start = position
            size, position = data[position], position + 1
            if size & 0x80:
                size, position = rest_of_varint(data, position, size)
            end = position + (size >> 1)
            position += 1
            while data[position] & 0x80:
                position += 1
            delta, position = data[position + 1], position + 2
            if delta & 0x80:
                delta, position = rest_of_varint(data, position, delta)
            key_size, position = data[position], position + 1
            if key_size & 0x80:
                key_size, position = rest_of_varint(data, position, key_size)
            key = None
            if key_size != _NULL_SIZE:
                key_end = position + (key_size >> 1)
                key, position = data[position:key_end], key_end
            is_negative = (size | delta) & 1 or (key_size & 1 and key is not None)
            if is_negative or not position < end <= stop or delta > last_delta:
                raise CorruptRecordError("a record whose lengths or offset cannot be")
            has_value = data[position] != _NULL_SIZE
            records.append((base_offset + (delta >> 1), key, has_value, start, end))
            position = end
    except IndexError:
        raise CorruptRecordError("the batch ends inside a record") from None
    if position != stop:
        raise CorruptRecordError(f"{stop - position} bytes follow the last record")
    return data, records


def rewrite_batch(
    header: BatchHeader,
    data: bytes,
    records: Sequence[PackedRecord],
    *,
    delete_horizon_ms: int | None = None,
) -> bytes:
    """Build what compaction leaves of a batch: the same offsets and producer, fewer records.

    `data` and `records` are of `packed_records`. A delete horizon that the batch has already is
    kept unless another one is given (KIP-534).
    """
    if delete_horizon_ms is None and header.has_delete_horizon:
        delete_horizon_ms = header.base_timestamp
    attributes = header.attributes & ~DELETE_HORIZON_BIT
    max_timestamp = header.max_timestamp
    base_timestamp = NO_TIMESTAMP
    encoded = b""
    if not records:
        attributes &= ~COMPRESSION_MASK
    else:
        timestamps, rests = _timestamps_of(header, data, records)
        max_timestamp = max(timestamps)
        base_timestamp = timestamps[0]
        if delete_horizon_ms is not None:
            attributes |= DELETE_HORIZON_BIT
            base_timestamp = delete_horizon_ms
        pieces: list[bytes] = []
        for timestamp, rest in zip(timestamps, rests, strict=True):
            front = _NO_ATTRIBUTES + varint(timestamp - base_timestamp)
            pieces += (varint(len(front) + len(rest)), front, rest)
        encoded = compress(header.compression, b"".join(pieces))
    kept = msgspec.structs.replace(
        header,
        attributes=attributes,
        base_timestamp=base_timestamp,
        max_timestamp=max_timestamp,
        record_count=len(records),
    )
    return assemble(kept, encoded)


def _timestamps_of(
    header: BatchHeader, data: bytes, records: Sequence[PackedRecord]
) -> tuple[list[int], list[bytes]]:
    """Give the timestamps of packed records, and the bytes that follow each of them."""
    timestamps, rests = [], []
    for *_, position, end in records:
        while data[position] & 0x80:
            position += 1
        delta, position = varint_at(data, position + 2)  # after the length and the attributes
        timestamps.append(wrap_int64(header.base_timestamp + delta))
        rests.append(data[position:end])
    if header.timestamp_type == LOG_APPEND_TIME:
        timestamps = [header.max_timestamp] * len(records)
    return timestamps, rests
