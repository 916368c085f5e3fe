"""What an append must satisfy before its bytes reach a segment.

A client sends exactly one batch; its records stay opaque unless a setting asks about them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from kafkapy.storage.config import NO_LIMIT, LogConfig, TimestampType
from kafkapy.storage.errors import (
    CorruptRecordsError,
    InvalidRecordError,
    InvalidTimestampError,
    RecordProblem,
    RecordTooLargeError,
    UnsupportedFormatError,
)
from kafkapy.wire.compression import Compression
from kafkapy.wire.errors import CorruptRecordError, WireError
from kafkapy.wire.records.batch import (
    CHECKED_OFFSET,
    COMPRESSION_MASK,
    CONTROL_BIT,
    HEADER_BYTES,
    LENGTH_END,
    MAGIC,
    NO_TIMESTAMP,
    TIMESTAMP_TYPE_BIT,
    TRANSACTIONAL_BIT,
    BatchHeader,
    batches,
    parse_header,
    stamp_create_time,
    stamp_log_append_time,
    unpack_header,
    verify_checksum,
)
from kafkapy.wire.records.checksum import crc32c
from kafkapy.wire.records.record import (
    Record,
    build_batch,
    check_records,
    records_of,
    validate_records,
)
from kafkapy.wire.schema import Buffer

_FRONT = struct.Struct(">8xi4xb")  # batch length, magic
_CRC = struct.Struct(">17xI")
_SMALLEST_LENGTH = 14  # of the oldest message format, before its checksum is asked

_COMPRESSIONS = {
    "none": Compression.NONE,
    "uncompressed": Compression.NONE,
    "gzip": Compression.GZIP,
    "snappy": Compression.SNAPPY,
    "lz4": Compression.LZ4,
    "zstd": Compression.ZSTD,
}


class Validator:
    """Checks and, where the settings ask for it, rewrites the batches of one log.

    `max_expanded_bytes` bounds what the records of a compressed batch may expand to.
    """

    __slots__ = (
        "_after_max_ms",
        "_before_max_ms",
        "_compacted",
        "_compression",
        "_level",
        "_max_expanded_bytes",
        "_max_message_bytes",
        "_max_validated_records",
        "_ordinary_attributes",
        "_reads_records",
        "stamps",
    )

    def __init__(self, config: LogConfig, max_expanded_bytes: int) -> None:
        self._max_message_bytes = config.max_message_bytes
        self._max_expanded_bytes = max_expanded_bytes
        self.stamps = config.message_timestamp_type is TimestampType.LOG_APPEND_TIME
        self._before_max_ms = config.message_timestamp_before_max_ms
        self._after_max_ms = config.message_timestamp_after_max_ms
        if self.stamps:
            self._before_max_ms = self._after_max_ms = NO_LIMIT
        self._compacted = config.is_compacted
        self._reads_records = self._compacted or self._before_max_ms != NO_LIMIT
        self._max_validated_records = config.max_validated_records
        self._compression = _COMPRESSIONS.get(config.compression_type)
        self._level = {
            Compression.GZIP: config.compression_gzip_level,
            Compression.LZ4: config.compression_lz4_level,
            Compression.ZSTD: config.compression_zstd_level,
        }.get(self._compression or Compression.NONE)
        # Those of batches that stay as they are, and most of which need not be looked into.
        codecs = list(Compression) if self._compression is None else [self._compression]
        if self.stamps or self._reads_records or self._max_validated_records < 0:
            codecs = []
        self._ordinary_attributes = frozenset(
            codec | bit for codec in codecs for bit in (0, TRANSACTIONAL_BIT)
        )

    def client_batch(self, records: memoryview, now_ms: int) -> tuple[BatchHeader, Buffer]:
        """Check what a client sent; gives its batch as it is to be stored.

        Raises CorruptRecordsError, InvalidRecordError, InvalidTimestampError,
        RecordTooLargeError or UnsupportedFormatError.
        """
        try:
            header = BatchHeader(*unpack_header(records))
            if (
                header.attributes in self._ordinary_attributes
                and header.batch_length + LENGTH_END == len(records) <= self._max_message_bytes
                and header.base_offset == 0
                and header.magic == MAGIC
                and 0 < header.record_count == header.last_offset_delta + 1
                and (header.base_sequence >= 0 or header.producer_id < 0)
                and header.max_timestamp - now_ms <= self._after_max_ms
                and header.crc == crc32c(records[CHECKED_OFFSET:])
            ):
                self._look_into(header, records, now_ms)
                return header, records
        except (struct.error, CorruptRecordError):
            pass  # whose reason the longer way tells
        return self.checked_batch(records, now_ms)

    def checked_batch(self, records: Buffer, now_ms: int) -> tuple[BatchHeader, Buffer]:
        """Do what `client_batch` does, one check after the other."""
        header, batch = _only_batch(records)
        if len(batch) > self._max_message_bytes:
            raise self._too_large(len(batch))
        try:
            verify_checksum(batch, header)
        except CorruptRecordError as error:
            raise CorruptRecordsError(str(error)) from error
        _check_header(header)
        try:
            self._look_into(header, batch, now_ms)
        except CorruptRecordError as error:
            raise InvalidRecordError(str(error)) from error
        except WireError as error:
            raise CorruptRecordsError(str(error)) from error
        attributes = header.attributes
        if (
            self.stamps
            or attributes & TIMESTAMP_TYPE_BIT
            or (
                self._compression is not None and attributes & COMPRESSION_MASK != self._compression
            )
        ):
            return self._rewritten(header, batch, now_ms)
        return header, batch

    def coordinator_batches(
        self, records: Buffer, now_ms: int
    ) -> Iterator[tuple[BatchHeader, Buffer]]:
        """Yield the batches that a coordinator built; they are trusted apart from their size.

        Raises CorruptRecordsError or RecordTooLargeError.
        """
        try:
            for header, batch in batches(records):
                if len(batch) > self._max_message_bytes:
                    raise self._too_large(len(batch))
                yield self._rewritten(header, batch, now_ms) if self.stamps else (header, batch)
        except CorruptRecordError as error:
            raise CorruptRecordsError(str(error)) from error

    def _too_large(self, size: int) -> RecordTooLargeError:
        return RecordTooLargeError(
            f"a batch of {size} bytes, of which {self._max_message_bytes} are allowed"
        )

    def _look_into(self, header: BatchHeader, batch: Buffer, now_ms: int) -> None:
        """Check the records as far as the settings ask for it."""
        if self._reads_records or header.max_timestamp - now_ms > self._after_max_ms:
            self._check_keys_and_times(header, batch, now_ms)
        elif self._max_validated_records < 0 or (
            header.record_count <= self._max_validated_records
            and not header.attributes & COMPRESSION_MASK
        ):
            check_records(batch, header, max_bytes=self._max_expanded_bytes)

    def _check_keys_and_times(self, header: BatchHeader, batch: Buffer, now_ms: int) -> None:
        summary = validate_records(batch, header, max_bytes=self._max_expanded_bytes)
        earliest, latest = now_ms - self._before_max_ms, now_ms + self._after_max_ms
        keyless = set(summary.keyless) if self._compacted else set()
        is_untimely = summary.max_timestamp_ms > latest or summary.min_timestamp_ms < earliest
        if not keyless and not is_untimely:
            return
        problems, timely = [], True
        for index, record in enumerate(self._records(header, batch)):
            if index in keyless:
                message = "a compacted topic takes no record without a key"
                problems.append(RecordProblem(index, message))
            elif record.timestamp_ms != NO_TIMESTAMP and not (
                earliest <= record.timestamp_ms <= latest
            ):
                message = f"timestamp {record.timestamp_ms} is not in [{earliest}, {latest}]"
                problems.append(RecordProblem(index, message))
                timely = False
        if not timely:
            raise InvalidTimestampError("records with timestamps out of range", problems)
        if problems:
            raise InvalidRecordError("records without a key", problems)

    def _records(self, header: BatchHeader, batch: Buffer) -> list[Record]:
        return records_of(batch, header, max_bytes=self._max_expanded_bytes)

    def _rewritten(
        self, header: BatchHeader, batch: Buffer, now_ms: int
    ) -> tuple[BatchHeader, Buffer]:
        compression = self._compression
        if compression is not None and header.attributes & COMPRESSION_MASK != compression:
            try:
                records = self._records(header, batch)
            except WireError as error:
                raise CorruptRecordsError(str(error)) from error
            batch = build_batch(
                records,
                compression=compression,
                producer_id=header.producer_id,
                producer_epoch=header.producer_epoch,
                base_sequence=header.base_sequence,
                is_transactional=header.is_transactional,
                is_control=header.is_control,
                level=self._level,
            )
            if len(batch) > self._max_message_bytes:
                raise self._too_large(len(batch))
        if self.stamps:
            if header.attributes & TIMESTAMP_TYPE_BIT:
                raise InvalidTimestampError("a producer must not use the timestamps of the log")
            batch = stamp_log_append_time(batch, now_ms)
        elif header.attributes & TIMESTAMP_TYPE_BIT:
            batch = stamp_create_time(batch)
        return parse_header(batch), batch


def _check_header(header: BatchHeader) -> None:
    if header.record_count == 0 or header.record_count != header.last_offset_delta + 1:
        raise InvalidRecordError(
            f"{header.record_count} records with offsets up to {header.last_offset_delta}"
        )
    attributes = header.attributes
    if attributes & CONTROL_BIT:
        raise InvalidRecordError("clients may not write control records")
    if header.producer_id >= 0 and header.base_sequence < 0:
        raise InvalidRecordError(f"sequence {header.base_sequence} of an idempotent producer")
    if attributes & COMPRESSION_MASK > Compression.ZSTD:
        raise UnsupportedFormatError(f"compression type {attributes & COMPRESSION_MASK}")


def _only_batch(records: Buffer) -> tuple[BatchHeader, Buffer]:
    """The one batch of an append; what follows it may only be the beginning of another."""
    try:
        header = parse_header(records)
    except CorruptRecordError as error:
        _explain(records)
        raise InvalidRecordError(str(error)) from error
    size = header.batch_length + LENGTH_END
    if size != len(records):
        if size > len(records):
            raise InvalidRecordError("the batch is cut off")
        rest = memoryview(records)[size:]
        _explain(rest)
        if _is_whole(rest):
            raise InvalidRecordError("more than one batch in one append")
        records = memoryview(records)[:size]
    if header.base_offset != 0:
        raise InvalidRecordError(f"base offset {header.base_offset} instead of 0")
    return header, records


def _is_whole(records: Buffer) -> bool:
    if len(records) < _FRONT.size:
        return False
    length, _ = _FRONT.unpack_from(records)
    return bool(length + LENGTH_END <= len(records))


def _explain(records: Buffer) -> None:
    """Raise what is wrong with the front of a batch, if something is."""
    if len(records) < _FRONT.size:
        return
    length, magic = _FRONT.unpack_from(records)
    if length < _SMALLEST_LENGTH or not 0 <= magic <= MAGIC:
        raise CorruptRecordsError(f"a batch of length {length} and magic {magic}")
    if magic < MAGIC and _is_whole(records):
        raise InvalidRecordError(f"magic {magic}, where only {MAGIC} is allowed")
    if not _is_whole(records):
        return
    batch = memoryview(records)[: length + LENGTH_END]
    if (
        length < HEADER_BYTES - LENGTH_END
        or crc32c(batch[CHECKED_OFFSET:]) != _CRC.unpack_from(batch)[0]
    ):
        raise CorruptRecordsError("a batch that is too short, or with a wrong checksum")
