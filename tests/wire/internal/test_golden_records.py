"""The records of the internal topics, byte for byte as Kafka writes them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from kafkapy.wire import compile as codec
from kafkapy.wire.internal import (
    consumer_group,
    consumer_protocol,
    control,
    group,
    metadata,
    offsets,
    share,
    share_group,
    streams_group,
    transaction,
)
from kafkapy.wire.internal.coordinator_records import (
    CONSUMER_OFFSETS,
    SHARE_GROUP_STATE,
    TRANSACTION_STATE,
    RecordTypes,
    encode_record,
)
from kafkapy.wire.internal.metadata_records import decode_metadata_record, encode_metadata_record
from kafkapy.wire.internal.record_types import declared_in
from kafkapy.wire.schema import Data, FieldType, Kind, Struct

_TOPICS: dict[str, tuple[RecordTypes, tuple[Any, ...]]] = {
    "consumer_offsets": (
        CONSUMER_OFFSETS,
        (offsets, group, consumer_group, share_group, streams_group),
    ),
    "transaction_state": (TRANSACTION_STATE, (transaction,)),
    "share_group_state": (SHARE_GROUP_STATE, (share,)),
}


class Vector:
    """A message that Kafka wrote, and its bytes."""

    def __init__(self, row: dict[str, Any], declared: dict[str, type[Data]]) -> None:
        self.version: int = row["version"]
        self.bytes = bytes.fromhex(row["bytes"])
        self.message = _build(declared[row["message"]], row["fields"])
        self.id = f"{row['message']}-v{self.version}"


def _vectors(name: str, *modules: Any) -> list[Any]:
    declared = {type_.__name__: type_ for module in modules for type_ in declared_in(module)}
    text = (Path(__file__).parent / "golden" / f"{name}.json").read_text(encoding="utf-8")
    vectors = [Vector(row, declared) for row in json.loads(text)]
    assert {type(vector.message) for vector in vectors} == set(declared.values())
    return [pytest.param(vector, id=vector.id) for vector in vectors]


def _build(type_: type[Struct], fields: dict[str, Any]) -> Any:
    ours = {field.name.replace("_", ""): field for field in type_.__fields__}
    values = {}
    for name, value in fields.items():
        field = ours[name.lower()]
        values[field.name] = _value(field.type, value)
    return type_(**values)


def _value(type_: FieldType, value: Any) -> Any:
    if value is None:
        return None
    if type_.element is not None:
        return [_value(type_.element, element) for element in value]
    if type_.struct is not None:
        return _build(type_.struct, value)
    if type_.kind is Kind.UUID:
        return base64.urlsafe_b64decode(value + "==")
    if type_.kind is Kind.BYTES:
        return base64.b64decode(value)
    return value


def _coordinator_vectors() -> list[Any]:
    return [
        pytest.param(types, *parameter.values, id=parameter.id)
        for name, (types, modules) in _TOPICS.items()
        for parameter in _vectors(name, *modules)
    ]


@pytest.mark.parametrize(("types", "vector"), _coordinator_vectors())
def test_coordinator_records_are_those_of_kafka(types: RecordTypes, vector: Vector) -> None:
    message = vector.message
    if type(message).__name__.endswith("Key"):
        assert encode_record(message, None, 0) == (vector.bytes, None)
        assert types.decode_key(vector.bytes) == message
    else:
        key = types.decode_key(_key_of_type(message.__api_key__))
        assert encode_record(key, message, vector.version)[1] == vector.bytes
        assert types.decode_value(key, vector.bytes) == message


def _key_of_type(record_type: int) -> bytes:
    """Give a key that is long enough to be read as one of any type."""
    return record_type.to_bytes(2, "big") + bytes(64)


@pytest.mark.parametrize("vector", _vectors("metadata", metadata))
def test_metadata_records_are_those_of_kafka(vector: Vector) -> None:
    assert encode_metadata_record(vector.message, vector.version) == vector.bytes
    assert decode_metadata_record(vector.bytes) == vector.message


@pytest.mark.parametrize("vector", _vectors("control", control))
def test_control_records_are_those_of_kafka(vector: Vector) -> None:
    assert codec.encode(vector.message, vector.version) == vector.bytes
    assert codec.decode(type(vector.message), vector.bytes, vector.version) == vector.message


@pytest.mark.parametrize("vector", _vectors("consumer_protocol", consumer_protocol))
def test_consumer_protocol_messages_are_those_of_kafka(vector: Vector) -> None:
    message = vector.message
    assert consumer_protocol.encode_consumer_protocol(message, vector.version) == vector.bytes
    if isinstance(message, consumer_protocol.ConsumerProtocolSubscription):
        assert consumer_protocol.decode_subscription(vector.bytes) == message
    else:
        assert consumer_protocol.decode_assignment(vector.bytes) == message
