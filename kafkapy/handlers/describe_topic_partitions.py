"""DescribeTopicPartitions v0: topics and partitions in pages, in the order of names (KIP-966).

An empty list asks for all topics. A page ends at `response_partition_limit` partitions, which
`max.request.partition.size.limit` bounds; the cursor says where the next one begins.
"""

from __future__ import annotations

from kafkapy.authorized_operations import TOPIC_OPERATIONS
from kafkapy.errors import ApiError
from kafkapy.metadata.image import Topic
from kafkapy.metadata.topics import check_name
from kafkapy.server.context import RequestContext
from kafkapy.storage.engine import LogId
from kafkapy.storage.errors import StorageError
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.describe_topic_partitions import (
    Cursor,
    DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsResponse,
    DescribeTopicPartitionsResponsePartition,
    DescribeTopicPartitionsResponseTopic,
)


async def handle(
    request: DescribeTopicPartitionsRequest, context: RequestContext
) -> DescribeTopicPartitionsResponse:
    """Describe one page of topics."""
    broker = context.broker
    asked = {topic.name for topic in request.topics}
    cursor = request.cursor or Cursor()
    if cursor.partition_index < 0 or (request.cursor and asked and cursor.topic_name not in asked):
        return DescribeTopicPartitionsResponse(
            topics=[_failed(topic.name, ErrorCode.INVALID_REQUEST) for topic in request.topics]
        )
    limit = min(request.response_partition_limit, broker.config["max.request.partition.size.limit"])
    left = max(limit, 1)
    response = DescribeTopicPartitionsResponse()
    for name in sorted(name for name in asked or broker.image.topics if name >= cursor.topic_name):
        if left == 0:
            response.next_cursor = Cursor(topic_name=name)
            break
        topic = broker.image.topic(name)
        if topic is None:
            response.topics.append(_unknown(name))
            continue
        first = cursor.partition_index if name == cursor.topic_name else 0
        logs = topic.partitions[first : first + left]
        response.topics.append(_describe(topic, logs, context))
        left -= len(logs)
        if first + len(logs) < len(topic.partitions):
            response.next_cursor = Cursor(topic_name=name, partition_index=first + len(logs))
            break
    return response


def _failed(name: str, code: ErrorCode) -> DescribeTopicPartitionsResponseTopic:
    return DescribeTopicPartitionsResponseTopic(error_code=code, name=name)


def _unknown(name: str) -> DescribeTopicPartitionsResponseTopic:
    code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    try:
        check_name(name)
    except ApiError as error:
        code = error.code
    result = _failed(name, code)
    result.topic_authorized_operations = TOPIC_OPERATIONS
    return result


def _describe(
    topic: Topic, logs: list[LogId], context: RequestContext
) -> DescribeTopicPartitionsResponseTopic:
    return DescribeTopicPartitionsResponseTopic(
        name=topic.name,
        topic_id=topic.topic_id,
        is_internal=topic.is_internal,
        partitions=[_partition(log, context) for log in logs],
        topic_authorized_operations=TOPIC_OPERATIONS,
    )


def _partition(log: LogId, context: RequestContext) -> DescribeTopicPartitionsResponsePartition:
    node_id = context.broker.node_id
    result = DescribeTopicPartitionsResponsePartition(
        partition_index=log.partition,
        leader_id=node_id,
        replica_nodes=[node_id],
        isr_nodes=[node_id],
        eligible_leader_replicas=[],
        last_known_elr=[],
    )
    try:
        result.leader_epoch = context.broker.engine.leader_epoch(log)
    except StorageError:
        result.error_code = ErrorCode.LEADER_NOT_AVAILABLE
        result.leader_id = -1
        result.offline_replicas = [node_id]
    return result
