"""Incremental fetch sessions: the broker remembers what a consumer reads (KIP-227).

A consumer that reads a thousand partitions names them once; from then on it sends only what
changed in its wishes, and is sent only the partitions in which something happened.

What such a request costs depends on what happened too: a partition that was read to its end is
watched, and not read again before its log has changed or the consumer wants something else of it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from kafkapy.storage.engine import Engine, LogId
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.fetch import FetchPartition, FetchRequest, PartitionData
from kafkapy.wire.schema import ZERO_UUID

_INITIAL_EPOCH = 0
_FINAL_EPOCH = -1
_MAX_EPOCH = 2**31 - 1
# A session that was not used for this long may make room for another.
_EVICTION_MS = 120_000

PartitionKey = tuple[str, bytes, int]


class Wanted:
    """One partition that a fetch asks for, and what its session was last told about it.

    `watch` is its log and whom the log's next change calls, or None.
    """

    __slots__ = ("ask", "high_watermark", "log_start_offset", "topic", "topic_id", "watch")

    def __init__(self, topic: str, topic_id: bytes, ask: FetchPartition) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.ask = ask
        self.high_watermark = -1
        self.log_start_offset = -1
        self.watch: tuple[LogId, Callable[[], None]] | None = None

    @property
    def key(self) -> PartitionKey:
        """Its place in a session."""
        return self.topic, self.topic_id, self.ask.partition

    def has_news(self, found: PartitionData) -> bool:
        """Whether a client that knows the last answer must be sent this one; remembers it."""
        # After an error the client must hear of the next success, whatever it says.
        moved = self.has_moved(
            -1 if found.error_code else found.high_watermark,
            -1 if found.error_code else found.log_start_offset,
        )
        return bool(moved or found.records or found.error_code or found.diverging_epoch.epoch >= 0)

    def has_moved(self, high_watermark: int, log_start_offset: int) -> bool:
        """Whether a bound is not what the client knows; remembers it."""
        moved = high_watermark != self.high_watermark or log_start_offset != self.log_start_offset
        self.high_watermark, self.log_start_offset = high_watermark, log_start_offset
        return moved


def _nobody_waits() -> None:
    pass


class Session:
    """What one client reads.

    Each partition is `active`, which means that there may be something to tell about it, or its
    log is watched, or both. The active ones are in the order in which they are served next.
    `on_change` is called whenever a log that was watched has changed.
    """

    __slots__ = (
        "_engine",
        "_isolation_level",
        "active",
        "epoch",
        "id",
        "last_used_ms",
        "on_change",
        "partitions",
        "uses_ids",
    )

    def __init__(self, session_id: int, uses_ids: bool, wanted: Iterable[Wanted]) -> None:
        self.id = session_id
        self.epoch = 1
        self.last_used_ms = 0
        self.uses_ids = uses_ids
        self.partitions = {each.key: each for each in wanted}
        self.active = dict.fromkeys(self.partitions.values())
        self.on_change = _nobody_waits
        self._isolation_level = 0
        self._engine: Engine | None = None

    def update(self, request: FetchRequest) -> None:
        """Apply an incremental request: changed and forgotten partitions."""
        if request.isolation_level != self._isolation_level:
            self._isolation_level = request.isolation_level
            self.active.update(dict.fromkeys(self.partitions.values()))
        for wanted in wanted_of(request):
            known = self.partitions.setdefault(wanted.key, wanted)
            known.ask = wanted.ask
            self.active[known] = None
        for topic in request.forgotten_topics_data:
            for partition in topic.partitions:
                forgotten = self.partitions.pop((topic.topic, topic.topic_id, partition), None)
                if forgotten is not None:
                    self.active.pop(forgotten, None)
                    self._unwatch(forgotten)

    def only_partition(self, uses_ids: bool, isolation_level: int) -> Wanted | None:
        """Give the partition of a session that has no other, and is read in the same way."""
        if uses_ids is not self.uses_ids or isolation_level != self._isolation_level:
            return None
        return next(iter(self.partitions.values())) if len(self.partitions) == 1 else None

    def watch(self, wanted: Wanted, log: LogId, engine: Engine) -> None:
        """Hear of the next change of a partition's log; its partition becomes active then."""
        if wanted.watch is None:
            self._engine = engine
            wanted.watch = log, partial(self._changed, wanted)
            engine.watch((log,), wanted.watch[1])

    def rest(self, wanted: Wanted) -> None:
        """Let a partition that was read to its end be, unless it has changed meanwhile."""
        if wanted.watch is not None:
            self.active.pop(wanted, None)

    def close(self) -> None:
        """Watch nothing any more."""
        for wanted in self.partitions.values():
            self._unwatch(wanted)

    def _changed(self, wanted: Wanted) -> None:
        self._unwatch(wanted)  # a consumer that went away costs its logs one call at most
        self.active[wanted] = None
        self.on_change()

    def _unwatch(self, wanted: Wanted) -> None:
        if wanted.watch is not None and self._engine is not None:
            log, changed = wanted.watch
            wanted.watch = None
            self._engine.unwatch((log,), changed)

    def news(
        self, answers: Iterable[tuple[Wanted, PartitionData]]
    ) -> list[tuple[Wanted, PartitionData]]:
        """Keep the answers that changed; partitions that gave data are served last next time."""
        changed = [(wanted, found) for wanted, found in answers if wanted.has_news(found)]
        for wanted, found in changed:
            if found.records and wanted in self.active:
                del self.active[wanted]
                self.active[wanted] = None
        return changed


class Plan(NamedTuple):
    """What a fetch request comes down to: the partitions to read; none, if there is an error.

    In an incremental plan only the partitions with news are answered.
    """

    wanted: list[Wanted]
    session: Session | None = None
    is_incremental: bool = False
    error: ErrorCode = ErrorCode.NONE


class SessionCache:
    """All sessions of a broker, at most `max.incremental.fetch.session.cache.slots`."""

    def __init__(self, max_sessions: int, new_id: Callable[[], int]) -> None:
        self._max_sessions = max_sessions
        self._new_id = new_id
        self._sessions: OrderedDict[int, Session] = OrderedDict()  # least recently used first

    def __len__(self) -> int:
        return len(self._sessions)

    def plan(self, request: FetchRequest, *, uses_ids: bool, now_ms: int) -> Plan:
        """Decide which partitions a request reads, and begin, continue or end its session."""
        if request.session_epoch in (_INITIAL_EPOCH, _FINAL_EPOCH):
            ended = self._sessions.pop(request.session_id, None)
            if ended is not None:
                ended.close()
            # Of a partition that is named twice Kafka takes the last mention.
            wanted = list({each.key: each for each in wanted_of(request)}.values())
            if request.session_epoch == _FINAL_EPOCH or not wanted:
                return Plan(wanted)
            return Plan(wanted, self._begin(wanted, uses_ids, now_ms))
        session = self._sessions.get(request.session_id)
        if session is None:
            return Plan([], error=ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
        if session.epoch != request.session_epoch:
            return Plan([], error=ErrorCode.INVALID_FETCH_SESSION_EPOCH)
        if session.uses_ids != uses_ids:
            return Plan([], error=ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
        session.update(request)
        self.advance(session, now_ms)
        return Plan(list(session.active), session, is_incremental=True)

    def at(self, session_id: int, epoch: int) -> Session | None:
        """Find the session that expects a request of this epoch."""
        session = self._sessions.get(session_id)
        return session if session is not None and session.epoch == epoch else None

    def advance(self, session: Session, now_ms: int) -> None:
        """Account for an incremental request."""
        session.epoch = 1 if session.epoch == _MAX_EPOCH else session.epoch + 1
        self._use(session, now_ms)

    def _begin(self, wanted: list[Wanted], uses_ids: bool, now_ms: int) -> Session | None:
        if len(self._sessions) >= self._max_sessions and not self._evict(now_ms):
            return None
        session_id = self._new_id()
        while session_id == 0 or session_id in self._sessions:
            session_id = self._new_id()
        session = self._sessions[session_id] = Session(session_id, uses_ids, wanted)
        self._use(session, now_ms)
        return session

    def _use(self, session: Session, now_ms: int) -> None:
        session.last_used_ms = now_ms
        self._sessions.move_to_end(session.id)

    def _evict(self, now_ms: int) -> bool:
        oldest = next(iter(self._sessions.values()), None)
        if oldest is None or now_ms - oldest.last_used_ms < _EVICTION_MS:
            return False
        self._sessions.pop(oldest.id).close()
        return True


def wanted_of(request: FetchRequest) -> Iterable[Wanted]:
    """List the partitions that a request names itself."""
    for topic in request.topics:
        for ask in topic.partitions:
            yield Wanted(topic.topic, topic.topic_id or ZERO_UUID, ask)
