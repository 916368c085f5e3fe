"""TxnOffsetCommit v0-5: offsets of a group that count once a transaction has committed (KIP-98).

- v2: leader epochs (KIP-320). v3: the member that commits is checked (KIP-447).
- v4: TRANSACTION_ABORTABLE. v5: the group's offsets become part of the transaction by themselves
  (both KIP-890); before that AddOffsetsToTxn must have made them.
"""

from __future__ import annotations

from kafkapy.coordinator.shard_log import Producer
from kafkapy.coordinator.transaction.transaction import VERSION_2
from kafkapy.errors import ApiError
from kafkapy.handlers.transactions import broker_error, is_fenced_by_log, offsets_partition
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.txn_offset_commit import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestTopic,
    TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition,
    TxnOffsetCommitResponseTopic,
)

_FIRST_VERSION_WITH_ABORTABLE = 4
_FIRST_VERSION_THAT_ADDS = 5


async def handle(
    request: TxnOffsetCommitRequest, context: RequestContext
) -> TxnOffsetCommitResponse:
    """Commit what is of existing partitions; each partition has its own result."""
    accepted: list[TxnOffsetCommitRequestTopic] = []
    pending: list[TxnOffsetCommitResponsePartition] = []
    topics = []
    for asked in request.topics:
        topic = context.broker.image.topic(asked.name)
        known = []
        answers = []
        for partition in asked.partitions:
            answer = TxnOffsetCommitResponsePartition(partition.partition_index)
            answers.append(answer)
            if topic is None or topic.partition(partition.partition_index) is None:
                answer.error_code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            else:
                known.append(partition)
                pending.append(answer)
        if known:
            accepted.append(TxnOffsetCommitRequestTopic(asked.name, known))
        topics.append(TxnOffsetCommitResponseTopic(asked.name, answers))
    if accepted:
        request.topics = accepted
        await _commit(request, pending, context)
    return TxnOffsetCommitResponse(topics=topics)


async def _commit(
    request: TxnOffsetCommitRequest,
    pending: list[TxnOffsetCommitResponsePartition],
    context: RequestContext,
) -> None:
    try:
        response = await _in_transaction(request, context)
    except ApiError as error:
        knows_abortable = context.api_version >= _FIRST_VERSION_WITH_ABORTABLE
        code = broker_error(error.code, knows_abortable)
        for answer in pending:
            answer.error_code = code
    else:
        committed = (partition for topic in response.topics for partition in topic.partitions)
        for answer, partition in zip(pending, committed, strict=True):
            answer.error_code = partition.error_code


async def _in_transaction(
    request: TxnOffsetCommitRequest, context: RequestContext
) -> TxnOffsetCommitResponse:
    if not request.group_id:
        raise ApiError(ErrorCode.INVALID_GROUP_ID)
    transactions = context.broker.transactions
    producer = Producer(request.producer_id, request.producer_epoch)
    offsets = await offsets_partition(request.group_id, context)

    def check() -> None:
        if transactions.missing(request.transactional_id, producer, [offsets]):
            raise ApiError(ErrorCode.TRANSACTION_ABORTABLE)

    try:
        if context.api_version >= _FIRST_VERSION_THAT_ADDS:
            await transactions.add_when_possible(
                request.transactional_id, producer, [offsets], VERSION_2
            )
        return await context.broker.groups.commit_in_transaction(request, check)
    except ApiError:
        topic = context.broker.image.topic(offsets.topic)
        log = topic.partition(offsets.partition) if topic else None
        if log is not None and is_fenced_by_log(log, producer, context):
            raise ApiError(ErrorCode.INVALID_PRODUCER_EPOCH) from None
        raise
