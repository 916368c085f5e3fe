"""How a message is declared: one class per message, every version of it in that class.

    class HeartbeatRequest(Request, api_key=12, versions="0-4", flexible="4+"):
        group_id: str = string()
        generation_id: int = int32()
        member_id: str = string()
        group_instance_id: str | None = string("3+", nullable="3+", default=None)

A field is declared with the function of its wire type; the first argument says in which versions
of the message it exists. A declaration is only facts: `compile` turns it into a reader and a
writer per version, at first use. An instance holds the fields of all versions; those that a
version lacks are not written, and read as their defaults.

Values: integers and floats are Python's, strings `str`, bytes `bytes`, a uuid 16 `bytes`
(`ZERO_UUID` where absent), records any buffer, arrays lists.

Source: Kafka's protocol guide; KIP-482 (flexible versions and tagged fields).
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias

import msgspec

Buffer: TypeAlias = bytes | bytearray | memoryview

ZERO_UUID = bytes(16)


class Versions(NamedTuple):
    """An inclusive range of versions; `NO_VERSIONS` holds none."""

    first: int
    last: int

    def __contains__(self, version: object) -> bool:
        return isinstance(version, int) and self.first <= version <= self.last


NO_VERSIONS = Versions(0, -1)
_LATEST = 32767


def parse_versions(text: str) -> Versions:
    """Read `"3+"`, `"2-5"`, `"4"` or `"none"`."""
    if text == "none":
        return NO_VERSIONS
    if text.endswith("+"):
        return Versions(int(text[:-1]), _LATEST)
    first, dash, last = text.partition("-")
    return Versions(int(first), int(last if dash else first))


class Kind(enum.Enum):
    """A wire type. The value of a fixed-width one is its `struct` format."""

    INT8 = "b"
    INT16 = "h"
    INT32 = "i"
    INT64 = "q"
    UINT16 = "H"
    UINT32 = "I"
    FLOAT64 = "d"
    BOOLEAN = "?"
    UUID = "16s"
    STRING = "string"
    BYTES = "bytes"
    RECORDS = "records"
    STRUCT = "struct"
    ARRAY = "array"


class FieldType(NamedTuple):
    """A wire type; `element` is set for an array, `struct` for a struct."""

    kind: Kind
    element: FieldType | None = None
    struct: type[Struct] | None = None


class Field:
    """One declared field.

    `tag` is the number of a tagged field and None for an ordinary one; `tagged` are the versions
    in which it is tagged (a field may be ordinary in older versions and tagged in newer ones).
    """

    __slots__ = ("default", "name", "nullable", "tag", "tagged", "type", "versions")

    def __init__(
        self,
        type_: FieldType,
        versions: str,
        nullable: str,
        default: Any,
        tag: int | None,
        tagged: str | None,
    ) -> None:
        self.name = ""
        self.type = type_
        self.versions = parse_versions(versions)
        self.nullable = parse_versions(nullable)
        self.default = default
        self.tag = tag
        self.tagged = NO_VERSIONS if tag is None else parse_versions(tagged or versions)

    def initial(self) -> Any:
        """Give a fresh default value."""
        return self.default() if callable(self.default) else self.default

    def __repr__(self) -> str:
        return f"Field({self.name!r}, {self.type.kind.name}, {self.versions})"


class _StructMeta(msgspec.StructMeta):
    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        versions: str = "none",
        flexible: str = "none",
        api_key: int = -1,
        **options: Any,
    ) -> type:
        fields = []
        for attribute, value in namespace.items():
            if isinstance(value, Field):
                value.name = attribute
                fields.append(value)
        for field in fields:
            default = field.default
            namespace[field.name] = (
                msgspec.field(default_factory=default) if callable(default) else default
            )
        namespace["__fields__"] = tuple(fields)
        namespace["__versions__"] = parse_versions(versions)
        namespace["__flexible__"] = parse_versions(flexible)
        namespace["__api_key__"] = api_key
        return super().__new__(mcs, name, bases, namespace, **options)


class Struct(msgspec.Struct, metaclass=_StructMeta, gc=False):
    """A group of fields inside a message, with the same versions as the message it is in."""

    # Messages are trees: the cycle collector, which would walk each of them, has nothing to find.

    __fields__: ClassVar[tuple[Field, ...]]


class Message(Struct):
    """A whole message: `__versions__` that exist and `__flexible__` ones (KIP-482)."""

    __versions__: ClassVar[Versions]
    __flexible__: ClassVar[Versions]
    __api_key__: ClassVar[int]

    if TYPE_CHECKING:  # the metaclass takes these; checkers look for them here

        def __init_subclass__(
            cls, *, versions: str = "none", flexible: str = "none", api_key: int = -1
        ) -> None: ...


class Request(Message):
    """A request of the API `__api_key__`."""


class Response(Message):
    """A response of the API `__api_key__`."""


class Data(Message):
    """A message outside of requests: a blob inside one, or a record of an internal topic.

    For a record type, `api_key` is the type number that its key (or its frame) starts with.
    """


def _scalar(kind: Kind, zero: Any) -> Callable[..., Any]:
    def declare(
        versions: str = "0+",
        *,
        nullable: str = "none",
        default: Any = zero,
        tag: int | None = None,
        tagged: str | None = None,
    ) -> Any:
        return Field(FieldType(kind), versions, nullable, default, tag, tagged)

    declare.__name__ = kind.name.lower()
    declare.__doc__ = f"Declare a field of type {kind.name}; without a default it is {zero!r}."
    return declare


int8 = _scalar(Kind.INT8, 0)
int16 = _scalar(Kind.INT16, 0)
int32 = _scalar(Kind.INT32, 0)
int64 = _scalar(Kind.INT64, 0)
uint16 = _scalar(Kind.UINT16, 0)
uint32 = _scalar(Kind.UINT32, 0)
float64 = _scalar(Kind.FLOAT64, 0.0)
boolean = _scalar(Kind.BOOLEAN, False)
uuid = _scalar(Kind.UUID, ZERO_UUID)
string = _scalar(Kind.STRING, "")
bytes_ = _scalar(Kind.BYTES, b"")
records = _scalar(Kind.RECORDS, None)


def struct(
    type_: type[Struct],
    versions: str = "0+",
    *,
    nullable: str = "none",
    default: Any = ...,
    tag: int | None = None,
    tagged: str | None = None,
) -> Any:
    """Declare a field that holds one struct; without a default it is an empty one."""
    initial = type_ if default is ... else default
    field_type = FieldType(Kind.STRUCT, struct=type_)
    return Field(field_type, versions, nullable, initial, tag, tagged)


def array(
    element: type[Struct] | Callable[..., Any],
    versions: str = "0+",
    *,
    nullable: str = "none",
    default: Any = list,
    tag: int | None = None,
    tagged: str | None = None,
) -> Any:
    """Declare an array of structs, or of a scalar type: `array(int32)`, `array(Topic)`."""
    if isinstance(element, type):
        element_type = FieldType(Kind.STRUCT, struct=element)
    else:
        element_type = element().type
    field_type = FieldType(Kind.ARRAY, element=element_type)
    return Field(field_type, versions, nullable, default, tag, tagged)
