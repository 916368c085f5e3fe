"""ListTransactions: the transactional ids that a broker coordinates (KIP-664).

Versions: 1 by duration (KIP-994), 2 by pattern, which can fail with INVALID_REGULAR_EXPRESSION
(KIP-1152).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, int64, string


class ListTransactionsRequest(Request, api_key=66, versions="0-2", flexible="0+"):
    """Filters; a transactional id must pass all of them."""

    state_filters: list[str] = array(string)  # empty: any
    producer_id_filters: list[int] = array(int64)  # empty: any
    duration_filter: int = int64("1+", default=-1)  # open for longer than this, in ms; below 0: any
    # RE2 for the whole id; null or empty: any
    transactional_id_pattern: str | None = string("2+", nullable="2+", default=None)


class TransactionState(Struct):
    """A transactional id and its state."""

    transactional_id: str = string()
    producer_id: int = int64()
    transaction_state: str = string()


class ListTransactionsResponse(Response, api_key=66, versions="0-2", flexible="0+"):
    """The transactional ids that pass."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    unknown_state_filters: list[str] = array(string)  # states asked for that do not exist
    transaction_states: list[TransactionState] = array(TransactionState)
