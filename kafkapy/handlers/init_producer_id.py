"""InitProducerId v0-5: an id and an epoch for a producer, and an end to those before it (KIP-98).

- v3: a producer may name the id and epoch that it has, and gets the next epoch (KIP-360). Without a
  transactional id there is nothing to continue, and Kafka gives a new id all the same.
- v4: PRODUCER_FENCED (KIP-588). v5: TRANSACTION_ABORTABLE, which is never the answer here.
"""

from __future__ import annotations

from kafkapy.coordinator.shard_log import NO_PRODUCER, Producer
from kafkapy.errors import ApiError
from kafkapy.handlers.transactions import known_error
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.init_producer_id import (
    InitProducerIdRequest,
    InitProducerIdResponse,
)

_FIRST_VERSION_WITH_FENCED = 4


async def handle(request: InitProducerIdRequest, context: RequestContext) -> InitProducerIdResponse:
    """Give a new id with epoch 0, or that of the transactional id with an epoch of its own."""
    try:
        producer = await _init(request, context)
    except ApiError as error:
        code = known_error(error.code, context.api_version >= _FIRST_VERSION_WITH_FENCED)
        return InitProducerIdResponse(error_code=code, producer_epoch=-1)
    return InitProducerIdResponse(
        producer_id=producer.producer_id, producer_epoch=producer.producer_epoch
    )


async def _init(request: InitProducerIdRequest, context: RequestContext) -> Producer:
    known = Producer(request.producer_id, request.producer_epoch)
    if (known.producer_id == -1) != (known.producer_epoch == -1):
        raise ApiError(ErrorCode.INVALID_REQUEST)
    transactions = context.broker.transactions
    if request.transactional_id is None:
        return await transactions.new_producer()
    return await transactions.init_producer(
        request.transactional_id,
        request.transaction_timeout_ms,
        None if known == NO_PRODUCER else known,
    )
