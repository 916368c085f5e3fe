"""AddPartitionsToTxn v0-5: make partitions part of a transaction, before they are written to.

- v0-3 are of clients; either all partitions are added or none. v2: PRODUCER_FENCED (KIP-588).
- v4-5 are of brokers, for many transactions at once, which may only verify (KIP-890).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kafkapy.coordinator.shard_log import Producer
from kafkapy.coordinator.transaction.transaction import VERSION_0, VERSION_2, TopicPartition
from kafkapy.errors import ApiError
from kafkapy.handlers.transactions import known_error
from kafkapy.metadata.image import INTERNAL_TOPICS
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.add_partitions_to_txn import (
    AddPartitionsToTxnPartitionResult,
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse,
    AddPartitionsToTxnResult,
    AddPartitionsToTxnTopicResult,
    AddPartitionsToTxnTransaction,
)

_FIRST_VERSION_WITH_FENCED = 2
_FIRST_VERSION_OF_BROKERS = 4


async def handle(
    request: AddPartitionsToTxnRequest, context: RequestContext
) -> AddPartitionsToTxnResponse:
    """Answer for each partition."""
    if context.api_version < _FIRST_VERSION_OF_BROKERS:
        asked = AddPartitionsToTxnTransaction(
            transactional_id=request.v3_and_below_transactional_id,
            producer_id=request.v3_and_below_producer_id,
            producer_epoch=request.v3_and_below_producer_epoch,
            topics=request.v3_and_below_topics,
        )
        results = await _of_one(asked, context)
        return AddPartitionsToTxnResponse(results_by_topic_v3_and_below=results)
    return AddPartitionsToTxnResponse(
        results_by_transaction=[
            AddPartitionsToTxnResult(asked.transactional_id, await _of_one(asked, context))
            for asked in request.transactions
        ]
    )


async def _of_one(
    asked: AddPartitionsToTxnTransaction, context: RequestContext
) -> list[AddPartitionsToTxnTopicResult]:
    errors = await _add(asked, context)
    return [
        AddPartitionsToTxnTopicResult(
            topic.name,
            [
                AddPartitionsToTxnPartitionResult(index, errors[TopicPartition(topic.name, index)])
                for index in topic.partitions
            ],
        )
        for topic in asked.topics
    ]


async def _add(
    asked: AddPartitionsToTxnTransaction, context: RequestContext
) -> Mapping[TopicPartition, ErrorCode]:
    partitions = [
        TopicPartition(topic.name, index) for topic in asked.topics for index in topic.partitions
    ]
    errors = _unwritable(partitions, context)
    if any(errors.values()):
        return {
            partition: error or ErrorCode.OPERATION_NOT_ATTEMPTED
            for partition, error in errors.items()
        }
    transactions = context.broker.transactions
    producer = Producer(asked.producer_id, asked.producer_epoch)
    is_of_broker = context.api_version >= _FIRST_VERSION_OF_BROKERS
    try:
        if asked.verify_only:
            for partition in transactions.missing(asked.transactional_id, producer, partitions):
                errors[partition] = ErrorCode.TRANSACTION_ABORTABLE
        else:
            await transactions.add_when_possible(
                asked.transactional_id,
                producer,
                partitions,
                VERSION_2 if is_of_broker else VERSION_0,
            )
    except ApiError as error:
        code = known_error(error.code, context.api_version >= _FIRST_VERSION_WITH_FENCED)
        return dict.fromkeys(partitions, code)
    return errors


def _unwritable(
    partitions: Iterable[TopicPartition], context: RequestContext
) -> dict[TopicPartition, ErrorCode]:
    """Say of each partition why it may not be written to, or NONE."""
    image = context.broker.image
    errors = {}
    for partition in partitions:
        topic = image.topic(partition.topic)
        errors[partition] = ErrorCode.NONE
        is_of_client = context.api_version < _FIRST_VERSION_OF_BROKERS
        if is_of_client and partition.topic in INTERNAL_TOPICS:
            errors[partition] = ErrorCode.TOPIC_AUTHORIZATION_FAILED
        elif topic is None or topic.partition(partition.partition) is None:
            errors[partition] = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return errors
