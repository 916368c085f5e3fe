"""DescribeTransactions v0: the state of transactional ids (KIP-664)."""

from __future__ import annotations

from kafkapy.errors import ApiError
from kafkapy.server.context import RequestContext
from kafkapy.wire.messages.describe_transactions import (
    DescribeTransactionsRequest,
    DescribeTransactionsResponse,
    TopicData,
    TransactionState,
)


async def handle(
    request: DescribeTransactionsRequest, context: RequestContext
) -> DescribeTransactionsResponse:
    """Describe each transactional id by itself."""
    return DescribeTransactionsResponse(
        transaction_states=[_describe(asked, context) for asked in request.transactional_ids]
    )


def _describe(transactional_id: str, context: RequestContext) -> TransactionState:
    try:
        transaction, unmarked = context.broker.transactions.describe(transactional_id)
    except ApiError as error:
        return TransactionState(error_code=error.code, transactional_id=transactional_id)
    topics: dict[str, list[int]] = {}
    for topic, partition in sorted(unmarked):
        topics.setdefault(topic, []).append(partition)
    return TransactionState(
        transactional_id=transactional_id,
        transaction_state=transaction.state.label,
        transaction_timeout_ms=transaction.timeout_ms,
        transaction_start_time_ms=transaction.start_ms,
        producer_id=transaction.producer.producer_id,
        producer_epoch=transaction.producer.producer_epoch,
        topics=[TopicData(topic, partitions) for topic, partitions in topics.items()],
    )
