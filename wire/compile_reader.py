"""Generates the function that reads one version of a message.

The function checks every count before it allocates, but not that each value ends inside the data:
offsets only grow, so a value that is too long is found by the next read, or at the end.

A limited reader also counts the elements of all arrays and the tagged fields, and refuses too many.
An element of a byte or two becomes an object of a hundred, so that without the count some bytes of
a hostile request would cost a multiple of themselves. In an ordinary reader nothing is counted.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, NoReturn

from kafkapy.wire.errors import MalformedError
from kafkapy.wire.layout import (
    FIXED_SIZES,
    LENGTH_FORMATS,
    PREPARED_COUNT,
    Source,
    array_format,
    count_uses,
    has_records,
    layout,
    smallest_size,
)
from kafkapy.wire.primitives import read_unsigned_varint
from kafkapy.wire.schema import Buffer, Field, FieldType, Kind, Message, Struct
from kafkapy.wire.text import LONGEST_STRING_BYTES, REPLACE

_FAULTS = (IndexError, struct.error, UnicodeDecodeError)


class _ArrayUnpackers(dict[int, Callable[[Buffer, int], tuple[Any, ...]]]):
    """By count: how that many fixed-width values are unpacked."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, count: int) -> Callable[[Buffer, int], tuple[Any, ...]]:
        unpack = struct.Struct(">" + array_format(self._kind, count)).unpack_from
        if count <= PREPARED_COUNT:
            self[count] = unpack
        return unpack


_ARRAYS = {kind: _ArrayUnpackers(kind) for kind in FIXED_SIZES}


def _long_varint(data: Buffer, offset: int, first: int) -> tuple[int, int]:
    """Read on where the first byte of an unsigned varint is not its last.

    Two bytes reach 16 KB and three 2 MB, so that most records have one of these lengths.
    """
    second = data[offset]
    if second < 0x80:
        return first - 0x80 + (second << 7), offset + 1
    third = data[offset + 1]
    if third < 0x80:
        return first - 0x80 + (second - 0x80 << 7) + (third << 14), offset + 2
    return read_unsigned_varint(data, offset - 1)


def _long_string(data: Buffer, offset: int, first: int) -> tuple[int, int]:
    """Read on as `_long_varint` does; a string has the same limit as with a 16-bit length."""
    length, offset = _long_varint(data, offset, first)
    if length > LONGEST_STRING_BYTES + 1:
        raise MalformedError(f"a string of {length - 1} bytes")
    return length, offset


def _bad_length(name: str, length: int) -> NoReturn:
    if length == -1:
        raise MalformedError(f"{name} is null")
    raise MalformedError(f"{name} has the length {length}")


class Allowance:
    """How many elements a message may still have."""

    __slots__ = ("_left", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = self._left = limit

    def take(self, count: int) -> None:
        """Count elements. Raises MalformedError where they are too many."""
        self._left -= count
        if self._left < 0:
            raise MalformedError(f"more than {self._limit} elements")


def _check_tag_count(data: Buffer, offset: int, count: int) -> tuple[int, int]:
    """Give the number of tagged fields, each of which takes two bytes at least."""
    if count > 127:
        count, offset = _long_varint(data, offset, count)
    if count * 2 > len(data) - offset:
        raise MalformedError(f"{count} tagged fields in {len(data) - offset} bytes")
    return count, offset


def _read_tag(data: Buffer, offset: int) -> tuple[int, int, int]:
    """Read the head of a tagged field: tag, offset of the value, offset behind the value."""
    tag, offset = read_unsigned_varint(data, offset)
    size, offset = read_unsigned_varint(data, offset)
    return tag, offset, offset + size


def skip_tags(data: Buffer, offset: int, count: int, allowed: Allowance | None = None) -> int:
    """Skip tagged fields; `count` is the byte before `offset`. Gives the offset behind them."""
    count, offset = _check_tag_count(data, offset, count)
    if allowed is not None:
        allowed.take(count)
    for _ in range(count):
        _, _, offset = _read_tag(data, offset)
    return offset


def _bad_tag(tag: int) -> NoReturn:
    raise MalformedError(f"tagged field {tag} has another size than announced")


_NAMES = {
    "Allowance": Allowance,
    "FAULTS": _FAULTS,
    "MalformedError": MalformedError,
    "bad_length": _bad_length,
    "bad_tag": _bad_tag,
    "check_tag_count": _check_tag_count,
    "long_string": _long_string,
    "long_varint": _long_varint,
    "read_tag": _read_tag,
    "skip_tags": skip_tags,
}


def compile_reader(message_type: type[Message], version: int, *, limited: bool = False) -> Any:
    """Generate `read(data, offset) -> (message, offset behind it)`.

    A `limited` one is `read(data, offset, max_elements)`.
    """
    return _ReaderSource(message_type, version, limited).compile(message_type)


class _ReaderSource(Source):
    def __init__(self, message_type: type[Message], version: int, limited: bool) -> None:
        super().__init__(message_type, version)
        self.names.update(_NAMES)
        self.limited = limited
        self.allowed = ", allowed" if limited else ""  # as a further argument
        # Bytes are quicker to index and to decode, so that only records are worth a view.
        self.in_place = has_records(message_type)
        self.uses = count_uses(message_type, version)
        self.functions_by_struct: dict[type[Struct], str] = {}

    def compile(self, message_type: type[Message]) -> Any:
        title = f"{message_type.__name__} v{self.version}"
        self.indent = 2
        self.struct(message_type, "message")
        copy = "memoryview(data)" if self.in_place else "bytes(data)"
        self.function(
            f"def read(data, p{', limit' if self.limited else ''}):",
            [
                *([" allowed = Allowance(limit)"] if self.limited else []),
                f" if type(data) is not bytes: data = {copy}",
                " end = len(data)",
                " try:",
                *self.lines,
                " except FAULTS as error:",
                f'  raise MalformedError(f"{title}: {{error}}") from error',
                f' if p > end: raise MalformedError("{title} ends early")',
                " return message, p",
            ],
        )
        return self.build("read", f"reader of {title}")

    def flush(self) -> None:
        if not self.run:
            return
        formats = "".join(format_ for format_, _ in self.run)
        targets = ", ".join(target for _, target in self.run)
        self.run.clear()
        if formats == "B":
            self.add(f"{targets} = data[p]; p += 1")
            return
        layout_ = struct.Struct(">" + formats)
        unpack = self.bind("unpack", layout_.unpack_from, key=formats)
        self.add(f"{targets}, = {unpack}(data, p); p += {layout_.size}")

    def struct(self, struct_type: type[Struct], target: str) -> None:
        """Read a struct into `target`: by a function if it occurs more than once, or in place."""
        if self.uses[struct_type] > 1:
            self.flush()
            self.add(f"{target}, p = {self.shared(struct_type)}(data, p{self.allowed})")
        else:
            self.in_line(struct_type, target)

    def shared(self, struct_type: type[Struct]) -> str:
        """Make a function that reads a struct, once; compiling each copy would take too long."""
        if struct_type not in self.functions_by_struct:
            function = self.functions_by_struct[struct_type] = self.fresh("read_struct")
            outer, self.lines = self.lines, []
            outer_indent, self.indent = self.indent, 1
            self.in_line(struct_type, "value")
            heading = f"def {function}(data, p{self.allowed}):"
            self.function(heading, [" end = len(data)", *self.lines, " return value, p"])
            self.lines, self.indent = outer, outer_indent
        return self.functions_by_struct[struct_type]

    def in_line(self, struct_type: type[Struct], target: str) -> None:
        ordinary, tagged = layout(struct_type, self.version)
        values = {}
        for field in ordinary:
            values[field.name] = variable = self.fresh("v")
            self.value(field.type, self.version in field.nullable, variable, field.name)
        if self.flexible:
            self.run.append(("B", "n"))
            self.flush()
            if tagged:
                values.update(self.tags(tagged))
            else:
                self.add(f"if n: p = skip_tags(data, p, n{self.allowed})")
        self.flush()
        arguments = [
            values.get(field.name) or self.initial(field) for field in struct_type.__fields__
        ]
        while arguments and struct_type.__fields__[len(arguments) - 1].name not in values:
            arguments.pop()
        constructor = self.bind(struct_type.__name__, struct_type)
        self.add(f"{target} = {constructor}({', '.join(arguments)})")

    def initial(self, field: Field) -> str:
        """Give an expression for a field's default."""
        if field.default is list:
            return "[]"
        if callable(field.default):
            return self.bind("default", field.default) + "()"
        return repr(field.default)

    def value(
        self, type_: FieldType, nullable: bool, target: str, name: str, tagged: bool = False
    ) -> None:
        """Read any value into `target`; fixed-width ones may stay in the run."""
        if type_.kind in FIXED_SIZES:
            self.run.append((type_.kind.value, target))
        elif type_.kind is Kind.ARRAY:
            assert type_.element is not None
            self.array(type_.element, nullable, target, name)
        elif type_.kind is Kind.STRUCT:
            assert type_.struct is not None
            if nullable:
                self.nullable_struct(type_.struct, target, tagged)
            else:
                self.struct(type_.struct, target)
        elif self.flexible:
            self.compact(type_.kind, nullable, target, name)
        else:
            self.sized(type_.kind, nullable, target, name)

    def slice(self, kind: Kind, length: str) -> str:
        """Give an expression for the next `length` bytes, which also moves on."""
        part = f"[p:(p := p + {length})]"
        if kind is Kind.RECORDS:
            return "memoryview(data)" + part
        part = "data" + part
        if kind is Kind.STRING:
            # What is not UTF-8 is replaced, as Java's decoder does.
            decoder = f"str({part}, " if self.in_place else f"{part}.decode("
            return decoder + f'"utf-8", "{REPLACE}")'
        return f"bytes({part})" if self.in_place and kind is Kind.BYTES else part

    def sized(self, kind: Kind, nullable: bool, target: str, name: str) -> None:
        """Read a string, bytes or records behind a fixed-width length."""
        self.run.append((LENGTH_FORMATS[kind], "n"))
        self.flush()
        self.add(f"if n >= 0: {target} = {self.slice(kind, 'n')}")
        if nullable:
            self.add(f"elif n == -1: {target} = None")
        self.add(f"else: bad_length({name!r}, n)")

    def compact(self, kind: Kind, nullable: bool, target: str, name: str) -> None:
        """Read a string, bytes or records behind a varint: the length + 1, or 0 for null."""
        self.run.append(("B", "n"))
        self.flush()
        more = "long_string" if kind is Kind.STRING else "long_varint"
        self.add(f"if n > 127: n, p = {more}(data, p, n)")
        self.add(f"if n: {target} = {self.slice(kind, 'n - 1')}")
        self.add(f"else: {target} = None" if nullable else f"else: bad_length({name!r}, -1)")

    def array(self, element: FieldType, nullable: bool, target: str, name: str) -> None:
        if self.flexible:
            self.run.append(("B", "n"))
            self.flush()
            self.add("if n > 127: n, p = long_varint(data, p, n)")
            self.add("n -= 1")
        else:
            self.run.append(("i", "n"))
            self.flush()
        size = max(1, smallest_size(element, self.version, self.flexible))
        self.add(f"if 0 <= n * {size} <= end - p:")
        self.indent += 1
        if self.limited:
            self.add("allowed.take(n)")
        if element.kind in FIXED_SIZES:
            unpackers = self.bind("arrays", _ARRAYS[element.kind])
            self.add(f"{target} = [*{unpackers}[n](data, p)]; p += n * {size}")
        else:
            self.add(f"{target} = []")
            self.add("for _ in range(n):")
            self.indent += 1
            item = self.fresh("v")
            self.value(element, False, item, name)
            self.add(f"{target}.append({item})")
            self.indent -= 1
        self.indent -= 1
        if nullable:
            self.add(f"elif n == -1: {target} = None")
        self.add(f"else: bad_length({name!r}, n)")

    def nullable_struct(self, struct_type: type[Struct], target: str, tagged: bool) -> None:
        """Read a struct behind a marker: a signed byte, but in a tagged field an unsigned one."""
        self.run.append(("B", "n") if tagged else ("b", "n"))
        self.flush()
        self.add("if n > 0:" if tagged else "if n >= 0:")
        self.indent += 1
        self.struct(struct_type, target)
        self.indent -= 1
        self.add(f"else: {target} = None")

    def tags(self, fields: list[Field]) -> dict[str, str]:
        """Read tagged fields in a function of their own: they are rare. Gives their variables."""
        function = self.fresh("read_tags")
        values = {field.name: self.fresh("v") for field in fields}
        initial = [f"{values[field.name]} = {self.initial(field)}" for field in fields]
        outer, self.lines = self.lines, []
        outer_indent, self.indent = self.indent, 3
        for position, field in enumerate(fields):
            self.lines.append(f"  {'elif' if position else 'if'} tag == {field.tag}:")
            nullable = self.version in field.nullable
            self.value(field.type, nullable, values[field.name], field.name, tagged=True)
            self.flush()
        self.function(
            f"def {function}(data, p, n{self.allowed}):",
            [
                " end = len(data)",
                *(f" {line}" for line in initial),
                " count, p = check_tag_count(data, p, n)",
                *([" allowed.take(count)"] if self.limited else []),
                " for _ in range(count):",
                "  tag, p, limit = read_tag(data, p)",
                *self.lines,
                "  else: p = limit",
                "  if p != limit: bad_tag(tag)",
                f" return {', '.join(values.values())}, p",
            ],
        )
        self.lines, self.indent = outer, outer_indent
        self.add(f"if n: {', '.join(values.values())}, p = {function}(data, p, n{self.allowed})")
        self.add(f"else: {'; '.join(initial)}")
        return values
