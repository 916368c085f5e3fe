"""Fetch v0-18: read record batches from partitions, and wait for them (long poll).

- v0-1 answer in message sets of magic 0, v2-3 of magic 1; from v4 on in batches of magic 2, with
  the aborted transactions for committed readers (KIP-98).
- v3: `max_bytes` over all partitions; the first batch comes whole even if larger (KIP-74).
- v7: incremental sessions (KIP-227). v9, v12: leader epochs and divergence (KIP-320, KIP-595).
- v10: zstd (KIP-110). v13: topics by id (KIP-516).
"""

from __future__ import annotations

from kafkapy.errors import error_code
from kafkapy.fetch_sessions import Plan, Wanted
from kafkapy.leader_epochs import check_epoch
from kafkapy.server.context import RequestContext
from kafkapy.server.waiting import Waiter
from kafkapy.storage.engine import Isolation, LogId, Read, Slice
from kafkapy.storage.errors import StorageError
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.errors import UnsupportedCompressionError
from kafkapy.wire.messages.fetch import (
    AbortedTransaction,
    EpochEndOffset,
    FetchableTopicResponse,
    FetchRequest,
    FetchResponse,
    LeaderIdAndEpoch,
    PartitionData,
)
from kafkapy.wire.records.batch import batches
from kafkapy.wire.records.legacy import down_convert

_FIRST_VERSION_WITH_LIMIT = 3
_FIRST_VERSION_WITH_BATCHES = 4
_FIRST_VERSION_WITH_ZSTD = 10
_FIRST_VERSION_WITH_IDS = 13
_ZSTD = 4

_Answers = list[tuple[Wanted, PartitionData]]


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
    answers, size, logs = await _read(request, plan, context)
    if request.max_wait_ms > 0 and not _is_enough(request, answers, size) and logs:
        with Waiter(broker.engine, logs, request.max_wait_ms / 1000) as waiter:
            while not waiter.timed_out and not _is_enough(request, answers, size):
                await waiter.changed()
                answers, size, logs = await _read(request, plan, context)
    if context.api_version < _FIRST_VERSION_WITH_ZSTD:
        _adapt(answers, context)
    if plan.is_incremental and plan.session is not None:
        answers = plan.session.news(answers)
    return FetchResponse(
        session_id=plan.session.id if plan.session else 0, responses=_by_topic(answers)
    )


def _is_enough(request: FetchRequest, answers: _Answers, size: int) -> bool:
    """Whether the answer goes out at once: enough bytes, or anything that is an error."""
    if size >= request.min_bytes:
        return True
    return any(found.error_code or found.diverging_epoch.epoch >= 0 for _, found in answers)


async def _read(
    request: FetchRequest, plan: Plan, context: RequestContext
) -> tuple[_Answers, int, list[LogId]]:
    """Read every partition once; gives the answers, the bytes of records, and what was read."""
    engine = context.broker.engine
    isolation = Isolation(request.isolation_level == 1)
    answers: _Answers = []
    reads: list[Read] = []
    reading: list[PartitionData] = []
    for wanted in plan.wanted:
        ask = wanted.ask
        found = PartitionData(ask.partition, 0, -1, records=b"", aborted_transactions=None)
        answers.append((wanted, found))
        log = _find(request, wanted, found, context)
        if log is not None:
            reads.append(Read(log, ask.fetch_offset, ask.partition_max_bytes, isolation))
            reading.append(found)
    size = 0
    if reads:
        slices = await engine.read(
            reads,
            min(request.max_bytes, context.broker.fetch_max_bytes),
            at_least_one=context.api_version >= _FIRST_VERSION_WITH_LIMIT,
        )
        for found, piece in zip(reading, slices, strict=True):
            if type(piece) is Slice:
                _fill(found, piece)
                size += len(piece.records)
            else:
                found.error_code = error_code(piece)  # type: ignore[arg-type]
    return answers, size, [read.log for read in reads]


def _find(
    request: FetchRequest, wanted: Wanted, found: PartitionData, context: RequestContext
) -> LogId | None:
    """Find the log to read, or put into `found` why there is nothing to read."""
    broker = context.broker
    ask = wanted.ask
    by_id = context.api_version >= _FIRST_VERSION_WITH_IDS
    image = broker.image
    topic = image.topic_by_id(wanted.topic_id) if by_id else image.topic(wanted.topic)
    log = topic.partition(ask.partition) if topic else None
    if log is None:
        unknown_id = by_id and topic is None
        found.error_code = (
            ErrorCode.UNKNOWN_TOPIC_ID if unknown_id else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        )
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


def _fill(found: PartitionData, piece: Slice) -> None:
    bounds = piece.bounds
    found.records = piece.records
    found.high_watermark = bounds.high_watermark
    found.last_stable_offset = bounds.stable
    found.log_start_offset = bounds.start
    if piece.aborted is not None:
        found.aborted_transactions = [AbortedTransaction(*each) for each in piece.aborted]


def _adapt(answers: _Answers, context: RequestContext) -> None:
    """Give old clients records in a format that they can read."""
    version = context.api_version
    for _, found in answers:
        if not found.records:
            continue
        try:
            if any(header.compression == _ZSTD for header, _ in batches(found.records)):
                raise UnsupportedCompressionError("zstd needs version 10 of the fetch request")
            if version < _FIRST_VERSION_WITH_BATCHES:
                found.records = down_convert(
                    found.records,
                    0 if version < 2 else 1,
                    max_bytes=context.broker.max_decompressed_bytes,
                )
        except ValueError as error:
            found.error_code = error_code(error)
            found.records = b""


def _by_topic(answers: _Answers) -> list[FetchableTopicResponse]:
    topics: list[FetchableTopicResponse] = []
    last: Wanted | None = None
    for wanted, found in answers:
        if last is None or (wanted.topic, wanted.topic_id) != (last.topic, last.topic_id):
            topics.append(FetchableTopicResponse(wanted.topic, wanted.topic_id, []))
        topics[-1].partitions.append(found)
        last = wanted
    return topics
