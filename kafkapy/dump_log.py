"""`kafkapy dump-log`: what is in the files of a partition, ours or Kafka's, line by line.

The lines are those of Kafka's own tool, so that scripts which read them go on working. Batches are
checked, a damaged one is shown as not valid, and what is no batch at all ends a log.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kafkapy.storage.aborted import decode_entries
from kafkapy.storage.index import OFFSET_ENTRY_BYTES, TIME_ENTRY_BYTES
from kafkapy.storage.producers import decode_snapshot
from kafkapy.wire.compression import Compression
from kafkapy.wire.errors import CorruptRecordError, WireError
from kafkapy.wire.internal.coordinator_records import (
    CONSUMER_OFFSETS,
    SHARE_GROUP_STATE,
    TRANSACTION_STATE,
    RecordTypes,
)
from kafkapy.wire.internal.metadata_records import decode_metadata_record
from kafkapy.wire.layout import layout
from kafkapy.wire.records.batch import (
    HEADER_BYTES,
    LOG_APPEND_TIME,
    NO_SEQUENCE,
    BatchHeader,
    parse_header,
    verify_checksum,
)
from kafkapy.wire.records.control import control_type_of, parse_end_txn_marker
from kafkapy.wire.records.record import Record, records_of
from kafkapy.wire.schema import Kind, Struct

_MAX_EXPANDED_BYTES = 1 << 30
_INDEX_ENTRY = struct.Struct(">ii")
_TIME_ENTRY = struct.Struct(">qi")

# What to print behind a record: its key and its value.
_Decode = Callable[[Record], tuple[str | None, str | None]]


def run(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit status: 1 where a file could not be read or was damaged."""
    options = _parser().parse_args(arguments)
    decode = next((_DECODERS[name] for name in _DECODERS if getattr(options, name)), _as_text)
    with_records = options.deep_iteration or options.print_data_log or decode is not _as_text
    shown = decode if options.print_data_log or decode is not _as_text else None
    status = 0
    for path in [path for each in options.files for path in each.split(",")]:
        print(f"Dumping {path}")
        try:
            with open(path, "rb") as file:
                content = file.read()
            if path.endswith((".log", ".checkpoint")):
                is_sound = _dump_log(path, content, with_records, shown)
            else:
                is_sound = _dump_other(path, content)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            print(f"{path}: {reason}", file=sys.stderr)
            is_sound = False
        status = status if is_sound else 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kafkapy dump-log",
        description="Print segments (.log), indexes, time indexes, producer snapshots and "
        "transaction indexes of a partition.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help="a file; several may be joined by commas")
    add("--deep-iteration", action="store_true", help="print each record's offset, time and sizes")
    add("--print-data-log", action="store_true", help="print keys and values too")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--offsets-decoder", action="store_true", help="of __consumer_offsets")
    what.add_argument(
        "--transaction-log-decoder", action="store_true", help="of __transaction_state"
    )
    what.add_argument(
        "--share-group-state-decoder", action="store_true", help="of __share_group_state"
    )
    what.add_argument(
        "--cluster-metadata-decoder", action="store_true", help="of __cluster_metadata"
    )
    return parser


# Segments


def _dump_log(path: str, content: bytes, with_records: bool, decode: _Decode | None) -> bool:
    if path.endswith(".log"):
        print(f"Log starting offset: {_base_offset(path)}")
    position, is_sound = 0, True
    while position + HEADER_BYTES <= len(content):
        try:
            header = parse_header(content, position)
        except CorruptRecordError:
            break
        batch = content[position : position + header.size_bytes]
        if len(batch) < header.size_bytes:
            break
        is_valid = _is_valid(header, batch)
        is_sound = is_sound and is_valid
        print(_describe(header, position, is_valid))
        if with_records and is_valid:
            is_sound = _dump_records(header, batch, decode) and is_sound
        position += header.size_bytes
    rest = len(content) - position
    if rest:
        print(f"Found {rest} invalid bytes at the end of {path.rpartition('/')[2]}")
    return is_sound and not rest


def _is_valid(header: BatchHeader, batch: bytes) -> bool:
    try:
        verify_checksum(batch, header)
    except CorruptRecordError:
        return False
    return True


def _describe(header: BatchHeader, position: int, is_valid: bool) -> str:
    codec = header.compression
    name = Compression(codec).name.lower() if codec <= Compression.ZSTD else str(codec)
    horizon = f"[{header.base_timestamp}]" if header.has_delete_horizon else ".empty"
    fields = {
        "baseOffset": header.base_offset,
        "lastOffset": header.last_offset,
        "count": header.record_count,
        "baseSequence": header.base_sequence,
        "lastSequence": header.last_sequence,
        "producerId": header.producer_id,
        "producerEpoch": header.producer_epoch,
        "partitionLeaderEpoch": header.partition_leader_epoch,
        "isTransactional": _boolean(header.is_transactional),
        "isControl": _boolean(header.is_control),
        "deleteHorizonMs": f"OptionalLong{horizon}",
        "position": position,
        _time_name(header): header.max_timestamp,
        "size": header.size_bytes,
        "magic": header.magic,
        "compresscodec": name,
        "crc": header.crc,
        "isvalid": _boolean(is_valid),
    }
    return " ".join(f"{name}: {value}" for name, value in fields.items())


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _time_name(header: BatchHeader) -> str:
    return "LogAppendTime" if header.timestamp_type == LOG_APPEND_TIME else "CreateTime"


def _dump_records(header: BatchHeader, batch: bytes, decode: _Decode | None) -> bool:
    try:
        records = records_of(batch, header, max_bytes=_MAX_EXPANDED_BYTES)
        for record in records:
            print(_describe_record(header, batch, record, decode))
    except WireError as error:
        print(f"the records at offset {header.base_offset}: {error}", file=sys.stderr)
        return False
    return True


def _describe_record(
    header: BatchHeader, batch: bytes, record: Record, decode: _Decode | None
) -> str:
    sequence = header.base_sequence
    if sequence != NO_SEQUENCE:
        sequence = sequence + record.offset - header.base_offset & 0x7FFFFFFF
    line = (
        f"| offset: {record.offset} {_time_name(header)}: {record.timestamp_ms} "
        f"keySize: {_size(record.key)} valueSize: {_size(record.value)} sequence: {sequence} "
        f"headerKeys: [{','.join(name for name, _ in record.headers)}]"
    )
    if header.is_control:
        return line + _describe_control(header, batch, record)
    if decode is not None:
        try:
            key, payload = decode(record)
        except WireError as error:
            key, payload = f"cannot be decoded: {error}", None
        line += "" if key is None else f" key: {key}"
        line += "" if payload is None else f" payload: {payload}"
    return line


def _size(content: bytes | None) -> int:
    return -1 if content is None else len(content)


def _describe_control(header: BatchHeader, batch: bytes, record: Record) -> str:
    marker = parse_end_txn_marker(batch, header)
    if marker is not None:
        name = "COMMIT" if marker.is_commit else "ABORT"
        return f" endTxnMarker: {name} coordinatorEpoch: {marker.coordinator_epoch}"
    control_type = control_type_of(record)
    if control_type is None:
        return " controlType: UNKNOWN"
    return f" controlType: {control_type.name}({control_type.value})"


# What a record says


def _as_text(record: Record) -> tuple[str | None, str | None]:
    return _text(record.key), _text(record.value)


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode(errors="replace")


def _of_coordinator(types: RecordTypes) -> _Decode:
    def decode(record: Record) -> tuple[str | None, str | None]:
        if record.key is None:
            return _as_text(record)
        key = types.decode_key(record.key)
        value = types.decode_value(key, record.value)
        shown = _dumped({"type": str(key.__api_key__), "data": _plain(key, 0)})
        if value is None or record.value is None:
            return shown, "<DELETE>"
        version = int.from_bytes(record.value[:2], "big")
        data = _plain(value, version)
        return shown, _dumped({"version": str(version), "data": data})

    return decode


def _of_metadata(record: Record) -> tuple[str | None, str | None]:
    if record.value is None:
        return _as_text(record)
    message = decode_metadata_record(record.value)
    version = record.value[2]  # after the frame's version and the type, which are single bytes
    name = re.sub("(?<!^)(?=[A-Z])", "_", type(message).__name__).upper()
    shown = {"type": name, "version": version, "data": _plain(message, version)}
    return None, _dumped(shown)


def _dumped(content: dict[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"))


def _plain(part: Struct, version: int) -> dict[str, Any]:
    """Give the fields that a version has, as JSON takes them; tagged ones but at their default."""
    ordinary, tagged = layout(type(part), version)
    shown = {}
    for field in type(part).__fields__:
        value = getattr(part, field.name)
        if field in ordinary or (field in tagged and value != field.initial()):
            kind = (field.type.element or field.type).kind
            shown[_camel_case(field.name)] = _plain_value(value, kind, version)
    return shown


def _plain_value(value: Any, kind: Kind, version: int) -> Any:
    if isinstance(value, Struct):
        return _plain(value, version)
    if isinstance(value, list):
        return [_plain_value(each, kind, version) for each in value]
    if isinstance(value, bytes | bytearray | memoryview):
        if kind is Kind.UUID:
            return base64.urlsafe_b64encode(value).decode().rstrip("=")
        return base64.b64encode(value).decode()
    return value


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


_DECODERS: dict[str, _Decode] = {
    "offsets_decoder": _of_coordinator(CONSUMER_OFFSETS),
    "transaction_log_decoder": _of_coordinator(TRANSACTION_STATE),
    "share_group_state_decoder": _of_coordinator(SHARE_GROUP_STATE),
    "cluster_metadata_decoder": _of_metadata,
}


# The other files


def _dump_other(path: str, content: bytes) -> bool:
    if path.endswith(".timeindex"):
        lines = _time_index(content, _base_offset(path))
    elif path.endswith(".index"):
        lines = _index(content, _base_offset(path))
    elif path.endswith(".snapshot"):
        lines = _snapshot(content)
    elif path.endswith(".txnindex"):
        lines = _aborted_transactions(content)
    else:
        print(f"Ignoring unknown file {path}", file=sys.stderr)
        return False
    count = 0
    for line in lines:
        count += 1
        print(line)
    if not count and path.endswith("index"):
        print(f"{path} is empty.")
    return True


def _base_offset(path: str) -> int:
    name = path.replace("\\", "/").rpartition("/")[2]
    digits = name.partition(".")[0]
    if not digits.isdigit():
        raise ValueError("the name of the file does not begin with an offset")
    return int(digits)


def _index(content: bytes, base_offset: int) -> Iterator[str]:
    whole = content[: len(content) // OFFSET_ENTRY_BYTES * OFFSET_ENTRY_BYTES]
    for number, (offset, position) in enumerate(_INDEX_ENTRY.iter_unpack(whole)):
        if number and not offset:
            return  # Kafka allocates the file before it has entries
        yield f"offset: {base_offset + offset} position: {position}"


def _time_index(content: bytes, base_offset: int) -> Iterator[str]:
    whole = content[: len(content) // TIME_ENTRY_BYTES * TIME_ENTRY_BYTES]
    for number, (timestamp_ms, offset) in enumerate(_TIME_ENTRY.iter_unpack(whole)):
        if number and not offset:
            return
        yield f"timestamp: {timestamp_ms} offset: {base_offset + offset}"


def _snapshot(content: bytes) -> Iterator[str]:
    for entry in decode_snapshot(content):
        start = f"[{entry.transaction_start}]" if entry.transaction_start >= 0 else ".empty"
        line = (
            f"producerId: {entry.producer_id} producerEpoch: {entry.producer_epoch} "
            f"coordinatorEpoch: {entry.coordinator_epoch} "
            f"currentTxnFirstOffset: OptionalLong{start} lastTimestamp: {entry.timestamp_ms} "
        )
        if entry.last_offset >= 0:
            first_sequence = entry.last_sequence - entry.offset_delta & 0x7FFFFFFF
            line += (
                f"firstSequence: {first_sequence} lastSequence: {entry.last_sequence} "
                f"lastOffset: {entry.last_offset} offsetDelta: {entry.offset_delta} "
                f"timestamp: {entry.timestamp_ms}"
            )
        yield line


def _aborted_transactions(content: bytes) -> Iterator[str]:
    for entry in decode_entries(content):
        yield (
            f"version: {entry.version} producerId: {entry.producer_id} "
            f"firstOffset: {entry.first_offset} lastOffset: {entry.last_offset} "
            f"lastStableOffset: {entry.last_stable_offset}"
        )
