"""A dispatcher that remembers every request and lets some of them fail."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kafkapy.server.context import Peer, RequestContext
from kafkapy.server.dispatch import CloseConnectionError, Dispatcher, Served
from kafkapy.testing.error_answers import error_answer, topics_of_session
from kafkapy.testing.faults import Fault, Faults
from kafkapy.testing.requests import LoggedRequest, RequestLog
from kafkapy.wire.api import ApiKey, request_header_version, response_header_version
from kafkapy.wire.compile import encode
from kafkapy.wire.headers import read_request_header, write_response_header
from kafkapy.wire.schema import NO_VERSIONS, Buffer

if TYPE_CHECKING:
    from kafkapy.broker import Broker

_SIZE = struct.Struct(">i")
_NOT_SERVED = Served(NO_VERSIONS, "")


class FaultyDispatcher(Dispatcher):
    """Hands requests that meet no fault on as they are, so that those are served as ever.

    It may be told to serve another broker from now on.
    """

    def __init__(
        self,
        broker: Broker,
        table: Mapping[ApiKey, Served],
        requests: RequestLog,
        faults: Faults,
    ) -> None:
        super().__init__(broker, table)
        self._requests = requests
        self._faults = faults
        self._in_progress: dict[Peer, Broker] = {}

    def serve(self, broker: Broker) -> None:
        """Let another broker answer from now on."""
        self._broker = broker

    def is_served_by(self, peer: Peer, broker: Broker) -> bool:
        """Whether a request of this client is in progress at this broker."""
        return self._in_progress.get(peer) is broker

    def answer_now(self, frame: Buffer) -> None:
        """Leave every request to `answer`, which notes it."""

    async def answer(self, frame: Buffer, peer: Peer) -> list[Buffer] | None:
        """Do what the production dispatcher does, or what a fault says.

        Raises WireError or CloseConnectionError where the connection is to be closed.
        """
        header, body = read_request_header(frame, request_header_version)
        served = self.table.get(header.api_key, _NOT_SERVED)  # type: ignore[call-overload]
        if header.api_version not in served.versions:
            return await super().answer(frame, peer)
        broker = self._broker
        request = LoggedRequest(
            header,
            frame,
            body,
            broker.clock.now_ms(),
            lambda topic_id: getattr(broker.image.topic_by_id(topic_id), "name", None),
        )
        self._requests.add(request)
        context = RequestContext(broker, peer, header.api_version, header.client_id)
        fault = self._faults.take(request, lambda: _topics(request, context))
        self._in_progress[peer] = broker
        try:
            if fault is None:
                answer = super().answer_now(frame)
                # A poll that is not started has done nothing.
                return answer if type(answer) is list else await super().answer(frame, peer)
            return await self._fail(fault, request, header.correlation_id, frame, context)
        finally:
            del self._in_progress[peer]

    async def _fail(
        self,
        fault: Fault,
        request: LoggedRequest,
        correlation_id: int,
        frame: Buffer,
        context: RequestContext,
    ) -> list[Buffer] | None:
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        answer = None
        if fault.after or fault.only_delays:
            answer = await super().answer(frame, context.peer)
        if fault.drop:
            await asyncio.get_running_loop().create_future()  # until the client hangs up
        if fault.disconnect:
            raise CloseConnectionError("a fault cuts this connection")
        if fault.error is None:
            return answer
        key = request.key
        response, version = await error_answer(request.decode(), key, fault.error, context)
        head = write_response_header(correlation_id, response_header_version(key, version))
        content = head + encode(response, version)
        return [_SIZE.pack(len(content)) + content]


def _topics(request: LoggedRequest, context: RequestContext) -> frozenset[str]:
    if request.key is ApiKey.FETCH:
        return request.topics.union(topics_of_session(request.request, context))
    return request.topics
