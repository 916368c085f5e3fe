"""The ordinary fetch of one partition, without the objects and steps that many would need.

What is not ordinary, an error among it, is left to `handlers.fetch`; a test holds the answers of
both together.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from kafkapy.fetch_sessions import Session, Wanted
from kafkapy.leader_epochs import check_epoch
from kafkapy.storage.engine import Isolation, LogId, Read, Slice
from kafkapy.storage.errors import StorageError
from kafkapy.wire import single_fetch
from kafkapy.wire.schema import Buffer
from kafkapy.wire.single_fetch import Found, SingleFetch

if TYPE_CHECKING:
    from kafkapy.broker import Broker

_LOG = logging.getLogger(__name__)

_NO_SESSION = -1
_ISOLATION = (Isolation.READ_UNCOMMITTED, Isolation.READ_COMMITTED)


def shortcut(frame: Buffer, broker: Broker) -> list[Buffer] | SinglePoll | None:
    """Answer at once, or when there are records; None where it is for the handler."""
    request = single_fetch.read(frame)
    if request is None or request.min_bytes > 1 or not 0 <= request.isolation_level <= 1:
        return None
    session = wanted = None
    if request.session_epoch != _NO_SESSION:
        session = broker.fetch_sessions.at(request.session_id, request.session_epoch)
        wanted = _wanted(request, session)
        if wanted is None:
            return None
    elif request.session_id or not request.topic:
        return None
    log = _log(request, broker)
    if log is None:
        return None
    poll = SinglePoll(request, log, session, wanted, broker)
    is_last = request.max_wait_ms <= 0 or request.min_bytes <= 0
    return poll.answer if poll.reads(is_last) else poll


def _wanted(request: SingleFetch, session: Session | None) -> Wanted | None:
    """Complete a request by what its session knows of its only partition, if it is this one."""
    if session is None:
        return None
    wanted = session.only_partition(request.names_by_id, request.isolation_level)
    if wanted is None:
        return None
    topic = wanted.topic_id if request.names_by_id else wanted.topic.encode()
    if not request.topic:
        request.topic, request.ask = topic, wanted.ask
    is_this = topic == request.topic and wanted.ask.partition == request.ask.partition
    return wanted if is_this else None


def _log(request: SingleFetch, broker: Broker) -> LogId | None:
    if request.names_by_id:
        topic = broker.image.topic_by_id(request.topic)
    else:
        topic = broker.image.topic(request.topic.decode())
    log = topic.partition(request.ask.partition) if topic else None
    if log is None or request.ask.last_fetched_epoch >= 0:
        return None
    try:
        is_current = not check_epoch(broker.engine, log, request.ask.current_leader_epoch)
    except StorageError:
        return None
    return log if is_current else None


class SinglePoll:
    """A fetch of one partition, which waits for records up to its `max_wait_ms`."""

    __slots__ = (
        "_broker",
        "_ended",
        "_epoch",
        "_log",
        "_read",
        "_request",
        "_session",
        "_soon",
        "_timer",
        "_wanted",
        "answer",
    )

    def __init__(
        self,
        request: SingleFetch,
        log: LogId,
        session: Session | None,
        wanted: Wanted | None,
        broker: Broker,
    ) -> None:
        self._request = request
        self._log = (log,)
        self._session = session
        self._wanted = wanted
        self._broker = broker
        ask = request.ask
        max_bytes = min(ask.partition_max_bytes, request.max_bytes, broker.fetch_max_bytes)
        self._read = Read(log, ask.fetch_offset, max_bytes, _ISOLATION[request.isolation_level])
        self._timer: asyncio.TimerHandle | None = None
        self.answer: list[Buffer] | None = None

    def reads(self, is_last: bool) -> bool:
        """Whether a read ends the fetch: with an answer, or without where it is for the handler."""
        piece = self._broker.engine.read_now(self._read)
        if piece is None or piece.aborted:
            return True
        if not piece.records and not is_last:
            return False
        self.answer = self._respond(piece)
        return True

    def _respond(self, piece: Slice) -> list[Buffer] | None:
        request, session, wanted = self._request, self._session, self._wanted
        records, bounds, aborted = piece
        found: Found | None = Found(
            records, bounds.high_watermark, bounds.stable, bounds.start, aborted is not None
        )
        if session is None or wanted is None:
            return single_fetch.write(request, 0, found)
        if self._timer is None:
            self._begin(session, wanted)
        elif session.epoch != self._epoch:
            return None  # it has gone on without this request
        if not records:
            self._rest()
        if not wanted.has_moved(bounds.high_watermark, bounds.start) and not records:
            found = None
        return single_fetch.write(request, session.id, found)

    def _begin(self, session: Session, wanted: Wanted) -> None:
        """Let the session know of this request and of what it asks."""
        self._broker.fetch_sessions.advance(session, self._broker.clock.monotonic_ms())
        self._epoch = session.epoch
        session.active[wanted] = None
        wanted.ask = self._request.ask

    def _rest(self) -> None:
        """Let the session know that its partition was read to the end, as the handler does."""
        if self._session is not None and self._wanted is not None:
            self._session.watch(self._wanted, self._log[0], self._broker.engine)
            self._session.rest(self._wanted)

    def start(
        self, soon: Callable[[Callable[[], None]], object], ended: Callable[[], None]
    ) -> None:
        """Begin to wait; steps that a change asks for are handed to `soon`."""
        self._soon = soon
        self._ended = ended
        if self._session is not None and self._wanted is not None:
            self._begin(self._session, self._wanted)
        self._rest()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._request.max_wait_ms / 1000, self._time_out)
        self._broker.engine.watch(self._log, self._wake)

    def cancel(self) -> None:
        """Wait no more; `ended` will not be called."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._broker.engine.unwatch(self._log, self._wake)

    def _wake(self) -> None:
        self._broker.engine.unwatch(self._log, self._wake)
        self._soon(self._step)

    def _step(self) -> None:
        if self._timer is None:
            return
        if self._ends(is_last=False):
            self._end()
        else:
            self._rest()
            self._broker.engine.watch(self._log, self._wake)

    def _time_out(self) -> None:
        self._ends(is_last=True)
        self._end()

    def _ends(self, is_last: bool) -> bool:
        """Whether a read ends the fetch; what nobody expects must not harm who woke it."""
        try:
            return self.reads(is_last)
        except Exception:
            _LOG.exception("a fetch that waited is left to its handler after an unexpected error")
            return True

    def _end(self) -> None:
        self.cancel()
        session = self._session
        if self.answer is None and session is not None and session.epoch == self._epoch:
            session.epoch = self._request.session_epoch  # the handler begins anew
        self._ended()
