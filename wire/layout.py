"""What one version of a declaration looks like on the wire, and the text of a generated function.

Shared by the reader's and the writer's generators; see `compile`.
"""

from __future__ import annotations

import struct
from collections import Counter
from typing import Any, NamedTuple

from kafkapy.wire.schema import Field, FieldType, Kind, Message, Struct

FIXED_SIZES = {kind: struct.calcsize(">" + kind.value) for kind in Kind if len(kind.value) <= 3}

# A fixed-width array with at most this many elements is read and written by a prepared `struct`.
PREPARED_COUNT = 64

# The format of the length that stands before a value in versions that are not flexible.
LENGTH_FORMATS = {Kind.STRING: "h", Kind.BYTES: "i", Kind.RECORDS: "i", Kind.ARRAY: "i"}


class Layout(NamedTuple):
    """The fields of a struct in one version: those in sequence, and the tagged ones by tag."""

    ordinary: list[Field]
    tagged: list[Field]


def layout(struct_type: type[Struct], version: int) -> Layout:
    """Tell which fields `version` has, and how."""
    present = [field for field in struct_type.__fields__ if version in field.versions]
    tagged = [field for field in present if field.tag is not None and version in field.tagged]
    ordinary = [field for field in present if field not in tagged]
    return Layout(ordinary, sorted(tagged, key=lambda field: field.tag or 0))


def count_uses(struct_type: type[Struct], version: int) -> Counter[type[Struct]]:
    """Count in how many places each struct occurs, at any depth."""
    uses: Counter[type[Struct]] = Counter()

    def visit(visited: type[Struct]) -> None:
        uses[visited] += 1
        if uses[visited] == 1:
            for field in visited.__fields__:
                inner = (field.type.element or field.type).struct
                if inner is not None and version in field.versions:
                    visit(inner)

    visit(struct_type)
    return uses


def smallest_size(type_: FieldType, version: int, flexible: bool) -> int:
    """Give the fewest bytes that a non-null value of this type takes."""
    if type_.kind in FIXED_SIZES:
        return FIXED_SIZES[type_.kind]
    if type_.kind is not Kind.STRUCT:
        return 1 if flexible else struct.calcsize(">" + LENGTH_FORMATS[type_.kind])
    assert type_.struct is not None
    return int(flexible) + sum(
        1
        if field.type.kind is Kind.STRUCT and version in field.nullable
        else smallest_size(field.type, version, flexible)
        for field in layout(type_.struct, version).ordinary
    )


def has_records(struct_type: type[Struct]) -> bool:
    """Tell whether any field, at any depth, holds records."""
    for field in struct_type.__fields__:
        type_ = field.type.element or field.type
        if type_.kind is Kind.RECORDS or (type_.struct and has_records(type_.struct)):
            return True
    return False


def array_format(kind: Kind, count: int) -> str:
    """Give the `struct` format of `count` fixed-width values."""
    return kind.value * count if kind is Kind.UUID else f"{count}{kind.value}"


class Source:
    """The text of generated functions, and the names that they use.

    Neighbouring fixed-width values gather in `run` until `flush`, to be handled by one call.
    """

    def __init__(self, message_type: type[Message], version: int) -> None:
        self.version = version
        self.flexible = version in message_type.__flexible__
        self.names: dict[str, Any] = {}
        self.lines: list[str] = []
        self.functions: list[str] = []
        self.indent = 1
        self.run: list[tuple[str, str]] = []
        self._bound: dict[Any, str] = {}
        self._count = 0

    def add(self, line: str) -> None:
        """Append a line at the present indentation."""
        self.lines.append(" " * self.indent + line)

    def fresh(self, prefix: str) -> str:
        """Give a name that nothing else has."""
        self._count += 1
        return f"{prefix}{self._count}"

    def bind(self, prefix: str, value: Any, key: Any = None) -> str:
        """Make `value` known to the functions, once for each `key`, and give its name."""
        key = (prefix, id(value)) if key is None else key
        if key not in self._bound:
            name = self._bound[key] = self.fresh(prefix)
            self.names[name] = value
        return self._bound[key]

    def function(self, heading: str, lines: list[str]) -> None:
        """Finish a function of its own."""
        self.functions.append("\n".join([heading, *lines]))

    def build(self, name: str, title: str) -> Any:
        """Compile everything and give the function called `name`."""
        exec(compile("\n".join(self.functions), f"<{title}>", "exec"), self.names)
        return self.names[name]
