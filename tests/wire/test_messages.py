import keyword
import pkgutil
import re
from collections.abc import Iterator

import pytest

import kafkapy.wire.messages
from kafkapy.wire.api import API, Api
from kafkapy.wire.schema import NO_VERSIONS, Field, Kind, Message, Struct, Versions

MESSAGES = [message for api in API.values() for message in (api.request, api.response)]
EVERY_API = pytest.mark.parametrize("api", API.values(), ids=lambda api: api.name)
EVERY_MESSAGE = pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.__name__)


def element_struct(field: Field) -> type[Struct] | None:
    return (field.type.element or field.type).struct


def structs_of(struct: type[Struct]) -> Iterator[type[Struct]]:
    yield struct
    for field in struct.__fields__:
        inner = element_struct(field)
        if inner is not None:
            yield from structs_of(inner)


def fields_of(message: type[Message]) -> Iterator[Field]:
    for struct in structs_of(message):
        yield from struct.__fields__


def is_within(inner: Versions, outer: Versions) -> bool:
    return inner == NO_VERSIONS or (outer.first <= inner.first and inner.last <= outer.last)


def test_every_module_of_messages_belongs_to_an_api() -> None:
    modules = {module.name for module in pkgutil.iter_modules(kafkapy.wire.messages.__path__)}
    assert modules == {api.module for api in API.values()}


@EVERY_API
def test_an_api_and_its_messages_agree_on_key_and_versions(api: Api) -> None:
    for message in (api.request, api.response):
        assert message.__api_key__ == api.key
        assert message.__versions__ == api.versions
        assert message.__flexible__ == api.flexible
    assert api.request.__name__ == f"{api.name}Request"
    assert api.response.__name__ == f"{api.name}Response"


@EVERY_MESSAGE
def test_a_message_can_be_made_of_defaults_alone(message: type[Message]) -> None:
    for struct in structs_of(message):
        instance = struct()
        for field in struct.__fields__:
            assert getattr(instance, field.name) == field.initial()


@EVERY_MESSAGE
def test_two_instances_of_a_message_share_no_array(message: type[Message]) -> None:
    for struct in structs_of(message):
        first, second = struct(), struct()
        for field in struct.__fields__:
            if isinstance(field.initial(), (list, Struct)):
                assert getattr(first, field.name) is not getattr(second, field.name)


@EVERY_MESSAGE
def test_field_names_are_snake_case_and_no_keywords(message: type[Message]) -> None:
    for field in fields_of(message):
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", field.name)
        assert not keyword.iskeyword(field.name)


@EVERY_MESSAGE
def test_a_field_exists_in_a_version_of_its_message(message: type[Message]) -> None:
    for field in fields_of(message):
        shared = [v for v in range(message.__versions__.last + 1) if v in field.versions]
        assert any(version in message.__versions__ for version in shared), field


@EVERY_MESSAGE
def test_a_field_is_nullable_and_tagged_only_where_it_exists(message: type[Message]) -> None:
    for field in fields_of(message):
        assert is_within(field.nullable, field.versions), field
        assert is_within(field.tagged, field.versions), field
        assert is_within(field.tagged, message.__flexible__), field


@EVERY_MESSAGE
def test_tags_of_a_struct_count_up_from_zero(message: type[Message]) -> None:
    for struct in structs_of(message):
        tags = [field.tag for field in struct.__fields__ if field.tag is not None]
        assert sorted(tags) == list(range(len(tags)))


@EVERY_MESSAGE
def test_a_default_fits_the_type_of_its_field(message: type[Message]) -> None:
    for field in fields_of(message):
        default = field.initial()
        if default is None:
            assert field.nullable != NO_VERSIONS, field
        else:
            assert isinstance(default, PYTHON_TYPES[field.type.kind]), field


@EVERY_MESSAGE
def test_every_message_and_struct_says_what_it_is(message: type[Message]) -> None:
    for struct in structs_of(message):
        assert struct.__doc__
        assert struct.__doc__.rstrip().endswith(".")


PYTHON_TYPES: dict[Kind, type | tuple[type, ...]] = {
    Kind.INT8: int,
    Kind.INT16: int,
    Kind.INT32: int,
    Kind.INT64: int,
    Kind.UINT16: int,
    Kind.UINT32: int,
    Kind.FLOAT64: float,
    Kind.BOOLEAN: bool,
    Kind.UUID: bytes,
    Kind.STRING: str,
    Kind.BYTES: bytes,
    Kind.RECORDS: bytes,
    Kind.STRUCT: Struct,
    Kind.ARRAY: list,
}
