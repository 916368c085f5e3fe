"""DescribeTransactions: the state of transactional ids, by their coordinator (KIP-664)."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, int64, string


class DescribeTransactionsRequest(Request, api_key=65, versions="0", flexible="0+"):
    """The transactional ids in question."""

    transactional_ids: list[str] = array(string)


class TopicData(Struct):
    """Partitions of one topic."""

    topic: str = string()
    partitions: list[int] = array(int32)


class TransactionState(Struct):
    """One transactional id; TRANSACTIONAL_ID_NOT_FOUND if the coordinator has none such."""

    error_code: int = int16()
    transactional_id: str = string()
    # Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit, CompleteAbort, PrepareEpochFence
    transaction_state: str = string()
    transaction_timeout_ms: int = int32()
    transaction_start_time_ms: int = int64()  # -1: no transaction
    producer_id: int = int64()
    producer_epoch: int = int16()
    # once a transaction ends: those that have no marker yet
    topics: list[TopicData] = array(TopicData)


class DescribeTransactionsResponse(Response, api_key=65, versions="0", flexible="0+"):
    """One state per transactional id."""

    throttle_time_ms: int = int32()
    transaction_states: list[TransactionState] = array(TransactionState)
