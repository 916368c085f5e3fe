"""Generates the function that writes one version of a message.

The function trusts its message: what does not fit the declaration makes Python raise somewhere,
and that becomes an `EncodingError`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from kafkapy.wire.layout import (
    FIXED_SIZES,
    LENGTH_FORMATS,
    PREPARED_COUNT,
    Source,
    array_format,
    has_records,
    layout,
)
from kafkapy.wire.primitives import write_unsigned_varint
from kafkapy.wire.schema import Buffer, Field, FieldType, Kind, Message, Struct
from kafkapy.wire.text import LONGEST_STRING_BYTES

_NO_TAGS = b"\0"
_PREPARED_VARINTS = 1024
# Records below this size are cheaper to copy than to hand over as a piece of their own.
_SMALL_RECORDS_BYTES = 4096
_FAULTS = (struct.error, AttributeError, TypeError, ValueError)


class EncodingError(ValueError):
    """A message that its declaration does not allow: a mistake in the caller, not in any input."""


class _Varints(dict[int, bytes]):
    """By value: its unsigned varint."""

    def __missing__(self, value: int) -> bytes:
        encoded = write_unsigned_varint(value)
        if value < _PREPARED_VARINTS:
            self[value] = encoded
        return encoded


class _StringLengths(_Varints):
    """By byte length + 1: its unsigned varint, within the limit for strings."""

    def __missing__(self, value: int) -> bytes:
        if value > LONGEST_STRING_BYTES + 1:
            raise ValueError(f"a string of {value - 1} bytes")
        return super().__missing__(value)


_VARINTS = _Varints()
_STRING_LENGTHS = _StringLengths()


class _ArrayPackers(dict[int, Callable[..., bytes]]):
    """By count: how that many fixed-width values are packed, together with the count itself."""

    def __init__(self, kind: Kind, flexible: bool) -> None:
        super().__init__()
        self._kind = kind
        self._flexible = flexible

    def __missing__(self, count: int) -> Callable[..., bytes]:
        values = array_format(self._kind, count)
        if self._flexible and count >= 0x7F:
            pack_values = struct.Struct(">" + values).pack
            return lambda count, *values: _VARINTS[count] + pack_values(*values)
        pack = struct.Struct((">B" if self._flexible else ">i") + values).pack
        if count <= PREPARED_COUNT:
            self[count] = pack
        return pack


_ARRAYS = {
    (kind, flexible): _ArrayPackers(kind, flexible)
    for kind in FIXED_SIZES
    for flexible in (False, True)
}


def _add_tag(sections: list[bytes], tag: int, pieces: list[Buffer]) -> None:
    """Append one tagged field, the value of which is in `pieces`."""
    value = b"".join(pieces)
    sections.append(_VARINTS[tag] + _VARINTS[len(value)] + value)


def _join_tags(sections: list[bytes]) -> bytes:
    return _VARINTS[len(sections)] + b"".join(sections)


_NAMES = {
    "EncodingError": EncodingError,
    "FAULTS": _FAULTS,
    "add_tag": _add_tag,
    "join": b"".join,
    "join_tags": _join_tags,
    "string_lengths": _STRING_LENGTHS,
    "varints": _VARINTS,
}


def compile_writer(message_type: type[Message], version: int) -> Any:
    """Generate `write(message) -> pieces`: one, unless records are among them."""
    return _WriterSource(message_type, version).compile(message_type)


class _WriterSource(Source):
    def __init__(self, message_type: type[Message], version: int) -> None:
        super().__init__(message_type, version)
        self.names.update(_NAMES)

    def compile(self, message_type: type[Message]) -> Any:
        title = f"{message_type.__name__} v{self.version}"
        self.indent = 2
        self.struct(message_type, "message")
        self.flush()
        in_pieces = has_records(message_type)
        self.function(
            "def write(message):",
            [
                *([" pieces = []"] if in_pieces else []),
                " out = []; w = out.append",
                " try:",
                *(self.lines or ["  pass"]),
                "  rest = join(out)",
                " except FAULTS as error:",
                f'  raise EncodingError(f"{title}: {{error}}") from error',
                *([" pieces.append(rest)", " return pieces"] if in_pieces else [" return [rest]"]),
            ],
        )
        return self.build("write", f"writer of {title}")

    def flush(self) -> None:
        if not self.run:
            return
        formats = "".join(format_ for format_, _ in self.run)
        values = ", ".join(value for _, value in self.run if value)
        self.run.clear()
        layout_ = struct.Struct(">" + formats)
        if values:
            self.add(f"w({self.bind('pack', layout_.pack, key=formats)}({values}))")
        else:
            self.add(f"w({layout_.pack()!r})")

    def struct(self, struct_type: type[Struct], source: str) -> None:
        """Write the struct in the variable `source`; its end may stay in the run."""
        ordinary, tagged = layout(struct_type, self.version)
        for field in ordinary:
            self.value(field.type, self.version in field.nullable, f"{source}.{field.name}")
        if tagged:
            self.flush()
            unchanged = " and ".join(
                f"{source}.{field.name} == {self.default(field)}" for field in tagged
            )
            function = self.tags(tagged)
            self.add(f"w({_NO_TAGS!r} if {unchanged} else {function}({source}))")
        elif self.flexible:
            self.run.append(("x", ""))

    def value(self, type_: FieldType, nullable: bool, source: str, tagged: bool = False) -> None:
        """Write the value of the expression `source`; fixed-width ones stay in the run."""
        if type_.kind in FIXED_SIZES:
            self.run.append((type_.kind.value, source))
            return
        variable = self.fresh("v")
        self.add(f"{variable} = {source}")
        if type_.kind is Kind.STRUCT:
            assert type_.struct is not None
            if nullable:
                self.nullable_struct(type_.struct, variable, tagged)
            else:
                self.struct(type_.struct, variable)
        elif nullable:
            self.nullable(type_, variable)
        else:
            self.sized(type_, variable)

    def nullable(self, type_: FieldType, source: str) -> None:
        self.flush()
        length = "x" if self.flexible else LENGTH_FORMATS[type_.kind]
        null = b"\0" if self.flexible else struct.pack(">" + length, -1)
        self.add(f"if {source} is None: w({null!r})")
        self.add("else:")
        self.indent += 1
        self.sized(type_, source)
        self.flush()
        self.indent -= 1

    def sized(self, type_: FieldType, source: str) -> None:
        """Write a length and what it counts."""
        kind = type_.kind
        if kind is Kind.ARRAY:
            assert type_.element is not None
            self.array(type_.element, source)
            return
        if kind is Kind.STRING:
            self.add(f"{source} = {source}.encode()")
        self.length(kind, source)
        if kind is Kind.RECORDS:
            self.add(f"if len({source}) < {_SMALL_RECORDS_BYTES}: w({source})")
            self.add(f"else: pieces += (join(out), {source}); out.clear()")
        else:
            self.add(f"w({source})")

    def length(self, kind: Kind, source: str) -> None:
        if self.flexible:
            self.flush()
            table = "string_lengths" if kind is Kind.STRING else "varints"
            self.add(f"w({table}[len({source}) + 1])")
        else:
            self.run.append((LENGTH_FORMATS[kind], f"len({source})"))
            self.flush()

    def array(self, element: FieldType, source: str) -> None:
        if element.kind in FIXED_SIZES:
            self.flush()
            packers = self.bind("arrays", _ARRAYS[element.kind, self.flexible])
            count = f"n + {int(self.flexible)}" if self.flexible else "n"
            self.add(f"n = len({source}); w({packers}[n]({count}, *{source}))")
            return
        self.length(Kind.ARRAY, source)
        item = self.fresh("v")
        self.add(f"for {item} in {source}:")
        self.indent += 1
        if element.kind is Kind.STRUCT:
            assert element.struct is not None
            self.struct(element.struct, item)
        else:
            self.sized(element, item)
        self.flush()
        if self.lines[-1].endswith(":"):
            self.add("pass")
        self.indent -= 1

    def nullable_struct(self, struct_type: type[Struct], source: str, tagged: bool) -> None:
        """Write a struct behind a marker: a signed byte, but in a tagged field an unsigned one."""
        self.flush()
        null = b"\x00" if tagged else b"\xff"
        self.add(f"if {source} is None: w({null!r})")
        self.add("else:")
        self.indent += 1
        self.run.append(("b", "1"))
        self.struct(struct_type, source)
        self.flush()
        self.indent -= 1

    def default(self, field: Field) -> str:
        """Give an expression for a field's default, to compare with."""
        if callable(field.default):
            return self.bind("default", field.initial(), key=field)
        return repr(field.default)

    def tags(self, fields: list[Field]) -> str:
        """Make a function that encodes those tagged fields that differ from their defaults."""
        function = self.fresh("write_tags")
        outer, self.lines = self.lines, []
        outer_indent, self.indent = self.indent, 1
        for field in fields:
            self.add(f"if m.{field.name} != {self.default(field)}:")
            self.indent = 2
            if field.type.kind in FIXED_SIZES:
                self.fixed_tag(field)
            else:
                self.add("out = []; w = out.append")
                nullable = self.version in field.nullable
                self.value(field.type, nullable, f"m.{field.name}", tagged=True)
                self.flush()
                self.add(f"add_tag(sections, {field.tag}, out)")
            self.indent = 1
        self.function(
            f"def {function}(m):",
            [" sections = []", *self.lines, " return join_tags(sections)"],
        )
        self.lines, self.indent = outer, outer_indent
        return function

    def fixed_tag(self, field: Field) -> None:
        """Append a tagged field whose size is known: in one piece with its tag and size."""
        assert field.tag is not None
        kind = field.type.kind
        front = write_unsigned_varint(field.tag) + write_unsigned_varint(FIXED_SIZES[kind])
        pack = self.bind("pack", struct.Struct(">" + kind.value).pack, key=kind.value)
        self.add(f"sections.append({front!r} + {pack}(m.{field.name}))")
