"""Large frames of tiny elements: a byte or two of a frame is an object of a hundred in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from kafkapy.wire.api import API, ApiKey
from kafkapy.wire.schema import FieldType, Kind, Struct, Versions
from tests.fuzzing.frames import frame_of

# What is not counted, just what is allowed, just more, and far more elements.
COUNTS = (9_900, 49_000, 49_000, 51_000, 500_000)
_TOPIC = "plain"

_Path = tuple[str, ...]


def large_frame(random: Random, versions: Mapping[ApiKey, Versions]) -> bytes:
    """Fill one array of any request with as many of the smallest elements."""
    while True:
        key, served = random.choice(list(versions.items()))
        version = random.randint(served.first, served.last)
        paths = list(_arrays(API[key].request, version))
        if paths:
            return frame_with(key, version, random.choice(paths), random.choice(COUNTS))


def frame_with(key: ApiKey, version: int, path: _Path, count: int) -> bytes:
    """Make a request with so many elements in the array at the end of a path of field names."""
    return frame_of(_filled(API[key].request, version, path, count), version)


def _arrays(struct_type: type[Struct], version: int) -> Iterator[_Path]:
    """Give the way to each array in a request, arrays in arrays among them."""
    for field in struct_type.__fields__:
        if version in field.versions and field.type.kind is Kind.ARRAY:
            yield (field.name,)
            assert field.type.element is not None
            if field.type.element.struct is not None:
                for path in _arrays(field.type.element.struct, version):
                    yield (field.name, *path)


def _filled(struct_type: type[Struct], version: int, path: _Path, count: int) -> Any:
    """Make a struct with `count` elements in one array, and as little as may be elsewhere."""
    made = struct_type()
    for field in struct_type.__fields__:
        if version not in field.versions:
            continue
        if field.type.kind is Kind.ARRAY:
            assert field.type.element is not None
            value: Any = []
            if path and field.name == path[0]:
                value = _elements(field.type.element, version, path[1:], count)
            setattr(made, field.name, value)
        elif getattr(made, field.name) is None and version not in field.nullable:
            setattr(made, field.name, _smallest(field.type, version))
        elif path and field.type.kind is Kind.STRING and field.name in ("name", "topic"):
            setattr(made, field.name, _TOPIC)  # which exists, so that its elements are looked at
    return made


def _elements(element: FieldType, version: int, path: _Path, count: int) -> list[Any]:
    if path:
        assert element.struct is not None
        return [_filled(element.struct, version, path, count)]
    return [_smallest(element, version)] * count


def _smallest(type_: FieldType, version: int) -> Any:
    if type_.struct is not None:
        return _filled(type_.struct, version, (), 0)
    return {Kind.STRING: "", Kind.UUID: bytes(16), Kind.BYTES: b"", Kind.RECORDS: b""}.get(
        type_.kind, 0
    )
