"""Control batches: the records that brokers write for themselves between those of clients.

A control record's key is a version and a type; its value depends on the type.

Source: KIP-98 (transaction markers), KIP-595 (leader change), KIP-630 (snapshots), KIP-853
(voters).
"""

from __future__ import annotations

import enum
import struct
from typing import Final, NamedTuple

from kafkapy.wire.errors import CorruptRecordError
from kafkapy.wire.records.batch import (
    COMPRESSION_MASK,
    HEADER_BYTES,
    NO_PARTITION_LEADER_EPOCH,
    BatchHeader,
    parse_header,
)
from kafkapy.wire.records.record import Record, build_batch, records_of
from kafkapy.wire.schema import Buffer

# A marker is a few bytes; nothing makes a reader unpack more for one.
MAX_CONTROL_BATCH_BYTES: Final = 64 * 1024

_KEY: Final = struct.Struct(">hh")
_END_TXN_VALUE: Final = struct.Struct(">hi")
_VERSION: Final = 0


class ControlType(enum.IntEnum):
    """The type in a control record's key."""

    ABORT = 0
    COMMIT = 1
    LEADER_CHANGE = 2
    SNAPSHOT_HEADER = 3
    SNAPSHOT_FOOTER = 4
    KRAFT_VERSION = 5
    KRAFT_VOTERS = 6


# Whether a marker commits, by its record up to the coordinator epoch. No length in it ever changes:
# 16 bytes, no attributes, no deltas; a key of 4 bytes, a value of 6; no headers follow.
_OUTCOMES: Final = {
    struct.pack(">B3xBhhBh", 16 << 1, 4 << 1, _VERSION, control_type, 6 << 1, _VERSION): (
        control_type is ControlType.COMMIT
    )
    for control_type in (ControlType.ABORT, ControlType.COMMIT)
}
_MARKER_REST: Final = struct.Struct(">iB")  # coordinator epoch, number of headers
_MARKER_REST_OFFSET: Final = HEADER_BYTES + len(next(iter(_OUTCOMES)))
_MARKER_BATCH_BYTES: Final = _MARKER_REST_OFFSET + _MARKER_REST.size


class EndTxnMarker(NamedTuple):
    """The end of a producer's transaction in one partition."""

    is_commit: bool
    coordinator_epoch: int


def build_end_txn_marker(
    marker: EndTxnMarker,
    *,
    producer_id: int,
    producer_epoch: int,
    timestamp_ms: int,
    base_offset: int = 0,
    partition_leader_epoch: int = NO_PARTITION_LEADER_EPOCH,
) -> bytes:
    """Build the control batch that ends a transaction."""
    control_type = ControlType.COMMIT if marker.is_commit else ControlType.ABORT
    record = Record(
        timestamp_ms=timestamp_ms,
        key=_KEY.pack(_VERSION, control_type),
        value=_END_TXN_VALUE.pack(_VERSION, marker.coordinator_epoch),
    )
    return build_batch(
        [record],
        base_offset=base_offset,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        partition_leader_epoch=partition_leader_epoch,
        is_transactional=True,
        is_control=True,
    )


def control_type_of(record: Record) -> ControlType | None:
    """Tell the type of a control record; None for one that a later version of Kafka added.

    Raises CorruptRecordError for a key that is no control record's.
    """
    key = record.key
    if key is None or len(key) < _KEY.size:
        raise CorruptRecordError("a control record whose key is too short")
    version, number = _KEY.unpack_from(key)
    if version < 0:
        raise CorruptRecordError(f"a control record of version {version}")
    try:
        return ControlType(number)
    except ValueError:
        return None


def parse_end_txn_marker(batch: Buffer, header: BatchHeader | None = None) -> EndTxnMarker | None:
    """Read the marker in a control batch; None if the batch is of another type or empty.

    Compaction leaves an empty control batch behind. Raises CorruptRecordError for a damaged one.
    """
    header = header or parse_header(batch)
    if len(batch) == _MARKER_BATCH_BYTES and not header.attributes & COMPRESSION_MASK:
        # As `build_end_txn_marker` makes it, which nearly all are.
        is_commit = _OUTCOMES.get(bytes(batch[HEADER_BYTES:_MARKER_REST_OFFSET]))
        coordinator_epoch, headers = _MARKER_REST.unpack_from(batch, _MARKER_REST_OFFSET)
        if is_commit is not None and header.record_count == 1 and not headers:
            return EndTxnMarker(is_commit, coordinator_epoch)
    for record in records_of(batch, header, max_bytes=MAX_CONTROL_BATCH_BYTES):
        control_type = control_type_of(record)
        if control_type not in (ControlType.ABORT, ControlType.COMMIT):
            return None
        if record.value is None or len(record.value) < _END_TXN_VALUE.size:
            raise CorruptRecordError("a transaction marker whose value is too short")
        version, coordinator_epoch = _END_TXN_VALUE.unpack_from(record.value)
        if version < 0:
            raise CorruptRecordError(f"a transaction marker of version {version}")
        return EndTxnMarker(control_type is ControlType.COMMIT, coordinator_epoch)
    return None
