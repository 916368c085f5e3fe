"""How coordinators write to their internal topics.

The key of a record is its type (int16) and the fields of the key message, always in version 0; the
value is the version of the value message (int16) and its fields, or nothing, which deletes what the
key names. Types are numbered per topic, so each topic has its own table of them. The records of one
operation are one batch.

A type that a table lacks was written by a newer broker: a loader warns and skips the record, as
Kafka does, so that a cluster can be taken back to the version it came from (KIP-915).
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Sequence
from types import ModuleType

from kafkapy.wire import compile as codec
from kafkapy.wire.errors import MalformedError
from kafkapy.wire.internal import (
    consumer_group,
    group,
    offsets,
    share,
    share_group,
    streams_group,
    transaction,
)
from kafkapy.wire.internal.group import GroupMetadataValue
from kafkapy.wire.internal.offsets import OffsetCommitValue
from kafkapy.wire.internal.record_types import UnknownRecordTypeError, declared_in
from kafkapy.wire.records.batch import NO_PRODUCER_EPOCH, NO_PRODUCER_ID
from kafkapy.wire.records.record import Record, build_batch
from kafkapy.wire.schema import Buffer, Data

_INT16 = struct.Struct(">h")
_KEY_VERSION = 0


def encode_batch(
    records: Sequence[tuple[Data, Data | None]],
    timestamp_ms: int,
    *,
    leader_epoch: int,
    producer_id: int = NO_PRODUCER_ID,
    producer_epoch: int = NO_PRODUCER_EPOCH,
    is_transactional: bool = False,
) -> bytes:
    """Give the batch of one operation's records, keys and values, all of the same time.

    Raises `EncodingError`.
    """
    encoded = [
        Record(0, timestamp_ms, *encode_record(key, value, value_version(value)))
        for key, value in records
    ]
    return build_batch(
        encoded,
        partition_leader_epoch=leader_epoch,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        is_transactional=is_transactional,
    )


def encode_record(key: Data, value: Data | None, value_version: int) -> tuple[bytes, bytes | None]:
    """Give the key and the value of a record; `value_version` is unused where `value` is None."""
    front, write = _encoder(type(key), _KEY_VERSION, key.__api_key__)
    key_bytes = b"".join((front, *write(key)))
    if value is None:
        return key_bytes, None
    front, write = _encoder(type(value), value_version, value_version)
    return key_bytes, b"".join((front, *write(value)))


@functools.cache
def _encoder(
    message_type: type[Data], version: int, front: int
) -> tuple[bytes, codec.Writer[Data]]:
    return _INT16.pack(front), codec.writer(message_type, version)


def value_version(value: Data | None) -> int:
    """Give the version in which Kafka 4.3 writes a value; any for what deletes."""
    if value is None:
        return 0
    if isinstance(value, OffsetCommitValue):
        return 4 if value.expire_timestamp == -1 else 1
    if isinstance(value, GroupMetadataValue):
        return 3
    return value.__versions__.last


class RecordTypes:
    """The types of record that one internal topic holds; `modules` declare them."""

    def __init__(self, *modules: ModuleType) -> None:
        self._keys: dict[int, type[Data]] = {}
        self._values: dict[int, type[Data]] = {}
        for module in modules:
            for declared in declared_in(module):
                is_key = declared.__name__.endswith("Key")
                (self._keys if is_key else self._values)[declared.__api_key__] = declared

    def decode_key(self, data: Buffer) -> Data:
        """Read a key.

        Raises `UnknownRecordTypeError` for a type that the topic is not known to hold.
        """
        record_type = _read_int16(data)
        if record_type not in self._keys:
            raise UnknownRecordTypeError(record_type)
        return codec.decode(self._keys[record_type], data, _KEY_VERSION, _INT16.size)

    def decode_value(self, key: Data, data: Buffer | None) -> Data | None:
        """Read the value of the record that has `key`; None, a deletion, stays None.

        Raises `UnsupportedVersionError` for a version that was never defined.
        """
        if data is None:
            return None
        return codec.decode(self._values[key.__api_key__], data, _read_int16(data), _INT16.size)


def _read_int16(data: Buffer) -> int:
    try:
        number: int = _INT16.unpack_from(data)[0]
    except struct.error:
        raise MalformedError("a coordinator record ends before its type or version") from None
    return number


CONSUMER_OFFSETS = RecordTypes(offsets, group, consumer_group, share_group, streams_group)
TRANSACTION_STATE = RecordTypes(transaction)
SHARE_GROUP_STATE = RecordTypes(share)
