"""Metadata v0-13: the brokers, and topics with their partitions and leaders.

- v0: an empty topic list asks for all topics; from v1 on null does, and an empty list for none.
- v4: the client says whether a missing topic may be created; before it always may.
- v10: topics have ids, by which v12 may ask (KIP-516); then names beside them do not count.
- v8-10: the operations that the client may do on the cluster, from v8 on those on topics (KIP-430).
"""

from __future__ import annotations

from kafkapy.authorized_operations import CLUSTER_OPERATIONS, NOT_ASKED, TOPIC_OPERATIONS
from kafkapy.errors import ApiError
from kafkapy.metadata.image import Topic
from kafkapy.server.context import RequestContext
from kafkapy.storage.engine import LogId
from kafkapy.storage.errors import StorageError
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.metadata import (
    MetadataRequest,
    MetadataRequestTopic,
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)
from kafkapy.wire.schema import ZERO_UUID


async def handle(request: MetadataRequest, context: RequestContext) -> MetadataResponse:
    """Describe the cluster and the topics asked for, and create missing ones where allowed."""
    asked = request.topics or []
    if not all(_is_askable(topic, context.api_version) for topic in asked):
        return _refused(asked)
    broker = context.broker
    host, port = broker.advertised(context.peer)
    asks_cluster = request.include_cluster_authorized_operations
    response = MetadataResponse(
        brokers=[
            MetadataResponseBroker(node_id=broker.node_id, host=host, port=port, rack=broker.rack)
        ],
        cluster_id=broker.cluster_id,
        controller_id=broker.node_id,
        cluster_authorized_operations=CLUSTER_OPERATIONS if asks_cluster else NOT_ASKED,
    )
    operations = TOPIC_OPERATIONS if request.include_topic_authorized_operations else NOT_ASKED
    if request.topics is None or (context.api_version == 0 and not request.topics):
        topics = [_describe(topic, context) for topic in broker.image.topics.values()]
    else:
        may_create = request.allow_auto_topic_creation
        asked = [topic for topic in asked if topic.topic_id != ZERO_UUID] or asked
        once = {(topic.name, topic.topic_id): topic for topic in asked}  # as Kafka answers
        topics = [await _topic(each, may_create, context) for each in once.values()]
    for topic in topics:
        if topic.error_code != ErrorCode.UNKNOWN_TOPIC_ID:
            topic.topic_authorized_operations = operations
    response.topics = topics
    return response


def _is_askable(asked: MetadataRequestTopic, version: int) -> bool:
    """Say whether a topic is named in the way of this version."""
    if asked.topic_id == ZERO_UUID:
        return asked.name is not None
    return version >= 12


def _refused(asked: list[MetadataRequestTopic]) -> MetadataResponse:
    code = ErrorCode.INVALID_REQUEST
    return MetadataResponse(
        topics=[
            MetadataResponseTopic(error_code=code, name=topic.name or "", topic_id=topic.topic_id)
            for topic in asked
        ],
        error_code=code,
    )


async def _topic(
    asked: MetadataRequestTopic, may_create: bool, context: RequestContext
) -> MetadataResponseTopic:
    image = context.broker.image
    if asked.name is None or asked.topic_id != ZERO_UUID:
        by_id = image.topic_by_id(asked.topic_id)
        if by_id is not None:
            return _describe(by_id, context)
        unknown = ErrorCode.UNKNOWN_TOPIC_ID
        return MetadataResponseTopic(error_code=unknown, name=None, topic_id=asked.topic_id)
    topic = image.topic(asked.name)
    if topic is not None:
        return _describe(topic, context)
    try:
        return _describe(await context.broker.auto_create(asked.name, may_create), context)
    except ApiError as error:
        return MetadataResponseTopic(error_code=error.code, name=asked.name)


def _describe(topic: Topic, context: RequestContext) -> MetadataResponseTopic:
    return MetadataResponseTopic(
        name=topic.name,
        topic_id=topic.topic_id,
        is_internal=topic.is_internal,
        partitions=[_partition(log, context) for log in topic.partitions],
    )


def _partition(log: LogId, context: RequestContext) -> MetadataResponsePartition:
    node_id = context.broker.node_id
    replicas = [node_id]
    result = MetadataResponsePartition(
        partition_index=log.partition,
        leader_id=node_id,
        replica_nodes=replicas,
        isr_nodes=replicas,
    )
    try:
        result.leader_epoch = context.broker.engine.leader_epoch(log)
    except StorageError:
        result.error_code = ErrorCode.LEADER_NOT_AVAILABLE
        result.leader_id = -1
        result.offline_replicas = replicas
    return result
