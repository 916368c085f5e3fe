"""From a frame to its response: what is answered, with which header, and what closes."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

from kafkapy.broker import Broker
from kafkapy.errors import ApiError
from kafkapy.server import dispatch
from kafkapy.server.context import Peer, RequestContext
from kafkapy.server.dispatch import CloseConnectionError, Dispatcher, Served, Shortcut
from kafkapy.wire.api import ApiKey
from kafkapy.wire.compile import decode, encode
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.errors import MalformedError, WireError
from kafkapy.wire.headers import RequestHeader, read_response_header, write_request_header
from kafkapy.wire.messages.api_versions import ApiVersionsRequest, ApiVersionsResponse
from kafkapy.wire.messages.delete_topics import DeleteTopicsRequest, DeleteTopicsResponse
from kafkapy.wire.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from kafkapy.wire.messages.sasl_authenticate import (
    SaslAuthenticateRequest,
    SaslAuthenticateResponse,
)
from kafkapy.wire.schema import Buffer, Message, Request, Versions

PEER = Peer(1, "client", "here", 9092, "PLAINTEXT")
TABLE: Mapping[ApiKey, Served] = {
    ApiKey.HEARTBEAT: Served(Versions(1, 4), "fake"),
    ApiKey.API_VERSIONS: Served(Versions(0, 3), "fake"),
    ApiKey.DELETE_TOPICS: Served(Versions(0, 6), "fake"),
    ApiKey.SASL_AUTHENTICATE: Served(Versions(0, 2), "fake"),
}


class Handler(ModuleType):
    """A module with a `handle` that gives, or raises, what it was told to."""

    def __init__(self, outcome: Message | Exception | None) -> None:
        super().__init__("fake")
        self.outcome = outcome
        self.requests: list[tuple[Any, RequestContext]] = []
        self.shortcut: Shortcut

    async def handle(self, request: Any, context: RequestContext) -> Message | None:
        self.requests.append((request, context))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Handler:
    fake = Handler(None)
    monkeypatch.setattr(dispatch, "import_module", lambda name: fake)
    return fake


def answer(frame: bytes) -> bytes | None:
    dispatcher = Dispatcher(cast(Broker, None), TABLE)
    pieces = asyncio.run(dispatcher.answer(frame, PEER))
    return None if pieces is None else b"".join(pieces)


def frame(request: Request, version: int, header_version: int) -> bytes:
    header = RequestHeader(request.__api_key__, version, 42, "client")
    return write_request_header(header, header_version) + encode(request, version)


def body(response: bytes | None, header_version: int) -> bytes:
    """Check the size and the header; the rest is the body."""
    assert response is not None
    assert len(response) == 4 + int.from_bytes(response[:4], "big")
    correlation_id, offset = read_response_header(response[4:], header_version)
    assert correlation_id == 42
    return response[4 + offset :]


def test_a_request_is_decoded_handled_and_answered_in_its_version(handler: Handler) -> None:
    handler.outcome = HeartbeatResponse(error_code=7)
    response = answer(frame(HeartbeatRequest(group_id="g", generation_id=3), 1, 1))
    assert decode(HeartbeatResponse, body(response, 0), 1).error_code == 7
    [(request, context)] = handler.requests
    assert (request.group_id, request.generation_id) == ("g", 3)
    assert (context.api_version, context.client_id, context.peer) == (1, "client", PEER)


def test_a_flexible_version_has_tagged_fields_in_both_headers(handler: Handler) -> None:
    handler.outcome = HeartbeatResponse()
    response = answer(frame(HeartbeatRequest(group_id="g"), 4, 2))
    assert decode(HeartbeatResponse, body(response, 1), 4) == HeartbeatResponse()


def test_no_response_is_no_frame(handler: Handler) -> None:
    assert answer(frame(HeartbeatRequest(), 1, 1)) is None


@pytest.mark.parametrize("key", [-1, 7, ApiKey.METADATA, 32767])
def test_an_unknown_api_closes_the_connection(key: int, handler: Handler) -> None:
    with pytest.raises((CloseConnectionError, WireError)):
        answer(struct.pack(">hhih", key, 0, 42, -1))
    assert not handler.requests


@pytest.mark.parametrize("version", [0, 5, -1, 32767])
def test_a_version_that_is_not_served_closes_the_connection(version: int, handler: Handler) -> None:
    with pytest.raises(CloseConnectionError):
        answer(struct.pack(">hhihb", ApiKey.HEARTBEAT, version, 42, -1, 0) + bytes(20))
    assert not handler.requests


@pytest.mark.parametrize("version", [4, 32767, -1])
def test_an_unknown_version_of_api_versions_is_handled_and_answered_in_version_0(
    version: int, handler: Handler
) -> None:
    handler.outcome = ApiVersionsResponse(error_code=ErrorCode.UNSUPPORTED_VERSION)
    response = answer(struct.pack(">hhihb", ApiKey.API_VERSIONS, version, 42, -1, 0))
    assert decode(ApiVersionsResponse, body(response, 0), 0).error_code == 35
    [(request, context)] = handler.requests
    assert request == ApiVersionsRequest()
    assert context.api_version == -1


def test_api_versions_has_no_tagged_fields_in_its_response_header(handler: Handler) -> None:
    handler.outcome = ApiVersionsResponse(throttle_time_ms=5)
    response = answer(frame(ApiVersionsRequest(), 3, 2))
    assert decode(ApiVersionsResponse, body(response, 0), 3).throttle_time_ms == 5


@pytest.mark.parametrize("size", range(8, 20))
def test_a_request_that_ends_early_is_malformed(size: int, handler: Handler) -> None:
    whole = frame(HeartbeatRequest(group_id="group"), 1, 1)
    with pytest.raises(MalformedError):
        answer(whole[:size])
    assert not handler.requests


def test_an_api_error_becomes_the_error_code_of_the_response(handler: Handler) -> None:
    handler.outcome = ApiError(ErrorCode.REBALANCE_IN_PROGRESS)
    response = answer(frame(HeartbeatRequest(), 1, 1))
    assert decode(HeartbeatResponse, body(response, 0), 1).error_code == 27


@pytest.mark.parametrize(
    ("message", "expected"),
    [("my words", "my words"), (None, ErrorCode.SASL_AUTHENTICATION_FAILED.message)],
)
def test_an_api_error_tells_its_message_or_that_of_its_code(
    message: str | None, expected: str, handler: Handler
) -> None:
    handler.outcome = ApiError(ErrorCode.SASL_AUTHENTICATION_FAILED, message)
    response = answer(frame(SaslAuthenticateRequest(), 2, 2))
    decoded = decode(SaslAuthenticateResponse, body(response, 1), 2)
    assert (decoded.error_code, decoded.error_message) == (58, expected)


def test_every_other_error_passes_through(handler: Handler) -> None:
    handler.outcome = KeyError("a bug")
    with pytest.raises(KeyError, match="a bug"):
        answer(frame(HeartbeatRequest(), 1, 1))


def test_a_handler_is_imported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    imported: list[str] = []

    def import_module(name: str) -> Handler:
        imported.append(name)
        return Handler(HeartbeatResponse())

    monkeypatch.setattr(dispatch, "import_module", import_module)

    async def main() -> None:
        dispatcher = Dispatcher(cast(Broker, None), TABLE)
        for _ in range(3):
            await dispatcher.answer(frame(HeartbeatRequest(), 1, 1), PEER)

    asyncio.run(main())
    assert imported == ["kafkapy.handlers.fake"]


def test_a_large_request_may_have_only_so_many_elements(handler: Handler) -> None:
    handler.outcome = DeleteTopicsResponse()
    broker = cast(Broker, SimpleNamespace(max_request_elements=10_000))
    for count, is_answered in ((10_000, True), (10_001, False)):
        asked = frame(DeleteTopicsRequest(topic_names=["t"] * count), 5, 2)
        answering = Dispatcher(broker, TABLE).answer(asked, PEER)
        if is_answered:
            assert asyncio.run(answering)
        else:
            with pytest.raises(MalformedError, match="10000 elements"):
                asyncio.run(answering)


def test_a_large_request_of_an_unknown_version_of_api_versions_is_answered(
    handler: Handler,
) -> None:
    handler.outcome = ApiVersionsResponse(error_code=ErrorCode.UNSUPPORTED_VERSION)
    broker = cast(Broker, SimpleNamespace(max_request_elements=10_000))
    asked = struct.pack(">hhihb", ApiKey.API_VERSIONS, 99, 42, -1, 0) + bytes(20_000)
    assert asyncio.run(Dispatcher(broker, TABLE).answer(asked, PEER))


def test_a_shortcut_is_asked_once_its_handler_is_loaded(handler: Handler) -> None:
    handler.outcome = HeartbeatResponse()
    asked: list[tuple[bytes, object]] = []
    given: list[Buffer] = [b"answer"]

    def shortcut(frame: Buffer, broker: Broker) -> list[Buffer]:
        asked.append((bytes(frame), broker))
        return given

    handler.shortcut = shortcut
    broker = cast(Broker, SimpleNamespace())
    dispatcher = Dispatcher(broker, TABLE)
    request = frame(HeartbeatRequest(), 1, 1)
    assert dispatcher.answer_now(request) is None
    assert asyncio.run(dispatcher.answer(request, PEER))
    assert dispatcher.answer_now(request) is given
    assert asked == [(request, broker)]
    unserved = struct.pack(">hh", ApiKey.HEARTBEAT, 5)
    for other in (b"", b"\0", request[:3], unserved, frame(DeleteTopicsRequest(), 1, 1)):
        assert dispatcher.answer_now(other) is None
    assert len(asked) == 1
    assert dispatcher.answer_now(frame(HeartbeatRequest(), 4, 2)) is given


def test_a_handler_without_a_shortcut_is_never_passed_by(handler: Handler) -> None:
    handler.outcome = HeartbeatResponse()
    dispatcher = Dispatcher(cast(Broker, None), TABLE)
    request = frame(HeartbeatRequest(), 1, 1)
    assert asyncio.run(dispatcher.answer(request, PEER))
    assert dispatcher.answer_now(request) is None
