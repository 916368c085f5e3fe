"""ListTransactions v0-2: the transactional ids of which this broker is the coordinator (KIP-664).

- v1: only transactions that are open for longer than a duration (KIP-994).
- v2: only transactional ids that match a pattern (KIP-1152).
"""

from __future__ import annotations

from kafkapy.coordinator.transaction.transaction import State, Transaction
from kafkapy.errors import ApiError
from kafkapy.patterns import Pattern, PatternError
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.list_transactions import (
    ListTransactionsRequest,
    ListTransactionsResponse,
    TransactionState,
)

_STATES = {state.label: state for state in State}


async def handle(
    request: ListTransactionsRequest, context: RequestContext
) -> ListTransactionsResponse:
    """List those that pass all filters; an empty filter lets all pass."""
    try:
        pattern = Pattern(request.transactional_id_pattern or "(?s:.*)")
    except PatternError:
        return ListTransactionsResponse(error_code=ErrorCode.INVALID_REGULAR_EXPRESSION)
    now_ms = context.broker.clock.now_ms()
    try:
        found = [
            TransactionState(
                transactional_id, transaction.producer.producer_id, transaction.state.label
            )
            for transactional_id, transaction in context.broker.transactions.transactions()
            if _passes(transaction, request, now_ms) and pattern.fullmatch(transactional_id)
        ]
    except ApiError as error:
        return ListTransactionsResponse(error_code=error.code)
    return ListTransactionsResponse(
        unknown_state_filters=[
            name for name in dict.fromkeys(request.state_filters) if name not in _STATES
        ],
        transaction_states=found,
    )


def _passes(transaction: Transaction, request: ListTransactionsRequest, now_ms: int) -> bool:
    if request.producer_id_filters and (
        transaction.producer.producer_id not in request.producer_id_filters
    ):
        return False
    if request.state_filters and transaction.state.label not in request.state_filters:
        return False
    return request.duration_filter < 0 or now_ms - transaction.start_ms > request.duration_filter
