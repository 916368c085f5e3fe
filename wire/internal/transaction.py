"""Transactions, as records of `__transaction_state`: one per transactional id (KIP-98).

A record without a value says that the transactional id has expired.
"""

from __future__ import annotations

from kafkapy.wire.schema import Data, Struct, array, int8, int16, int32, int64, string


class TransactionLogKey(Data, api_key=0, versions="0"):
    """The transactional id that a record describes."""

    transactional_id: str = string()


class TopicPartitions(Struct):
    """Partitions of one topic."""

    topic: str = string()
    partition_ids: list[int] = array(int32)


class TransactionLogValue(Data, api_key=0, versions="0-1", flexible="1+"):
    """A transactional id: its producer, and the transaction that it is in.

    Version 1 is flexible and is written from `transaction.version` 1 on; its tagged fields are what
    KIP-890 added. All times are epoch milliseconds.
    """

    producer_id: int = int64()
    # of the last transaction that was completed; -1: none
    previous_producer_id: int = int64("1+", default=-1, tag=0)
    # set while the ids are exchanged on epoch exhaustion; -1: none
    next_producer_id: int = int64("1+", default=-1, tag=1)
    producer_epoch: int = int16()
    next_producer_epoch: int = int16("1+", default=-1, tag=3)  # -1: none
    transaction_timeout_ms: int = int32()
    # 0 empty, 1 ongoing, 2 prepare commit, 3 prepare abort, 4 complete commit, 5 complete abort, 6
    # dead, 7 prepare epoch fence
    transaction_status: int = int8()
    # null when the transaction is empty
    transaction_partitions: list[TopicPartitions] | None = array(TopicPartitions, nullable="0+")
    transaction_last_update_timestamp_ms: int = int64()
    transaction_start_timestamp_ms: int = int64()  # -1: no transaction
    # `transaction.version` of the client: 0, 1 or 2
    client_transaction_version: int = int16("1+", tag=2)
