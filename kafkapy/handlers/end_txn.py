"""EndTxn v0-5: commit or abort a transaction (KIP-98).

- v2: PRODUCER_FENCED (KIP-588). v4: TRANSACTION_ABORTABLE, which is never the answer here.
- v5: the epoch rises with every transaction, and the answer tells the producer's next (KIP-890).
"""

from __future__ import annotations

from kafkapy.coordinator.shard_log import Producer
from kafkapy.coordinator.transaction.transaction import VERSION_0, VERSION_2
from kafkapy.errors import ApiError
from kafkapy.handlers.transactions import known_error
from kafkapy.server.context import RequestContext
from kafkapy.wire.messages.end_txn import EndTxnRequest, EndTxnResponse

_FIRST_VERSION_WITH_FENCED = 2
_FIRST_VERSION_WITH_EPOCHS = 5


async def handle(request: EndTxnRequest, context: RequestContext) -> EndTxnResponse:
    """Answer once the outcome is durable."""
    raises_epoch = context.api_version >= _FIRST_VERSION_WITH_EPOCHS
    try:
        following = await context.broker.transactions.end(
            request.transactional_id,
            Producer(request.producer_id, request.producer_epoch),
            request.committed,
            VERSION_2 if raises_epoch else VERSION_0,
        )
    except ApiError as error:
        code = known_error(error.code, context.api_version >= _FIRST_VERSION_WITH_FENCED)
        return EndTxnResponse(error_code=code)
    if not raises_epoch:
        return EndTxnResponse()
    return EndTxnResponse(
        producer_id=following.producer_id, producer_epoch=following.producer_epoch
    )
