"""InitProducerId: give a producer its id and epoch, and fence earlier ones (KIP-98).

Versions: 1 throttles after the answer (KIP-219), 3 a producer may go on with a raised epoch
(KIP-360), 4 PRODUCER_FENCED (KIP-588), 5 TRANSACTION_ABORTABLE (KIP-890), 6 two-phase commit
(KIP-939; not stable in Kafka 4.3).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, boolean, int16, int32, int64, string


class InitProducerIdRequest(Request, api_key=22, versions="0-6", flexible="2+"):
    """Who asks: an idempotent producer, or a transactional one."""

    transactional_id: str | None = string(nullable="0+")  # null: idempotent only
    transaction_timeout_ms: int = int32()  # an open transaction is aborted after it
    producer_id: int = int64("3+", default=-1)  # what the producer has now; -1: nothing
    producer_epoch: int = int16("3+", default=-1)
    enable_2pc: bool = boolean("6+")  # an outside coordinator decides, no timeout applies
    keep_prepared_txn: bool = boolean("6+")  # leave the open transaction open


class InitProducerIdResponse(Response, api_key=22, versions="0-6", flexible="2+"):
    """The id and epoch to use from now on."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    producer_id: int = int64(default=-1)  # -1 on error
    producer_epoch: int = int16()
    # of the transaction that was kept; -1: none
    ongoing_txn_producer_id: int = int64("6+", default=-1)
    ongoing_txn_producer_epoch: int = int16("6+", default=-1)
