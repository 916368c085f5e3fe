"""InitProducerId v0-5: an id and an epoch for an idempotent producer (KIP-98, KIP-360).

- v3: a producer may name the id and epoch that it has, and gets the next epoch. Without a
  transactional id there is nothing to continue, and Kafka gives a new id all the same.
"""

from __future__ import annotations

from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.init_producer_id import (
    InitProducerIdRequest,
    InitProducerIdResponse,
)


async def handle(request: InitProducerIdRequest, context: RequestContext) -> InitProducerIdResponse:
    """Give a producer id that nobody had before, with epoch 0."""
    # Transactions are not served yet: a producer must not wait for a coordinator in vain.
    is_transactional = request.transactional_id is not None
    is_half_known = (request.producer_id == -1) != (request.producer_epoch == -1)
    if is_transactional or is_half_known:
        return InitProducerIdResponse(error_code=ErrorCode.INVALID_REQUEST, producer_epoch=-1)
    return InitProducerIdResponse(
        producer_id=await context.broker.controller.next_producer_id(), producer_epoch=0
    )
