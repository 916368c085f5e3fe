"""One client connection: frames in, one request at a time, responses out in order.

As in Kafka a connection's next request is begun when the response to the one before is ready, so
order needs no bookkeeping. Input is bounded twice: a frame by `socket.request.max.bytes`, and the
bytes that wait behind a request in progress by pausing the socket.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import cast

from kafkapy import eager
from kafkapy.server.context import Peer
from kafkapy.server.dispatch import CloseConnectionError, Dispatcher
from kafkapy.server.waiting import Poll, Turn
from kafkapy.wire.errors import WireError
from kafkapy.wire.framing import FrameSplitter
from kafkapy.wire.schema import Buffer

_LOG = logging.getLogger(__name__)

# Bytes of requests that may wait behind one in progress before the socket is paused.
_MAX_WAITING_BYTES = 1 << 20
# Bytes of finished responses that are gathered before they are handed to the transport.
_MAX_GATHERED_BYTES = 256 << 10


class Connection(asyncio.Protocol):
    """The protocol of one socket; `opened` and `closed` tell the listener."""

    __slots__ = (
        "_closed",
        "_dispatcher",
        "_frames",
        "_opened",
        "_out",
        "_out_bytes",
        "_reading_paused",
        "_turn",
        "_waiting",
        "_writing_paused",
        "last_active",
        "listener",
        "loop",
        "peer",
        "transport",
    )

    def __init__(
        self,
        dispatcher: Dispatcher,
        listener: str,
        max_request_bytes: int,
        loop: asyncio.AbstractEventLoop,
        turn: Turn,
        opened: Callable[[Connection], Peer],
        closed: Callable[[Connection], None],
    ) -> None:
        self.loop = loop
        self.listener = listener
        self.peer: Peer
        self.transport: asyncio.Transport
        self.last_active = loop.time()
        self._dispatcher = dispatcher
        self._frames = FrameSplitter(max_request_bytes)
        self._opened = opened
        self._closed = closed
        self._turn = turn
        self._waiting: eager.Unfinished[list[Buffer] | None] | Poll | None = None
        self._out: list[Buffer] = []
        self._out_bytes = 0
        self._reading_paused = False
        self._writing_paused = False

    @property
    def is_idle(self) -> bool:
        """Whether no request is in progress."""
        return self._waiting is None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.peer = self._opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        self._closed(self)

    def data_received(self, data: bytes) -> None:
        self.last_active = self.loop.time()
        frames = self._frames
        if self._waiting is None and not self._writing_paused:
            self._serve(frames.only_frame(data))
        else:
            frames.feed(data)
            if frames.buffered_bytes > _MAX_WAITING_BYTES and not self._reading_paused:
                self._reading_paused = True
                self.transport.pause_reading()

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        if self._waiting is None:
            self._serve()

    def _serve(self, frame: Buffer | None = None) -> None:
        """Answer the frames that are here until one has to wait or the client reads too slowly.

        The one that is given was begun before, and is answered however slowly it reads.
        """
        try:
            while not self.transport.is_closing():
                if frame is None:
                    if self._writing_paused:
                        break
                    frame = self._frames.next_frame()
                    if frame is None:
                        break
                if not self._answer(frame):
                    self._flush()
                    return
                frame = None
            self._turn.run()
            self._flush()
        except (WireError, CloseConnectionError) as error:
            self._refuse(error)
        except Exception:
            _LOG.exception("closed a connection after an unexpected error")
            self._flush()
            self.transport.close()
        if self._reading_paused and not self._writing_paused:
            self._reading_paused = False
            self.transport.resume_reading()

    def _answer(self, frame: Buffer) -> bool:
        """Gather the answer to a request; False where it has to wait."""
        answer = self._dispatcher.answer_now(frame)
        if type(answer) is list:
            self._gather(answer)
            return True
        if answer is None:
            return self._handle(frame)
        self._waiting = poll = cast(Poll, answer)
        poll.start(self._turn.add, partial(self._polled, frame))
        return False

    def _handle(self, frame: Buffer) -> bool:
        answering = self._dispatcher.answer(frame, self.peer)
        outcome = eager.start(answering, self._turn.add, self._finished)
        if isinstance(outcome, eager.Unfinished):
            self._waiting = outcome
            return False
        self._gather(outcome.value)
        return True

    def _polled(self, frame: Buffer) -> None:
        # It is not in what it calls at its end: in a circle it would keep its answer for long.
        poll, self._waiting = cast(Poll, self._waiting), None
        if self.transport.is_closing():
            return
        self.last_active = self.loop.time()
        if poll.answer is None:
            self._serve(frame)  # by its handler, since it is not ordinary any more
        else:
            self._gather(poll.answer)
            self._serve()

    def _finished(self, outcome: eager.Unfinished[list[Buffer] | None]) -> None:
        self._waiting = None
        if outcome.cancelled():
            return
        error = outcome.exception()
        if isinstance(error, WireError | CloseConnectionError):
            self._refuse(error)
        elif error is not None:
            _LOG.error("closed a connection after an unexpected error", exc_info=error)
            self.transport.close()
        elif not self.transport.is_closing():
            self.last_active = self.loop.time()
            self._gather(outcome.result())
            self._serve()

    def _refuse(self, error: Exception) -> None:
        _LOG.info("closed the connection of %s: %s", self.peer.client_host, error)
        self._flush()
        self.transport.close()

    def _gather(self, response: list[Buffer] | None) -> None:
        if response is None:
            return
        self._out += response
        self._out_bytes += len(response[0]) if len(response) == 1 else sum(map(len, response))
        if self._out_bytes > _MAX_GATHERED_BYTES:
            self._flush()

    def _flush(self) -> None:
        if not self._out:
            return
        out, self._out = self._out, []
        if self._out_bytes < 65536:  # one copy is cheaper than many small pieces
            self.transport.write(b"".join(out))
        else:
            self.transport.writelines(out)  # in one system call
        self._out_bytes = 0
