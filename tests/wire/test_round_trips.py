"""Properties of the codec that every declared message must have, in every version."""

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kafkapy.wire.internal
import kafkapy.wire.messages
from kafkapy.wire.compile import decode, decode_from, encode
from kafkapy.wire.errors import MalformedError, WireError
from kafkapy.wire.schema import ZERO_UUID, Field, FieldType, Kind, Message, Struct


def messages_of(package: ModuleType) -> list[type[Message]]:
    names = [info.name for info in pkgutil.iter_modules(package.__path__, package.__name__ + ".")]
    return [
        declared
        for module in map(importlib.import_module, names)
        for declared in vars(module).values()
        if isinstance(declared, type)
        and issubclass(declared, Message)
        and declared.__module__ == module.__name__
    ]


MESSAGES = [*messages_of(kafkapy.wire.messages), *messages_of(kafkapy.wire.internal)]
EVERY_MESSAGE = pytest.mark.parametrize("message_type", MESSAGES, ids=lambda type_: type_.__name__)
FEW = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

ZEROS: dict[Kind, Any] = {Kind.STRING: "", Kind.BYTES: b"", Kind.RECORDS: b"", Kind.ARRAY: []}

SCALARS: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.INT8: st.integers(-(2**7), 2**7 - 1),
    Kind.INT16: st.integers(-(2**15), 2**15 - 1),
    Kind.INT32: st.integers(-(2**31), 2**31 - 1),
    Kind.INT64: st.integers(-(2**63), 2**63 - 1),
    Kind.UINT16: st.integers(0, 2**16 - 1),
    Kind.UINT32: st.integers(0, 2**32 - 1),
    Kind.FLOAT64: st.floats(allow_nan=False),
    Kind.BOOLEAN: st.booleans(),
    Kind.UUID: st.just(ZERO_UUID) | st.binary(min_size=16, max_size=16),
    Kind.STRING: st.sampled_from(["", "ä", "a" * 126, "b" * 127, "c" * 300]) | st.text(max_size=5),
    Kind.BYTES: st.binary(max_size=5),
    Kind.RECORDS: st.binary(max_size=5) | st.just(bytes(5000)),
}


def values(type_: FieldType) -> st.SearchStrategy[Any]:
    if type_.kind is Kind.ARRAY:
        assert type_.element is not None
        return st.lists(values(type_.element), max_size=2)
    if type_.kind is Kind.STRUCT:
        assert type_.struct is not None
        return instances(type_.struct)
    return SCALARS[type_.kind]


@cache
def instances(struct_type: type[Struct]) -> st.SearchStrategy[Any]:
    """Make structs with a value in every field, of whatever version."""
    fields = [
        st.none() | values(field.type) if field.nullable.last >= 0 else values(field.type)
        for field in struct_type.__fields__
    ]
    return st.tuples(*fields).map(lambda arguments: struct_type(*arguments))


def in_version(value: Any, version: int) -> Any:
    """Give what is left of a message after it was written in `version` and read again."""
    if isinstance(value, list):
        return [in_version(item, version) for item in value]
    if not isinstance(value, Struct):
        return value
    return type(value)(
        *(
            field_in_version(field, getattr(value, field.name), version)
            for field in value.__fields__
        )
    )


def field_in_version(field: Field, value: Any, version: int) -> Any:
    if version not in field.versions:
        return field.initial()
    if value is None and version not in field.nullable:
        struct_type = field.type.struct
        return ZEROS[field.type.kind] if struct_type is None else struct_type()
    return in_version(value, version)


def versions_of(message_type: type[Message]) -> range:
    first, last = message_type.__versions__
    return range(first, last + 1)


@EVERY_MESSAGE
@FEW
@given(data=st.data())
def test_what_is_written_reads_back_in_every_version(
    message_type: type[Message], data: st.DataObject
) -> None:
    anything = data.draw(instances(message_type))
    for version in versions_of(message_type):
        message = in_version(anything, version)
        encoded = encode(message, version)
        assert decode_from(message_type, encoded, version) == (message, len(encoded))
        assert decode(message_type, memoryview(b"?" + encoded), version, 1) == message


@EVERY_MESSAGE
@FEW
@given(data=st.data())
def test_a_message_that_is_cut_short_is_malformed(
    message_type: type[Message], data: st.DataObject
) -> None:
    version = data.draw(st.sampled_from(versions_of(message_type)))
    encoded = encode(in_version(data.draw(instances(message_type)), version), version)
    for size in range(0, len(encoded), 1 + len(encoded) // 50):
        with pytest.raises(MalformedError):
            decode(message_type, encoded[:size], version)


@EVERY_MESSAGE
@FEW
@given(data=st.data())
def test_damaged_bytes_raise_a_wire_error_or_make_another_message(
    message_type: type[Message], data: st.DataObject
) -> None:
    version = data.draw(st.sampled_from(versions_of(message_type)))
    damaged = bytearray(encode(in_version(data.draw(instances(message_type)), version), version))
    for _ in range(data.draw(st.integers(1, 3)) if damaged else 0):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    expect_wire_error_or_message(message_type, bytes(damaged), version)


@EVERY_MESSAGE
@FEW
@given(noise=st.binary(max_size=64))
def test_noise_raises_a_wire_error_or_makes_a_message(
    message_type: type[Message], noise: bytes
) -> None:
    for version in versions_of(message_type):
        expect_wire_error_or_message(message_type, noise, version)


def expect_wire_error_or_message(message_type: type[Message], data: bytes, version: int) -> None:
    try:
        message = decode(message_type, data, version)
    except WireError:
        return
    encoded = encode(message, version)
    assert encode(decode(message_type, encoded, version), version) == encoded
