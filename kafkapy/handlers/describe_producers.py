"""DescribeProducers v0: the idempotent producers that are active in partitions (KIP-664)."""

from __future__ import annotations

from kafkapy.errors import ApiError, error_code
from kafkapy.metadata.topics import check_name
from kafkapy.server.context import RequestContext
from kafkapy.storage.errors import StorageError
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.describe_producers import (
    DescribeProducersRequest,
    DescribeProducersResponse,
    PartitionResponse,
    ProducerState,
    TopicResponse,
)


async def handle(
    request: DescribeProducersRequest, context: RequestContext
) -> DescribeProducersResponse:
    """Describe each partition by itself."""
    return DescribeProducersResponse(
        topics=[
            TopicResponse(
                name=topic.name,
                partitions=[
                    _describe(topic.name, index, context) for index in topic.partition_indexes
                ],
            )
            for topic in request.topics
        ]
    )


def _describe(name: str, index: int, context: RequestContext) -> PartitionResponse:
    result = PartitionResponse(partition_index=index)
    topic = context.broker.image.topic(name)
    log = topic.partition(index) if topic else None
    try:
        if log is None:
            check_name(name)
            raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        producers = context.broker.engine.producers(log)
    except (ApiError, StorageError) as error:
        result.error_code = error_code(error)
        result.error_message = error_code(error).message
        return result
    result.active_producers = [
        ProducerState(
            producer_id=producer.producer_id,
            producer_epoch=producer.producer_epoch,
            last_sequence=producer.last_sequence,
            last_timestamp=producer.last_timestamp_ms,
            coordinator_epoch=producer.coordinator_epoch,
            current_txn_start_offset=producer.current_transaction_start,
        )
        for producer in producers
    ]
    return result
