"""Topics, configs, records and groups as an administrator sees them, with librdkafka."""

from __future__ import annotations

import pytest
from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)
from harness.process import eventually


def outcome(futures: dict, timeout_s: float = 30.0) -> object:
    """Give the result of the only future in an answer."""
    (future,) = futures.values()
    return future.result(timeout_s)


def code_of(futures: dict) -> int:
    with pytest.raises(KafkaException) as raised:
        outcome(futures)
    return raised.value.args[0].code()


def resource(name: str, kind: ResourceType = ResourceType.TOPIC) -> ConfigResource:
    return ConfigResource(kind, name)


def configs(admin, name: str) -> dict[str, ConfigEntry]:
    return outcome(admin.describe_configs([resource(name)]))


def incremental(admin, name: str, key: str, value: str | None, operation: AlterConfigOpType):
    entry = ConfigEntry(key, value, incremental_operation=operation)
    change = ConfigResource(ResourceType.TOPIC, name, incremental_configs=[entry])
    return admin.incremental_alter_configs([change])


@pytest.mark.scenario("admin topics")
def test_a_topic_is_created_listed_described_and_deleted(admin, unique):
    name = unique("topic")
    outcome(admin.create_topics([NewTopic(name, 3, 1)]))
    metadata = admin.list_topics(name, timeout=20)
    assert sorted(metadata.topics[name].partitions) == [0, 1, 2]
    described = outcome(admin.describe_topics(TopicCollection([name])))
    assert [p.id for p in described.partitions] == [0, 1, 2]
    assert described.is_internal is False
    assert str(described.topic_id) != "AAAAAAAAAAAAAAAAAAAAAA"
    outcome(admin.delete_topics([name]))
    assert code_of(admin.delete_topics([name])) == KafkaError.UNKNOWN_TOPIC_OR_PART


@pytest.mark.parametrize(
    ("topic_name", "partitions", "replicas", "config", "code"),
    [
        ("no spaces", 1, 1, {}, KafkaError.TOPIC_EXCEPTION),
        ("none", 1, 30, {}, KafkaError.INVALID_REPLICATION_FACTOR),
        ("odd", 1, 1, {"cleanup.policy": "burn"}, KafkaError.INVALID_CONFIG),
        ("new", 1, 1, {"no.such.key": "1"}, KafkaError.INVALID_CONFIG),
    ],
)
@pytest.mark.scenario("admin topics", "errors")
def test_a_topic_that_may_not_be_is_refused(admin, topic_name, partitions, replicas, config, code):
    new = NewTopic(topic_name, partitions, replicas, config=config)
    assert code_of(admin.create_topics([new])) == code


@pytest.mark.scenario("admin topics", "errors")
def test_a_topic_that_exists_is_not_created_again(admin, topic):
    new = NewTopic(topic(), 1, 1)
    assert code_of(admin.create_topics([new])) == KafkaError.TOPIC_ALREADY_EXISTS


@pytest.mark.scenario("admin partitions")
def test_partitions_are_added_and_never_taken(admin, topic):
    name = topic(partitions=2)
    outcome(admin.create_partitions([NewPartitions(name, 5)]))
    assert len(admin.list_topics(name, timeout=20).topics[name].partitions) == 5
    assert code_of(admin.create_partitions([NewPartitions(name, 3)])) == (
        KafkaError.INVALID_PARTITIONS
    )


@pytest.mark.scenario("admin configs")
def test_configs_say_where_they_come_from(admin, topic):
    found = configs(admin, topic(retention_ms="60000"))
    assert found["retention.ms"].value == "60000"
    assert found["retention.ms"].source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value
    assert found["cleanup.policy"].source == ConfigSource.DEFAULT_CONFIG.value
    assert found["cleanup.policy"].is_default
    assert not found["cleanup.policy"].is_read_only
    for key in ("min.insync.replicas", "message.timestamp.type", "max.message.bytes"):
        assert key in found


def becomes(admin, name: str, **values: str) -> None:
    """An altered config is read back soon, not at once, where metadata travels by itself."""
    wanted = {key.replace("_", "."): value for key, value in values.items()}

    def read_back() -> bool:
        found = configs(admin, name)
        return {key: found[key].value for key in wanted} == wanted

    eventually(read_back, f"configs become {wanted}")


@pytest.mark.scenario("admin configs")
def test_configs_change_one_at_a_time(admin, topic):
    name = topic(retention_ms="60000")
    outcome(incremental(admin, name, "segment.ms", "1000", AlterConfigOpType.SET))
    outcome(incremental(admin, name, "cleanup.policy", "compact", AlterConfigOpType.APPEND))
    becomes(admin, name, segment_ms="1000", retention_ms="60000", cleanup_policy="delete,compact")
    outcome(incremental(admin, name, "cleanup.policy", "delete", AlterConfigOpType.SUBTRACT))
    outcome(incremental(admin, name, "retention.ms", None, AlterConfigOpType.DELETE))
    becomes(admin, name, cleanup_policy="compact", retention_ms="604800000")
    assert configs(admin, name)["retention.ms"].is_default


@pytest.mark.scenario("admin configs", "errors")
def test_the_configs_of_a_topic_that_is_not_there_are_an_error(admin, unique):
    futures = admin.describe_configs([resource(unique("absent"))])
    assert code_of(futures) == KafkaError.UNKNOWN_TOPIC_OR_PART


@pytest.mark.scenario("admin cluster")
def test_the_cluster_describes_itself(admin):
    cluster = admin.describe_cluster().result(30)
    assert cluster.cluster_id
    assert cluster.controller.id == cluster.nodes[0].id
    identity = str(cluster.nodes[0].id)
    found = outcome(admin.describe_configs([resource(identity, ResourceType.BROKER)]))
    assert found["message.max.bytes"].value.isdigit()


@pytest.mark.scenario("admin records")
def test_records_are_deleted_up_to_an_offset(admin, topic, producer, consumer, send):
    name = topic()
    send(producer(), name, [b"v"] * 10)
    deleted = outcome(admin.delete_records([TopicPartition(name, 0, 6)]))
    assert deleted.low_watermark == 6
    assert consumer().get_watermark_offsets(TopicPartition(name, 0), timeout=20) == (6, 10)
    beyond = admin.delete_records([TopicPartition(name, 0, 1000)])
    assert code_of(beyond) == KafkaError.OFFSET_OUT_OF_RANGE


@pytest.mark.scenario("admin offsets")
def test_offsets_are_listed_by_specification(admin, topic, producer, send):
    name = topic()
    client = producer()
    for stamp in (3000, 9000, 6000):
        send(client, name, [b"v"], timestamp=stamp)
    for spec, offset in [
        (OffsetSpec.earliest(), 0),
        (OffsetSpec.latest(), 3),
        (OffsetSpec.max_timestamp(), 1),
        (OffsetSpec.for_timestamp(5000), 1),
    ]:
        found = outcome(admin.list_offsets({TopicPartition(name, 0): spec}))
        assert found.offset == offset


@pytest.mark.scenario("admin groups")
def test_groups_are_listed_and_deleted(admin, topic, unique, producer, consumer, send, read):
    name, group = topic(), unique("group")
    send(producer(), name, [b"v"])
    member = consumer(group_id=group)
    member.subscribe([name])
    member.commit(message=read(member, 1)[0], asynchronous=False)
    listed = admin.list_consumer_groups().result(30)
    assert group in {entry.group_id for entry in listed.valid}
    assert code_of(admin.delete_consumer_groups([group])) == KafkaError.NON_EMPTY_GROUP
    member.close()
    outcome(admin.delete_consumer_groups([group]))
    assert code_of(admin.delete_consumer_groups([group])) == KafkaError.GROUP_ID_NOT_FOUND


@pytest.mark.scenario("admin groups")
def test_offsets_of_a_group_are_altered_and_listed(admin, topic, unique):
    name, group = topic(partitions=2), unique("group")
    wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(name, 0, 7, "note")])
    outcome(admin.alter_consumer_group_offsets([wanted]))
    question = ConsumerGroupTopicPartitions(group)
    kept = outcome(admin.list_consumer_group_offsets([question])).topic_partitions
    assert [(p.topic, p.partition, p.offset) for p in kept] == [(name, 0, 7)]
