"""From a frame to its response: header, version, handler, error codes."""

from __future__ import annotations

import logging
import struct
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from kafkapy.errors import ApiError
from kafkapy.server.context import Peer, RequestContext
from kafkapy.server.waiting import Poll
from kafkapy.wire.api import API, ApiKey, request_header_version, response_header_version
from kafkapy.wire.compile import (
    LimitedReader,
    Reader,
    Writer,
    limited_reader,
    reader,
    writer,
)
from kafkapy.wire.headers import read_request_header
from kafkapy.wire.schema import Buffer, Message, Versions

if TYPE_CHECKING:
    from kafkapy.broker import Broker

_LOG = logging.getLogger(__name__)
# What precedes a response, by the version of its header: size, correlation id, no tagged fields.
_HEADS = (struct.Struct(">ii"), struct.Struct(">iix"))

# An element takes a byte at least: a smaller request needs no count to have fewer elements than
# the least value that `max.request.elements` allows.
_COUNTED_BYTES = 10_000

Handler = Callable[[Any, RequestContext], Awaitable[Message | None]]
# Answers the most ordinary requests of an API from their bytes, now or when something has changed;
# None, and nothing done, where one is not ordinary.
Shortcut = Callable[[Buffer, "Broker"], "list[Buffer] | Poll | None"]


class CloseConnectionError(Exception):
    """A request to which Kafka answers by closing the connection."""


class Served(NamedTuple):
    """An API that works: its versions, and the module of its handler.

    The module has a `handle`, and may have a `shortcut`.
    """

    versions: Versions
    module: str


class _Route(NamedTuple):
    """How one version of one API is read, handled and answered."""

    read: Reader[Any]
    read_large: LimitedReader[Any]
    handle: Handler
    write: Writer[Any]
    head: struct.Struct
    response_type: type[Message]
    version: int


class Dispatcher:
    """Hands requests to the handlers of one broker."""

    __slots__ = ("_broker", "_routes", "_shortcuts", "table")

    def __init__(self, broker: Broker, table: Mapping[ApiKey, Served]) -> None:
        self.table = table
        self._broker = broker
        self._routes: dict[tuple[int, int], _Route] = {}
        self._shortcuts: dict[tuple[int, int], Shortcut] = {}

    def answer_now(self, frame: Buffer) -> list[Buffer] | Poll | None:
        """Give the response frame in pieces, or what will give it, to an ordinary request.

        None, and nothing done, for every other one: `answer` is for those.
        """
        # Their lower bytes find the API and the version; the shortcut reads them whole.
        shortcut = self._shortcuts.get((frame[1], frame[3])) if len(frame) > 3 else None
        return None if shortcut is None else shortcut(frame, self._broker)

    async def answer(self, frame: Buffer, peer: Peer) -> list[Buffer] | None:
        """Give the response frame in pieces, or None where the request has none (acks=0).

        Raises WireError or CloseConnectionError for a request that Kafka would not answer.
        """
        header, body = read_request_header(frame, request_header_version)
        place = header.api_key, header.api_version
        route = self._routes.get(place) or self._route(*place)
        read, read_large, handle, write, head, response_type, version = route
        if len(frame) <= _COUNTED_BYTES:
            request, _ = read(frame, body)
        else:
            request, _ = read_large(frame, body, self._broker.max_request_elements)
        context = RequestContext(self._broker, peer, version, header.client_id)
        try:
            response = await handle(request, context)
        except ApiError as error:
            response = _error_response(response_type, error)
        if response is None:
            return None
        return _frame(write(response), head, header.correlation_id)

    def _route(self, key: int, version: int) -> _Route:
        """Find out how to answer, at the first request; so only what is used is imported."""
        served = self.table.get(key)  # type: ignore[call-overload]
        if served is None:
            raise CloseConnectionError(f"API key {key} is not served")
        api = API[key]
        handler = import_module(f"kafkapy.handlers.{served.module}")
        if not served.versions.first <= version <= served.versions.last:
            if key != ApiKey.API_VERSIONS:
                raise CloseConnectionError(f"{api.name} version {version} is not served")
            # KIP-511: an unknown version is answered with the table, in the layout of version 0.
            return _Route(
                lambda _, offset: (api.request(), offset),
                lambda _, offset, limit: (api.request(), offset),
                handler.handle,
                writer(api.response, 0),
                _HEADS[0],
                api.response,
                -1,
            )
        if hasattr(handler, "shortcut"):
            first, last = served.versions
            self._shortcuts |= {(key, each): handler.shortcut for each in range(first, last + 1)}
        route = self._routes[key, version] = _Route(
            reader(api.request, version),
            lambda *where: limited_reader(api.request, version)(*where),  # when it is needed
            handler.handle,
            writer(api.response, version),
            _HEADS[response_header_version(key, version)],
            api.response,
            version,
        )
        return route


def _frame(pieces: list[Buffer], head: struct.Struct, correlation_id: int) -> list[Buffer]:
    size = len(pieces[0]) if len(pieces) == 1 else sum(map(len, pieces))
    pieces[0] = head.pack(size + head.size - 4, correlation_id) + pieces[0]
    return pieces


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
