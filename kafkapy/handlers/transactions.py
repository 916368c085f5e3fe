"""What the handlers of the transaction APIs share."""

from __future__ import annotations

from kafkapy.coordinator.groups import OFFSETS_TOPIC
from kafkapy.coordinator.transaction.transaction import TopicPartition
from kafkapy.server.context import RequestContext
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
