"""What the handlers of the transaction APIs share."""

from __future__ import annotations

from kafkapy.coordinator.groups import OFFSETS_TOPIC
from kafkapy.coordinator.shard_log import Producer
from kafkapy.coordinator.transaction.transaction import TopicPartition
from kafkapy.server.context import RequestContext
from kafkapy.storage.engine import LogId, ProducerState
from kafkapy.storage.errors import StorageError
from kafkapy.wire.error_codes import ErrorCode


def known_error(code: ErrorCode, knows_fenced: bool) -> ErrorCode:
    """Give the error in terms of a client that may not know PRODUCER_FENCED (KIP-588)."""
    if code is ErrorCode.PRODUCER_FENCED and not knows_fenced:
        return ErrorCode.INVALID_PRODUCER_EPOCH
    return code


async def offsets_partition(group_id: str, context: RequestContext) -> TopicPartition:
    """Give the partition that keeps the offsets of a group, made at its first use."""
    groups = context.broker.groups
    await groups.ensure_started()
    return TopicPartition(OFFSETS_TOPIC, groups.partition_of(group_id))


def broker_error(code: ErrorCode, knows_abortable: bool) -> ErrorCode:
    """Give the error of what a broker verified in terms of the client that it did so for."""
    if code is ErrorCode.PRODUCER_FENCED:
        return ErrorCode.INVALID_PRODUCER_EPOCH
    if code is ErrorCode.TRANSACTION_ABORTABLE and not knows_abortable:
        return ErrorCode.INVALID_TXN_STATE
    return code


def producer_state(log: LogId, producer_id: int, context: RequestContext) -> ProducerState | None:
    """Give what a log knows of a producer id; None of a log that fails, which its append tells."""
    try:
        producers = context.broker.engine.producers(log)
    except StorageError:
        return None
    return next((known for known in producers if known.producer_id == producer_id), None)


def is_fenced_by_log(log: LogId, producer: Producer, context: RequestContext) -> bool:
    """Whether a log has a higher epoch of a producer id, of which its coordinator may not know."""
    known = producer_state(log, producer.producer_id, context)
    return known is not None and known.producer_epoch > producer.producer_epoch
