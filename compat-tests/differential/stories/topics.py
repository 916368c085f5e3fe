"""Topics and their partitions."""

from __future__ import annotations

from kafkapy.wire.api import ApiKey
from kafkapy.wire.messages import (
    create_partitions,
    create_topics,
    delete_topics,
    describe_topic_partitions,
    metadata,
)
from kafkapy.wire.schema import Request
from stories.telling import Story, created, new_topic, story


@story(ApiKey.METADATA)
def metadata_by_name_and_by_id(name: str) -> Story:
    """A topic that comes into being by the question is absent in Kafka's first answer only."""
    topic_id = yield from created(name, 3)

    def asking(name: str | None, topic_id: bytes = bytes(16), create: bool = False) -> Request:
        topics = [metadata.MetadataRequestTopic(topic_id, name)]
        return metadata.MetadataRequest(topics, create, False, False)

    yield asking(name)
    yield asking(f"{name}-absent")
    yield asking("not a name")
    yield metadata.MetadataRequest(
        [metadata.MetadataRequestTopic(bytes(16), name)], False, True, True
    )
    if topic_id:  # the versions that take ids read the name as absent
        yield describe_topic_partitions.DescribeTopicPartitionsRequest(
            [describe_topic_partitions.TopicRequest(name)]
        )


@story(ApiKey.DESCRIBE_TOPIC_PARTITIONS)
def topics_page_by_page(name: str) -> Story:
    yield from created(name, 3)
    one = [describe_topic_partitions.TopicRequest(name)]
    yield describe_topic_partitions.DescribeTopicPartitionsRequest(one)
    answer = yield describe_topic_partitions.DescribeTopicPartitionsRequest(one, 2)
    cursor = answer.next_cursor
    again = describe_topic_partitions.Cursor(cursor.topic_name, cursor.partition_index)
    yield describe_topic_partitions.DescribeTopicPartitionsRequest(one, 2, again)
    absent = [describe_topic_partitions.TopicRequest(f"{name}-absent")]
    yield describe_topic_partitions.DescribeTopicPartitionsRequest(absent)


@story(ApiKey.CREATE_TOPICS, ApiKey.DELETE_TOPICS)
def topics_come_and_go(name: str) -> Story:
    answer = yield new_topic(name, 2, retention_ms="60000")
    topic_id = answer.topics[0].topic_id
    yield new_topic(name, 2)
    yield new_topic("not a name")
    yield new_topic("..")
    yield new_topic("x" * 250)
    yield new_topic(f"{name}-none", 0)
    yield new_topic(f"{name}-bad", cleanup_policy="burn")
    yield new_topic(f"{name}-key", no_such_key="1")
    yield new_topic(f"{name}-low", retention_ms="-7")
    three = new_topic(f"{name}-three")
    three.topics[0].replication_factor = 3
    yield three
    validated = new_topic(f"{name}-validated")
    validated.validate_only = True
    yield validated
    placed = new_topic(f"{name}-placed", -1)
    placed.topics[0].replication_factor = -1
    placed.topics[0].assignments = [create_topics.CreatableReplicaAssignment(0, [1])]
    yield placed
    placed.topics[0].name = f"{name}-elsewhere"
    placed.topics[0].assignments = [create_topics.CreatableReplicaAssignment(0, [77])]
    yield placed
    twice = new_topic(f"{name}-twice")
    twice.topics *= 2
    yield twice

    def deleting(*names: str) -> Request:
        states = [delete_topics.DeleteTopicState(name) for name in names]
        return delete_topics.DeleteTopicsRequest(states, list(names), 10_000)

    yield deleting(name, f"{name}-absent")
    yield deleting(name)
    yield deleting("not a name")
    states = [delete_topics.DeleteTopicState(None, topic_id)]
    yield delete_topics.DeleteTopicsRequest(states, [f"{name}-absent"], 10_000)


@story(ApiKey.CREATE_PARTITIONS)
def partitions_are_added(name: str) -> Story:
    yield from created(name, 2)

    def growing(name: str, count: int, *brokers: list[int], validate: bool = False) -> Request:
        assignments = [create_partitions.CreatePartitionsAssignment(b) for b in brokers] or None
        topics = [create_partitions.CreatePartitionsTopic(name, count, assignments)]
        return create_partitions.CreatePartitionsRequest(topics, 10_000, validate)

    yield growing(name, 4, validate=True)
    yield growing(name, 3)
    yield growing(name, 3)
    yield growing(name, 1)
    yield growing(name, 5, [1], [1])
    yield growing(name, 7, [1])
    yield growing(name, 6, [77])
    yield growing(f"{name}-absent", 3)
