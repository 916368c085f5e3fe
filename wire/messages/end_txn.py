"""EndTxn: commit or abort the open transaction (KIP-98).

Versions: 1 throttles after the answer (KIP-219), 2 PRODUCER_FENCED (KIP-588),
4 TRANSACTION_ABORTABLE, 5 every transaction has an epoch of its own (both KIP-890).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, boolean, int16, int32, int64, string


class EndTxnRequest(Request, api_key=26, versions="0-5", flexible="3+"):
    """The transaction and its outcome."""

    transactional_id: str = string()
    producer_id: int = int64()
    producer_epoch: int = int16()
    committed: bool = boolean()  # False: abort


class EndTxnResponse(Response, api_key=26, versions="0-5", flexible="3+"):
    """Whether the outcome is decided; markers are written later."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    producer_id: int = int64("5+", default=-1)  # for the next transaction; -1 on error
    producer_epoch: int = int16("5+", default=-1)
