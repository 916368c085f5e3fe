"""The record batch, magic 2: its header, its checksum, and what may be patched in place.

A batch is opaque to a broker apart from its header of 61 bytes. Base offset, length, leader epoch
and magic lie outside of the checksum, so the broker assigns offsets without touching the rest.

Source: Kafka's protocol guide, "Record Batch"; KIP-98, KIP-534 (delete horizon).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import msgspec

from kafkapy.wire.errors import CorruptRecordError
from kafkapy.wire.records.checksum import crc32c
from kafkapy.wire.schema import Buffer

MAGIC: Final = 2
HEADER_BYTES: Final = 61
PREFIX_BYTES: Final = 16  # base offset, batch length and leader epoch, before the magic
LENGTH_END: Final = 12  # the batch length counts the bytes from here

COMPRESSION_MASK: Final = 0x07
TIMESTAMP_TYPE_BIT: Final = 0x08
TRANSACTIONAL_BIT: Final = 0x10
CONTROL_BIT: Final = 0x20
DELETE_HORIZON_BIT: Final = 0x40

CREATE_TIME: Final = 0
LOG_APPEND_TIME: Final = 1

NO_PRODUCER_ID: Final = -1
NO_PRODUCER_EPOCH: Final = -1
NO_SEQUENCE: Final = -1
NO_PARTITION_LEADER_EPOCH: Final = -1
NO_TIMESTAMP: Final = -1

_HEADER: Final = struct.Struct(">qiibIhiqqqhii")
_MIN_BATCH_LENGTH: Final = HEADER_BYTES - LENGTH_END
_MAGIC_OFFSET: Final = 16
_FRONT: Final = struct.Struct(">qiibI")
CHECKED_OFFSET: Final = 21  # the checksum covers the attributes and all that follows them
_CHECKED: Final = struct.Struct(">hiqqqhii")

unpack_header: Final = _HEADER.unpack_from
"""Gives the fields of a `BatchHeader`, unchecked. Raises struct.error if the data is too short."""

pack_prefix: Final = struct.Struct(">qii").pack
"""Makes the front of a batch of its base offset, its batch length and its leader epoch.

What follows, `batch[PREFIX_BYTES:]`, and the checksum stay as they are.
"""


class BatchHeader(msgspec.Struct, frozen=True, gc=False):
    """The header of one batch, its fields in wire order.

    `batch_length` counts what follows the field itself; timestamps are epoch milliseconds. With a
    delete horizon, `base_timestamp` is that horizon: the time when tombstones may be removed.
    """

    base_offset: int
    batch_length: int
    partition_leader_epoch: int
    magic: int
    crc: int
    attributes: int
    last_offset_delta: int
    base_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    record_count: int

    @property
    def size_bytes(self) -> int:
        """The size of the whole batch."""
        return self.batch_length + LENGTH_END

    @property
    def last_offset(self) -> int:
        """The offset of the last record; it stays when compaction removes that record."""
        return self.base_offset + self.last_offset_delta

    @property
    def next_offset(self) -> int:
        """The base offset of the batch after this one."""
        return self.base_offset + self.last_offset_delta + 1

    @property
    def last_sequence(self) -> int:
        """The sequence number of the last record, -1 if there are none; 2^31 - 1 wraps to 0."""
        if self.base_sequence == NO_SEQUENCE:
            return NO_SEQUENCE
        return self.base_sequence + self.last_offset_delta & 0x7FFFFFFF

    @property
    def compression(self) -> int:
        """The number of the compression type, which need not be a known one."""
        return self.attributes & COMPRESSION_MASK

    @property
    def timestamp_type(self) -> int:
        """`CREATE_TIME` or `LOG_APPEND_TIME`."""
        return LOG_APPEND_TIME if self.attributes & TIMESTAMP_TYPE_BIT else CREATE_TIME

    @property
    def is_transactional(self) -> bool:
        """Whether the batch is part of a transaction."""
        return bool(self.attributes & TRANSACTIONAL_BIT)

    @property
    def is_control(self) -> bool:
        """Whether the records are control records, which consumers do not see."""
        return bool(self.attributes & CONTROL_BIT)

    @property
    def has_delete_horizon(self) -> bool:
        """Whether `base_timestamp` is a delete horizon (KIP-534)."""
        return bool(self.attributes & DELETE_HORIZON_BIT)


class BatchScan:
    """Iterates over the whole batches at the front of data that may end in the middle of one.

    A batch counts if its header is plausible, all its bytes are there and its checksum is right.
    Afterwards `position` is where the last such batch ended, and `error` says what came next, or
    is None at the end of the data.
    """

    def __init__(self, data: Buffer, position: int = 0) -> None:
        self.position = position
        self.error: CorruptRecordError | None = None
        self._data = memoryview(data)

    def __iter__(self) -> Iterator[tuple[BatchHeader, memoryview]]:
        try:
            for header, batch in batches(self._data, self.position):
                verify_checksum(batch, header)
                self.position += header.size_bytes
                yield header, batch
        except CorruptRecordError as error:
            self.error = error


def magic_of(data: Buffer, offset: int = 0) -> int:
    """Tell the magic of a batch, or of a message of the older formats.

    Raises CorruptRecordError if the data ends before it.
    """
    if len(data) <= offset + _MAGIC_OFFSET:
        raise CorruptRecordError(f"{len(data) - offset} bytes are too few for any batch")
    return data[offset + _MAGIC_OFFSET]


def parse_header(data: Buffer, offset: int = 0) -> BatchHeader:
    """Read the header at `offset`; whether all of the batch is there is not asked.

    Raises CorruptRecordError if the data is too short, or the header is not plausible.
    """
    try:
        header = BatchHeader(*_HEADER.unpack_from(data, offset))
    except struct.error:
        raise CorruptRecordError(
            f"{len(data) - offset} bytes are too few for a batch header"
        ) from None
    if (
        header.magic != MAGIC
        or header.batch_length < _MIN_BATCH_LENGTH
        or header.last_offset_delta < 0
        or not 0 <= header.record_count <= header.last_offset_delta + 1
    ):
        raise CorruptRecordError(_complaint(header))
    return header


def batches(data: Buffer, offset: int = 0) -> Iterator[tuple[BatchHeader, memoryview]]:
    """Yield each batch with its header.

    Raises CorruptRecordError for an implausible header, and where the data ends inside a batch.
    """
    view = memoryview(data)
    while offset < len(view):
        header = parse_header(view, offset)
        end = offset + header.size_bytes
        if end > len(view):
            raise CorruptRecordError(
                f"a batch of {header.size_bytes} bytes, of which {len(view) - offset} are there"
            )
        yield header, view[offset:end]
        offset = end


def verify_checksum(batch: Buffer, header: BatchHeader) -> None:
    """Check the CRC-32C of one whole batch; raises CorruptRecordError if it is wrong."""
    if crc32c(memoryview(batch)[CHECKED_OFFSET:]) != header.crc:
        raise CorruptRecordError(f"wrong checksum in the batch at offset {header.base_offset}")


def stamp_log_append_time(batch: Buffer, timestamp_ms: int) -> bytes:
    """Copy a whole batch, giving all its records the time at which the broker appends them.

    Raises CorruptRecordError for an implausible header.
    """
    header = parse_header(batch)
    return assemble(
        msgspec.structs.replace(
            header, attributes=header.attributes | TIMESTAMP_TYPE_BIT, max_timestamp=timestamp_ms
        ),
        memoryview(batch)[HEADER_BYTES : header.size_bytes],
    )


def stamp_create_time(batch: Buffer) -> bytes:
    """Copy a whole batch, giving its records the times of their producer.

    Raises CorruptRecordError for an implausible header.
    """
    header = parse_header(batch)
    return assemble(
        msgspec.structs.replace(header, attributes=header.attributes & ~TIMESTAMP_TYPE_BIT),
        memoryview(batch)[HEADER_BYTES : header.size_bytes],
    )


def assemble(header: BatchHeader, records: Buffer) -> bytes:
    """Put a header in front of encoded records; its length and checksum are computed here."""
    from_attributes_on = msgspec.structs.astuple(header)[5:]
    checked = _CHECKED.pack(*from_attributes_on)
    front = _FRONT.pack(
        header.base_offset,
        _MIN_BATCH_LENGTH + len(records),
        header.partition_leader_epoch,
        MAGIC,
        crc32c(records, crc32c(checked)),
    )
    return b"".join((front, checked, records))


def _complaint(header: BatchHeader) -> str:
    if header.magic != MAGIC:
        return f"magic {header.magic} instead of {MAGIC}"
    if header.batch_length < _MIN_BATCH_LENGTH:
        return f"batch length {header.batch_length} is shorter than the header"
    return f"{header.record_count} records with offset deltas up to {header.last_offset_delta}"
