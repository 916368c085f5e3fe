"""The headers in front of requests and responses, by hand because every request has one.

Which version of the header a request has follows from its API and version; `wire.api` knows.

Source: Kafka's protocol guide, "Headers"; KIP-482.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import msgspec

from kafkapy.wire.compile_reader import Allowance, skip_tags
from kafkapy.wire.errors import MalformedError
from kafkapy.wire.schema import Buffer
from kafkapy.wire.text import REPLACE

_FIXED = struct.Struct(">hhi")
_LENGTH = struct.Struct(">h")
_CORRELATION_ID = struct.Struct(">i")
# So far no tagged field of a header is defined, but each that comes takes time to skip.
_MAX_TAGS = 1000


class RequestHeader(msgspec.Struct, frozen=True):
    """What a client says about a request: its API and version, and who asks."""

    api_key: int
    api_version: int
    correlation_id: int
    client_id: str | None = None


def read_request_header(
    frame: Buffer, header_version: Callable[[int, int], int]
) -> tuple[RequestHeader, int]:
    """Read the header of a request, and give the offset of the body too.

    `header_version(api_key, api_version)` gives 0 (no client id), 1, or 2 (tagged fields); what it
    raises for an unknown API passes through. Raises `MalformedError`.
    """
    try:
        api_key, api_version, correlation_id = _FIXED.unpack_from(frame)
        version = header_version(api_key, api_version)
        if version == 0:
            return RequestHeader(api_key, api_version, correlation_id), _FIXED.size
        client_id, offset = _read_client_id(frame)
        if version == 2:
            offset = _skip_tags(frame, offset)
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise MalformedError(f"request header: {error}") from error
    if offset > len(frame):
        raise MalformedError("request header: it ends early")
    return RequestHeader(api_key, api_version, correlation_id, client_id), offset


def write_request_header(header: RequestHeader, version: int) -> bytes:
    """Encode the header of a request in a version of the header."""
    fixed = _FIXED.pack(header.api_key, header.api_version, header.correlation_id)
    if version == 0:
        return fixed
    client_id = b"" if header.client_id is None else header.client_id.encode()
    length = -1 if header.client_id is None else len(client_id)
    tags = b"\0" if version == 2 else b""
    return fixed + _LENGTH.pack(length) + client_id + tags


def read_response_header(frame: Buffer, version: int) -> tuple[int, int]:
    """Read the header of a response in version 0 or 1: correlation id, and offset of the body."""
    try:
        (correlation_id,) = _CORRELATION_ID.unpack_from(frame)
        offset = _CORRELATION_ID.size
        if version == 1:
            offset = _skip_tags(frame, offset)
    except (IndexError, struct.error) as error:
        raise MalformedError(f"response header: {error}") from error
    if offset > len(frame):
        raise MalformedError("response header: it ends early")
    return correlation_id, offset


def write_response_header(correlation_id: int, version: int) -> bytes:
    """Encode the header of a response in version 0, or in 1 with no tagged field."""
    return _CORRELATION_ID.pack(correlation_id) + (b"\0" if version == 1 else b"")


def _read_client_id(frame: Buffer) -> tuple[str | None, int]:
    """Read the client id; its length takes two bytes even where the header has tagged fields."""
    (length,) = _LENGTH.unpack_from(frame, _FIXED.size)
    offset = _FIXED.size + _LENGTH.size
    if length >= 0:
        return str(frame[offset : offset + length], "utf-8", REPLACE), offset + length
    if length == -1:
        return None, offset
    raise MalformedError(f"request header: the client id has the length {length}")


def _skip_tags(frame: Buffer, offset: int) -> int:
    count = frame[offset]
    return skip_tags(frame, offset + 1, count, Allowance(_MAX_TAGS)) if count else offset + 1
