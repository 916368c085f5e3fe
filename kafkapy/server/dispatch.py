"""From a frame to its response: header, version, handler, error codes."""

from __future__ import annotations

import logging
import struct
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from kafkapy.errors import ApiError
from kafkapy.server.context import Peer, RequestContext
from kafkapy.wire.api import API, ApiKey, request_header_version, response_header_version
from kafkapy.wire.compile import decode, encode_into
from kafkapy.wire.headers import read_request_header
from kafkapy.wire.schema import Buffer, Message, Versions

if TYPE_CHECKING:
    from kafkapy.broker import Broker

_LOG = logging.getLogger(__name__)
_SIZE_AND_CORRELATION = struct.Struct(">ii")
_SIZE_CORRELATION_TAGS = struct.Struct(">iib")

Handler = Callable[[Any, RequestContext], Awaitable[Message | None]]


class CloseConnectionError(Exception):
    """A request to which Kafka answers by closing the connection."""


class Served(NamedTuple):
    """An API that works: its versions, and the module of its handler."""

    versions: Versions
    module: str

    def handler(self) -> Handler:
        """Import the handler; the first request of an API pays for it, not the start."""
        handle: Handler = import_module(f"kafkapy.handlers.{self.module}").handle
        return handle


class Dispatcher:
    """Hands requests to the handlers of one broker."""

    __slots__ = ("_broker", "_handlers", "table")

    def __init__(self, broker: Broker, table: Mapping[ApiKey, Served]) -> None:
        self.table = table
        self._broker = broker
        self._handlers: dict[int, Handler] = {}

    async def answer(self, frame: Buffer, peer: Peer) -> list[Buffer] | None:
        """Give the response frame in pieces, or None where the request has none (acks=0).

        Raises WireError or CloseConnectionError for a request that Kafka would not answer.
        """
        header, body = read_request_header(frame, request_header_version)
        key, version = header.api_key, header.api_version
        served = self.table.get(key)  # type: ignore[call-overload]
        if served is None:
            raise CloseConnectionError(f"API key {key} is not served")
        context = RequestContext(self._broker, peer, version, header.client_id)
        if not served.versions.first <= version <= served.versions.last:
            if key != ApiKey.API_VERSIONS:
                raise CloseConnectionError(f"{API[key].name} version {version} is not served")
            # KIP-511: an unknown version is answered with the table, in the layout of version 0.
            context.api_version = -1
            version, request = 0, API[key].request()
        else:
            request = decode(API[key].request, frame, version, body)
        handler = self._handlers.get(key)
        if handler is None:
            handler = self._handlers[key] = served.handler()
        try:
            response = await handler(request, context)
        except ApiError as error:
            response = _error_response(API[key].response, error)
        if response is None:
            return None
        return _frame(response, key, version, header.correlation_id)


def _frame(response: Message, key: int, version: int, correlation_id: int) -> list[Buffer]:
    out: list[Buffer] = [b""]
    size = encode_into(response, version, out)
    if response_header_version(key, version):
        out[0] = _SIZE_CORRELATION_TAGS.pack(size + 5, correlation_id, 0)
    else:
        out[0] = _SIZE_AND_CORRELATION.pack(size + 4, correlation_id)
    return out


def _error_response(response_type: type[Message], error: ApiError) -> Message:
    """Put the error into the top of a response; only for APIs that have a place for it there."""
    fields = {field.name for field in response_type.__fields__}
    if "error_code" not in fields:
        raise error
    response = response_type()
    response.error_code = int(error.code)  # type: ignore[attr-defined]
    if "error_message" in fields:
        message = error.message or error.code.message
        response.error_message = message  # type: ignore[attr-defined]
    return response
