"""Turns declarations into bytes and back.

The first use of a version of a message generates two Python functions from its declaration, one
that reads and one that writes; they are kept for as long as the process lives. `compile_reader`
and `compile_writer` hold the generators.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias, TypeVar

from kafkapy.wire.compile_reader import compile_reader
from kafkapy.wire.compile_writer import EncodingError, compile_writer
from kafkapy.wire.errors import UnsupportedVersionError
from kafkapy.wire.schema import Buffer, Message

__all__ = [
    "EncodingError",
    "LimitedReader",
    "Reader",
    "Writer",
    "decode",
    "decode_from",
    "encode",
    "encode_into",
    "limited_reader",
    "reader",
    "writer",
]

M = TypeVar("M", bound=Message)

Reader: TypeAlias = Callable[[Buffer, int], tuple[M, int]]
LimitedReader: TypeAlias = Callable[[Buffer, int, int], tuple[M, int]]
Writer: TypeAlias = Callable[[M], list[Buffer]]


def decode(message_type: type[M], data: Buffer, version: int, offset: int = 0) -> M:
    """Read a message from `data`, starting at `offset`.

    Bytes behind the message are ignored, as Kafka does. Records are views of `data`; everything
    else is copied. Raises `MalformedError`, or `UnsupportedVersionError` for a version that the
    message does not have.
    """
    message: M = _reader(message_type, version)(data, offset)[0]
    return message


def decode_from(
    message_type: type[M], data: Buffer, version: int, offset: int = 0
) -> tuple[M, int]:
    """Read a message as `decode` does, and give the offset behind it too."""
    return reader(message_type, version)(data, offset)


def encode(message: Message, version: int) -> bytes:
    """Give the bytes of a message.

    Fields that `version` lacks are left out. Raises `EncodingError` if a value does not fit its
    declaration, and `UnsupportedVersionError` as `decode` does.
    """
    pieces = _writer(type(message), version)(message)
    return b"".join(pieces)


def encode_into(message: Message, version: int, out: list[Buffer]) -> int:
    """Append the bytes of a message to `out` in pieces, and give their total size.

    Records of some size become pieces of their own, so that they are not copied.
    """
    pieces = _writer(type(message), version)(message)
    out += pieces
    return sum(map(len, pieces))


def reader(message_type: type[M], version: int) -> Reader[M]:
    """Give `read(data, offset) -> (message, offset behind it)` for one version."""
    read: Reader[M] = _reader(message_type, version)
    return read


def limited_reader(message_type: type[M], version: int) -> LimitedReader[M]:
    """Give `read(data, offset, max_elements) -> (message, offset behind it)` for one version.

    It raises `MalformedError` for more elements in all arrays, tagged fields among them.
    """
    read: LimitedReader[M] = _limited_reader(message_type, version)
    return read


def writer(message_type: type[M], version: int) -> Writer[M]:
    """Give `write(message) -> pieces` for one version."""
    write: Writer[M] = _writer(message_type, version)
    return write


@cache
def _reader(message_type: type[Message], version: int) -> Any:
    _check_version(message_type, version)
    return compile_reader(message_type, version)


@cache
def _limited_reader(message_type: type[Message], version: int) -> Any:
    _check_version(message_type, version)
    return compile_reader(message_type, version, limited=True)


@cache
def _writer(message_type: type[Message], version: int) -> Any:
    _check_version(message_type, version)
    return compile_writer(message_type, version)


def _check_version(message_type: type[Message], version: int) -> None:
    if version not in message_type.__versions__:
        raise UnsupportedVersionError(f"{message_type.__name__} has no version {version}")
