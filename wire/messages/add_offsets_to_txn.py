"""AddOffsetsToTxn: make the offsets of a group a part of the open transaction (KIP-98).

Versions: 1 throttles after the answer (KIP-219), 2 PRODUCER_FENCED (KIP-588),
4 TRANSACTION_ABORTABLE (KIP-890).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, int16, int32, int64, string


class AddOffsetsToTxnRequest(Request, api_key=25, versions="0-4", flexible="3+"):
    """The transaction, and the group whose offsets it will commit."""

    transactional_id: str = string()
    producer_id: int = int64()
    producer_epoch: int = int16()
    group_id: str = string()


class AddOffsetsToTxnResponse(Response, api_key=25, versions="0-4", flexible="3+"):
    """Whether the offsets partition of the group was added."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
