"""AddOffsetsToTxn v0-4: make the offsets of a group part of a transaction (KIP-98).

- v2: PRODUCER_FENCED (KIP-588). v4: TRANSACTION_ABORTABLE, which is never the answer here.
- Clients of transaction version 2 leave it out: TxnOffsetCommit v5 does the same (KIP-890).
"""

from __future__ import annotations

from kafkapy.coordinator.shard_log import Producer
from kafkapy.coordinator.transaction.transaction import VERSION_0
from kafkapy.errors import ApiError
from kafkapy.handlers.transactions import known_error, offsets_partition
from kafkapy.server.context import RequestContext
from kafkapy.wire.messages.add_offsets_to_txn import (
    AddOffsetsToTxnRequest,
    AddOffsetsToTxnResponse,
)

_FIRST_VERSION_WITH_FENCED = 2


async def handle(
    request: AddOffsetsToTxnRequest, context: RequestContext
) -> AddOffsetsToTxnResponse:
    """Add the partition that keeps the offsets of the group."""
    try:
        await context.broker.transactions.add_when_possible(
            request.transactional_id,
            Producer(request.producer_id, request.producer_epoch),
            [await offsets_partition(request.group_id, context)],
            VERSION_0,
        )
    except ApiError as error:
        code = known_error(error.code, context.api_version >= _FIRST_VERSION_WITH_FENCED)
        return AddOffsetsToTxnResponse(error_code=code)
    return AddOffsetsToTxnResponse()
