"""Fetch v0-18: read record batches from partitions, and wait for them (long poll).

- v0-1 answer in message sets of magic 0, v2-3 of magic 1; from v4 on in batches of magic 2, with
  the aborted transactions for committed readers (KIP-98).
- v3: `max_bytes` over all partitions; the first batch comes whole even if larger (KIP-74).
- v7: incremental sessions (KIP-227). v9, v12: leader epochs and divergence (KIP-320, KIP-595).
- v10: the client reads zstd (KIP-110); a batch goes out as it is all the same. v13: topics by id
  (KIP-516).
- v16: who is behind is told the current leader, and its address (KIP-951).
"""

from __future__ import annotations

from collections.abc import Iterable

from kafkapy.errors import error_code
from kafkapy.fetch_sessions import Session, Wanted
from kafkapy.handlers.single_fetch import shortcut as shortcut
from kafkapy.leader_epochs import check_epoch
from kafkapy.server.context import RequestContext
from kafkapy.server.waiting import Waiter
from kafkapy.storage.engine import Isolation, LogId, Read, Slice
from kafkapy.storage.errors import StorageError
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.fetch import (
    AbortedTransaction,
    EpochEndOffset,
    FetchableTopicResponse,
    FetchRequest,
    FetchResponse,
    LeaderIdAndEpoch,
    NodeEndpoint,
    PartitionData,
)
from kafkapy.wire.records.legacy import down_convert

_FIRST_VERSION_WITH_LIMIT = 3
_FIRST_VERSION_WITH_BATCHES = 4
_FIRST_VERSION_WITH_IDS = 13
_FIRST_VERSION_WITH_LEADERS = 16

_Answer = tuple[Wanted, PartitionData]


async def handle(request: FetchRequest, context: RequestContext) -> FetchResponse:
    """Read what is there; with less than `min_bytes` wait for more up to `max_wait_ms`."""
    broker = context.broker
    plan = broker.fetch_sessions.plan(
        request,
        uses_ids=context.api_version >= _FIRST_VERSION_WITH_IDS,
        now_ms=broker.clock.monotonic_ms(),
    )
    if plan.error:
        return FetchResponse(error_code=plan.error)
    # Without a session there is one that ends with the request.
    session = plan.session or Session(0, uses_ids=False, wanted=plan.wanted)
    epoch = session.epoch
    fetching = _Fetching(request, session, context)
    try:
        await fetching.read(plan.wanted)
        if request.max_wait_ms > 0 and not fetching.is_enough and session.partitions:
            await fetching.wait()
    finally:
        if plan.session is None:
            session.close()
    if session.epoch != epoch:  # it has gone on without this request
        return FetchResponse(
            error_code=ErrorCode.INVALID_FETCH_SESSION_EPOCH, session_id=session.id
        )
    answers: Iterable[_Answer] = fetching.answers.items()
    if context.api_version < _FIRST_VERSION_WITH_BATCHES:
        _convert(fetching.answers.values(), context)
    if plan.session is not None:
        news = session.news(answers)
        answers = news if plan.is_incremental else answers
    response = FetchResponse(session_id=session.id, responses=_by_topic(answers))
    if any(found.current_leader.leader_id >= 0 for found in fetching.answers.values()):
        host, port = broker.advertised(context.peer)
        response.node_endpoints = [NodeEndpoint(broker.node_id, host, port, broker.rack)]
    return response


class _Fetching:
    """A fetch under way: what has been found so far."""

    __slots__ = (
        "_context",
        "_isolation",
        "_limit",
        "_request",
        "_session",
        "_sizes",
        "answers",
        "is_enough",
        "size",
    )

    def __init__(self, request: FetchRequest, session: Session, context: RequestContext) -> None:
        self._request = request
        self._session = session
        self._context = context
        self._isolation = Isolation(request.isolation_level == 1)
        self._limit = min(request.max_bytes, context.broker.fetch_max_bytes)
        # Where it matters: each partition's log, and its size when it was read.
        self._sizes: dict[Wanted, tuple[LogId, int]] = {}
        self.answers: dict[Wanted, PartitionData] = {}
        self.size = 0
        # Whether the answer goes out at once: enough bytes, or anything that is an error.
        self.is_enough = False

    async def read(self, partitions: Iterable[Wanted]) -> None:
        """Read these partitions; what was found in them before is forgotten."""
        engine = self._context.broker.engine
        reads: list[Read] = []
        reading: list[_Answer] = []
        for wanted in partitions:
            ask = wanted.ask
            before = self.answers.get(wanted)
            if before is not None:
                self.size -= len(before.records or b"")
            found = PartitionData(ask.partition, 0, -1, records=b"", aborted_transactions=None)
            self.answers[wanted] = found
            log = _find(self._request, wanted, found, self._context)
            if log is not None:
                self._session.watch(wanted, log, engine)
                reads.append(Read(log, ask.fetch_offset, ask.partition_max_bytes, self._isolation))
                reading.append((wanted, found))
            else:
                self.is_enough = True
        if reads:
            slices = await engine.read(
                reads,
                max(self._limit - self.size, 0),
                at_least_one=not self.size
                and self._context.api_version >= _FIRST_VERSION_WITH_LIMIT,
            )
            for read, (wanted, found), piece in zip(reads, reading, slices, strict=True):
                if isinstance(piece, Slice):
                    self._take(read.log, wanted, found, piece)
                else:
                    found.error_code = error_code(piece)
                    self.is_enough = True
        if self.size >= self._request.min_bytes:
            self.is_enough = True

    def _take(self, log: LogId, wanted: Wanted, found: PartitionData, piece: Slice) -> None:
        bounds = piece.bounds
        found.records = piece.records
        found.high_watermark = bounds.high_watermark
        found.last_stable_offset = bounds.stable
        found.log_start_offset = bounds.start
        if piece.aborted is not None:
            found.aborted_transactions = [AbortedTransaction(*each) for each in piece.aborted]
        self.size += len(piece.records)
        is_committed = self._isolation is Isolation.READ_COMMITTED
        if wanted.ask.fetch_offset >= (bounds.stable if is_committed else bounds.high_watermark):
            self._session.rest(wanted)
        if self._request.min_bytes > 1:
            self._sizes[wanted] = log, self._context.broker.engine.size_bytes(log)

    async def wait(self) -> None:
        """Read again what has changed, until there is enough or the time is up."""
        session = self._session
        with Waiter(self._request.max_wait_ms / 1000) as waiter:
            session.on_change = waiter.wake
            while not self.is_enough and not waiter.timed_out:
                await waiter.changed()
                if waiter.timed_out or self._may_be_enough():
                    await self.read(list(session.active))

    def _may_be_enough(self) -> bool:
        """Whether the logs have grown by what is missing.

        If not, they need not be read again, which would cost more with each small append.
        """
        missing = self._request.min_bytes - self.size
        if missing <= 1:
            return True
        session, engine = self._session, self._context.broker.engine
        for wanted in session.active:
            if wanted not in self._sizes:
                return True
            log, size = self._sizes[wanted]
            session.watch(wanted, log, engine)
            try:
                missing -= engine.size_bytes(log) - size
            except StorageError:
                return True
        return missing <= 0


def _find(
    request: FetchRequest, wanted: Wanted, found: PartitionData, context: RequestContext
) -> LogId | None:
    """Find the log to read, or put into `found` why there is nothing to read."""
    broker = context.broker
    ask = wanted.ask
    version = context.api_version
    by_id = version >= _FIRST_VERSION_WITH_IDS
    image = broker.image
    topic = image.topic_by_id(wanted.topic_id) if by_id else image.topic(wanted.topic)
    log = topic.partition(ask.partition) if topic else None
    if log is None:
        unknown_id = by_id and topic is None
        found.error_code = (
            ErrorCode.UNKNOWN_TOPIC_ID if unknown_id else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        )
        found.aborted_transactions = []
        return None
    if max(request.replica_id, request.replica_state.replica_id) >= 0:
        found.error_code = ErrorCode.NOT_LEADER_OR_FOLLOWER  # nobody replicates from here
        return None
    try:
        refusal = check_epoch(broker.engine, log, ask.current_leader_epoch)
    except StorageError as error:
        refusal = error_code(error)
    if refusal:
        found.error_code = refusal
        if refusal is ErrorCode.FENCED_LEADER_EPOCH and version >= _FIRST_VERSION_WITH_LEADERS:
            epoch = broker.engine.leader_epoch(log)
            found.current_leader = LeaderIdAndEpoch(leader_id=broker.node_id, leader_epoch=epoch)
        return None
    if ask.last_fetched_epoch >= 0 and _diverges(wanted, log, found, context):
        return None
    return log


def _diverges(wanted: Wanted, log: LogId, found: PartitionData, context: RequestContext) -> bool:
    """Whether the reader holds records that this log does not have (KIP-595)."""
    ask = wanted.ask
    end = context.broker.engine.epoch_end(log, ask.last_fetched_epoch)
    if end.end_offset < 0:
        found.error_code = ErrorCode.OFFSET_OUT_OF_RANGE
        return True
    if end.leader_epoch < ask.last_fetched_epoch or end.end_offset < ask.fetch_offset:
        found.diverging_epoch = EpochEndOffset(epoch=end.leader_epoch, end_offset=end.end_offset)
        return True
    return False


def _convert(answers: Iterable[PartitionData], context: RequestContext) -> None:
    """Give clients of before Kafka 0.11 message sets; what cannot be one is an error."""
    magic = 0 if context.api_version < 2 else 1
    limit = context.broker.max_decompressed_bytes
    for found in answers:
        if not found.records:
            continue
        try:
            found.records = down_convert(found.records, magic, max_bytes=limit)
        except ValueError as error:
            found.error_code = error_code(error)
            found.records = b""


def _by_topic(answers: Iterable[_Answer]) -> list[FetchableTopicResponse]:
    topics: list[FetchableTopicResponse] = []
    last: Wanted | None = None
    for wanted, found in answers:
        if last is None or (wanted.topic, wanted.topic_id) != (last.topic, last.topic_id):
            topics.append(FetchableTopicResponse(wanted.topic, wanted.topic_id, []))
        topics[-1].partitions.append(found)
        last = wanted
    return topics
