"""How `kafkapy consume` writes records: kcat's format strings, or JSON."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Callable

import msgspec
from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from kafkapy.tools.escapes import unescape

Format = Callable[[Message], bytes]

_TOKEN = re.compile(r"%(.)", re.DOTALL)


def _length(data: bytes | None) -> int:
    return -1 if data is None else len(data)


def _headers(message: Message) -> bytes:
    pairs = [(name.encode(), _header_value(value)) for name, value in headers(message)]
    return b",".join(name + b"=" + value for name, value in pairs)


def _header_value(value: bytes | None) -> bytes:
    return b"NULL" if value is None else value


_FIELDS: dict[str, Format] = {
    "t": lambda message: (message.topic() or "").encode(),
    "p": lambda message: b"%d" % (message.partition() or 0),
    "o": lambda message: b"%d" % (message.offset() or 0),
    "k": lambda message: message.key() or b"",
    "s": lambda message: message.value() or b"",
    "K": lambda message: b"%d" % _length(message.key()),
    "S": lambda message: b"%d" % _length(message.value()),
    "R": lambda message: struct.pack(">i", _length(message.value())),
    "T": lambda message: b"%d" % message.timestamp()[1],
    "h": _headers,
    "%": lambda message: b"%",
}


def headers(message: Message) -> list[tuple[str, bytes | None]]:
    """Give the headers in their order."""
    found = message.headers() or []
    pairs = found.items() if isinstance(found, dict) else found
    return [(name, value.encode() if isinstance(value, str) else value) for name, value in pairs]


def compile_format(text: str) -> Format:
    r"""Compile a format: `%t %p %o %k %s %K %S %R %T %h %%`, and escapes such as `\n`.

    Raises ValueError for a letter that means nothing.
    """
    parts: list[Format] = []
    done = 0
    for match in _TOKEN.finditer(text):
        parts.append(_constant(unescape(text[done : match.start()])))
        if match[1] not in _FIELDS:
            raise ValueError(f"{match[0]} means nothing; known are %{' %'.join(_FIELDS)}")
        parts.append(_FIELDS[match[1]])
        done = match.end()
    parts.append(_constant(unescape(text[done:])))
    return lambda message: b"".join([part(message) for part in parts])


def _constant(data: bytes) -> Format:
    return lambda message: data


def as_json(message: Message) -> bytes:
    """Write a record as one line; bytes that are not UTF-8 become `{"base64": "…"}`."""
    kind, timestamp = message.timestamp()
    record = {
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": None if kind == TIMESTAMP_NOT_AVAILABLE else timestamp,
        "key": _text(message.key()),
        "value": _text(message.value()),
        "headers": [{"key": name, "value": _text(value)} for name, value in headers(message)],
    }
    return msgspec.json.encode(record) + b"\n"


def _text(data: bytes | None) -> str | dict[str, str] | None:
    if data is None:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}
