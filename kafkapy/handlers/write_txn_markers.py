"""WriteTxnMarkers v0-2: write the outcome of transactions into partitions (KIP-98, KIP-664).

Coordinators of other brokers send it, and admins who end a transaction that nobody coordinates.

- v2: tells the transaction version; in version 2 a marker's epoch is above that of the records that
  it ends (KIP-1228).
"""

from __future__ import annotations

from kafkapy.coordinator.shard_log import Producer
from kafkapy.coordinator.transaction.markers import Marker
from kafkapy.coordinator.transaction.transaction import VERSION_2, TopicPartition
from kafkapy.handlers.transactions import producer_state
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.write_txn_markers import (
    WritableTxnMarker,
    WritableTxnMarkerPartitionResult,
    WritableTxnMarkerResult,
    WritableTxnMarkerTopicResult,
    WriteTxnMarkersRequest,
    WriteTxnMarkersResponse,
)
from kafkapy.wire.records.batch import NO_PRODUCER_EPOCH, NO_PRODUCER_ID


async def handle(
    request: WriteTxnMarkersRequest, context: RequestContext
) -> WriteTxnMarkersResponse:
    """Write every marker to each of its partitions."""
    return WriteTxnMarkersResponse(
        markers=[await _write(asked, context) for asked in request.markers]
    )


async def _write(asked: WritableTxnMarker, context: RequestContext) -> WritableTxnMarkerResult:
    marker = Marker(
        Producer(asked.producer_id, asked.producer_epoch),
        asked.transaction_result,
        asked.coordinator_epoch,
    )
    partitions = [
        TopicPartition(topic.name, index)
        for topic in asked.topics
        for index in topic.partition_indexes
    ]
    errors = dict.fromkeys(partitions, ErrorCode.INVALID_PRODUCER_EPOCH)
    if (
        asked.producer_id == NO_PRODUCER_ID
        or asked.producer_epoch == NO_PRODUCER_EPOCH
        or asked.transaction_version < 0
    ):
        # The batch of a marker would say that it has no producer. Kafka fails on all of these.
        errors = dict.fromkeys(partitions, ErrorCode.UNKNOWN_SERVER_ERROR)
        partitions = []
    elif asked.transaction_version >= VERSION_2:
        partitions = [at for at in partitions if not _is_too_old(at, marker.producer, context)]
    errors.update(await context.broker.transactions.markers.write(marker, partitions))
    return WritableTxnMarkerResult(
        asked.producer_id,
        [
            WritableTxnMarkerTopicResult(
                topic.name,
                [
                    WritableTxnMarkerPartitionResult(
                        index, errors[TopicPartition(topic.name, index)]
                    )
                    for index in topic.partition_indexes
                ],
            )
            for topic in asked.topics
        ],
    )


def _is_too_old(at: TopicPartition, producer: Producer, context: RequestContext) -> bool:
    """Whether a partition has an open transaction of the marker's own epoch."""
    topic = context.broker.image.topic(at.topic)
    log = topic.partition(at.partition) if topic else None
    known = producer_state(log, producer.producer_id, context) if log else None
    return (
        known is not None
        and known.producer_epoch >= producer.producer_epoch
        and known.current_transaction_start >= 0
    )
