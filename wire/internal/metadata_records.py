"""How the records of the cluster metadata log are framed.

The value of a record is three unsigned varints, the version of the frame (1), the type of the
message and its version, and then the message; nothing may follow. Records have no key.

Unlike a coordinator, a reader of this log must not skip what it does not know: the levels of
features (KIP-584) see to it that only records which all nodes know are written.
"""

from __future__ import annotations

from kafkapy.wire import compile as codec
from kafkapy.wire.errors import MalformedError, UnsupportedVersionError
from kafkapy.wire.internal import metadata
from kafkapy.wire.internal.record_types import UnknownRecordTypeError, declared_in
from kafkapy.wire.primitives import read_unsigned_varint, write_unsigned_varint
from kafkapy.wire.schema import Buffer, Data

_FRAME_VERSION = 1
_TYPES = {declared.__api_key__: declared for declared in declared_in(metadata)}


def encode_metadata_record(record: Data, version: int | None = None) -> bytes:
    """Give the value of a record that holds `record` in `version`, by default the newest."""
    if version is None:
        version = record.__versions__.last
    frame = (_FRAME_VERSION, record.__api_key__, version)
    return b"".join(map(write_unsigned_varint, frame)) + codec.encode(record, version)


def decode_metadata_record(data: Buffer) -> Data:
    """Read the value of a record.

    Raises `UnknownRecordTypeError` for a type, and `UnsupportedVersionError` for a version of it
    or of the frame, that was never defined.
    """
    frame_version, offset = read_unsigned_varint(data, 0)
    if frame_version != _FRAME_VERSION:
        raise UnsupportedVersionError(f"metadata records have no frame version {frame_version}")
    record_type, offset = read_unsigned_varint(data, offset)
    version, offset = read_unsigned_varint(data, offset)
    if record_type not in _TYPES:
        raise UnknownRecordTypeError(record_type)
    record, end = codec.decode_from(_TYPES[record_type], data, version, offset)
    if end != len(data):
        raise MalformedError(f"{len(data) - end} bytes follow a {type(record).__name__}")
    return record
