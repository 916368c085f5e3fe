"""Compares the codec with the bytes of the Java client; `golden/README.md` says what they hold."""

import base64
import functools
import gzip
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kafkapy.wire.api import API, Api
from kafkapy.wire.compile import decode_from, encode, encode_into
from kafkapy.wire.headers import (
    RequestHeader,
    read_request_header,
    read_response_header,
    write_request_header,
    write_response_header,
)
from kafkapy.wire.layout import layout
from kafkapy.wire.schema import Buffer, FieldType, Kind, Message, Struct

GOLDEN = Path(__file__).with_name("golden")
NEWEST = "messages-4.3.1.jsonl.gz"
FILES = {"4.3.1": [], "3.9.1": [str(GOLDEN / NEWEST)]}  # release: arguments of its program
NULLS = ("nulls_0", "nulls_1", "nulls_2")
VARIANTS = ("filled", *NULLS, "defaults")
EVERY_API = pytest.mark.parametrize("api", API.values(), ids=lambda api: api.name)


class Vector(msgspec.Struct):
    message: str
    version: int
    variant: str
    fields: dict[str, Any]
    encoded: bytes = msgspec.field(name="bytes")

    def __str__(self) -> str:
        return f"{self.message} v{self.version} {self.variant}"


@functools.cache
def vectors() -> dict[str, list[Vector]]:
    by_message: dict[str, list[Vector]] = {}
    decode = msgspec.json.Decoder(Vector).decode
    for release in FILES:
        lines = gzip.decompress((GOLDEN / f"messages-{release}.jsonl.gz").read_bytes())
        for vector in map(decode, lines.splitlines()):
            by_message.setdefault(vector.message, []).append(vector)
    return by_message


def vectors_of(api: Api) -> Iterator[tuple[type[Message], Vector]]:
    for message in (api.request, api.response):
        for vector in vectors()[message.__name__]:
            yield message, vector


def from_json(type_: FieldType, value: Any, version: int) -> Any:
    if value is None:
        return None
    if type_.element:
        return [from_json(type_.element, item, version) for item in value]
    if type_.struct:
        return struct_from_json(type_.struct, value, version)
    if type_.kind is Kind.UUID:
        return base64.urlsafe_b64decode(value + "==")
    if type_.kind in (Kind.BYTES, Kind.RECORDS):
        return base64.b64decode(value)
    return value


def struct_from_json(struct: type[Struct], fields: dict[str, Any], version: int) -> Any:
    """Make a struct of the fields that Java has in a version: ours must be exactly the same."""
    ordinary, tagged = layout(struct, version)
    by_name = {field.name.replace("_", ""): field for field in (*ordinary, *tagged)}
    values = {}
    for name, value in fields.items():
        field = by_name[name.lower()]
        values[field.name] = from_json(field.type, value, version)
    assert values.keys() >= {field.name for field in ordinary}, struct
    return struct(**values)


def one_of_each(struct: type[Struct], version: int) -> Any:
    """Make a struct of defaults, with one element in each array of structs."""
    values: dict[str, Any] = {}
    for field in (field for fields in layout(struct, version) for field in fields):
        if field.type.struct:
            values[field.name] = one_of_each(field.type.struct, version)
        elif field.type.element and field.type.element.struct:
            values[field.name] = [one_of_each(field.type.element.struct, version)]
    return struct(**values)


def assert_null_where_possible(struct: Struct, version: int, enter: int) -> None:
    """Check that every field is null that may be, below `enter` nullable ones with structs."""
    for field in (field for fields in layout(type(struct), version) for field in fields):
        value = getattr(struct, field.name)
        inner = (field.type.element or field.type).struct
        nullable = version in field.nullable
        may_be_null = nullable and not (inner and enter)
        assert (value is None) == may_be_null, f"{type(struct).__name__}.{field.name} v{version}"
        if inner and value is not None:
            for element in value if field.type.element else [value]:
                assert_null_where_possible(element, version, enter - nullable)


def test_there_are_vectors_of_every_version_of_every_message() -> None:
    expected = {("RequestHeader", 1), ("RequestHeader", 2)}
    expected |= {("ResponseHeader", 0), ("ResponseHeader", 1)}
    for api in API.values():
        for version in range(api.versions.first, api.versions.last + 1):
            expected |= {(api.request.__name__, version), (api.response.__name__, version)}
    present = sorted(
        (vector.message, vector.version, vector.variant)
        for group in vectors().values()
        for vector in group
    )
    assert present == sorted((*key, variant) for key in expected for variant in VARIANTS)


@EVERY_API
def test_the_bytes_of_java_are_read_completely_and_as_java_meant_them(api: Api) -> None:
    for message, vector in vectors_of(api):
        expected = struct_from_json(message, vector.fields, vector.version)
        decoded, end = decode_from(message, vector.encoded, vector.version)
        assert decoded == expected, vector
        # Here True and 1 differ.
        assert msgspec.json.encode(decoded) == msgspec.json.encode(expected), vector
        assert end == len(vector.encoded), vector


@EVERY_API
def test_a_message_is_written_as_java_writes_it(api: Api) -> None:
    for message, vector in vectors_of(api):
        built = struct_from_json(message, vector.fields, vector.version)
        assert encode(built, vector.version) == vector.encoded, vector
        pieces: list[Buffer] = []
        assert encode_into(built, vector.version, pieces) == len(vector.encoded), vector
        assert b"".join(pieces) == vector.encoded, vector


@EVERY_API
def test_a_field_that_nobody_sets_has_the_value_that_java_gives_it(api: Api) -> None:
    for message, vector in vectors_of(api):
        if vector.variant == "defaults":
            expected = struct_from_json(message, vector.fields, vector.version)
            assert one_of_each(message, vector.version) == expected, vector


@EVERY_API
def test_a_field_may_be_null_where_java_allows_it(api: Api) -> None:
    for message, vector in vectors_of(api):
        if vector.variant in NULLS:
            built = struct_from_json(message, vector.fields, vector.version)
            assert_null_where_possible(built, vector.version, NULLS.index(vector.variant))


def test_request_headers_are_read_and_written_as_java_does() -> None:
    for vector in vectors()["RequestHeader"]:
        fields = vector.fields
        header = RequestHeader(
            fields["requestApiKey"],
            fields["requestApiVersion"],
            fields["correlationId"],
            fields["clientId"],
        )
        read = read_request_header(vector.encoded, lambda *_, version=vector.version: version)
        assert read == (header, len(vector.encoded))
        assert write_request_header(header, vector.version) == vector.encoded


def test_response_headers_are_read_and_written_as_java_does() -> None:
    for vector in vectors()["ResponseHeader"]:
        correlation_id = vector.fields["correlationId"]
        end = len(vector.encoded)
        assert read_response_header(vector.encoded, vector.version) == (correlation_id, end)
        assert write_response_header(correlation_id, vector.version) == vector.encoded


@pytest.mark.kafka_jars
@pytest.mark.parametrize("release", FILES)
def test_the_java_client_still_gives_the_same_vectors(release: str, tmp_path: Path) -> None:
    java = shutil.which("java")
    jars = os.environ.get("KAFKA_CLIENTS_CLASSPATH", "").split(os.pathsep)
    wanted = f"kafka-clients-{release}.jar"
    if not java or wanted not in (Path(jar).name for jar in jars):
        pytest.skip(f"needs java, and {wanted} in KAFKA_CLIENTS_CLASSPATH")
    others = {f"kafka-clients-{other}.jar" for other in FILES} - {wanted}
    classpath = os.pathsep.join(jar for jar in jars if Path(jar).name not in others)
    program = [java, "-cp", classpath, str(GOLDEN / "MessageVectors.java")]
    subprocess.run([*program, str(tmp_path), *FILES[release]], check=True, capture_output=True)
    name = f"messages-{release}.jsonl.gz"
    again = gzip.decompress((tmp_path / name).read_bytes())
    assert again == gzip.decompress((GOLDEN / name).read_bytes())
