"""Topics, configs, records and groups as an administrator sees them."""

from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, TopicCollection, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    OffsetSpec,
    ResourceType,
)
from groups import member, settle
from harness.process import eventually
from records import TIMEOUT_S, administrator, consumer, create_topic, result, stamped


def alter(admin: AdminClient, name: str, key: str, value: str) -> None:
    entry = ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
    change = ConfigResource(ResourceType.TOPIC, name, incremental_configs=[entry])
    result(admin.incremental_alter_configs([change]))


def topics(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, 3, retention_ms="60000")
    admin = administrator(bootstrap)

    def listed() -> bool:
        return name in admin.list_topics(timeout=TIMEOUT_S).topics

    seen = {"listed": eventually(listed, "the topic is listed")}
    described = result(admin.describe_topics(TopicCollection([name])))
    result(admin.delete_topics([name]))
    gone = eventually(lambda: not listed(), "the topic is gone")
    return {**seen, "partitions": len(described.partitions), "gone": gone}


def partitions(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, 2)
    admin = administrator(bootstrap)

    def count() -> int:
        return len(admin.list_topics(name, timeout=TIMEOUT_S).topics[name].partitions)

    before = eventually(count, "the topic is known")
    result(admin.create_partitions([NewPartitions(name, 4)]))
    eventually(lambda: count() > before, "partitions are added")
    return {"before": before, "after": count()}


def configs(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, retention_ms="60000", max_message_bytes="2000")
    admin = administrator(bootstrap)

    def value(key: str) -> str:
        return result(admin.describe_configs([ConfigResource(ResourceType.TOPIC, name)]))[key].value

    before = value("retention.ms")
    alter(admin, name, "retention.ms", "120000")
    eventually(lambda: value("retention.ms") != before, "the setting is another")
    return {
        "before": before,
        "after": value("retention.ms"),
        "max.message.bytes": value("max.message.bytes"),
    }


def records(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    stamped(bootstrap, name, *range(1000, 11000, 1000))
    result(administrator(bootstrap).delete_records([TopicPartition(name, 0, 4)]))
    with consumer(bootstrap, name) as reader:
        first, end = reader.get_watermark_offsets(TopicPartition(name, 0), timeout=TIMEOUT_S)
    return {"first": first, "end": end}


def groups(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    admin = administrator(bootstrap)

    def state() -> str:
        return result(admin.describe_consumer_groups([name])).state.name.title()

    def listed() -> bool:
        found = admin.list_consumer_groups().result(TIMEOUT_S).valid
        return name in {group.group_id for group in found}

    with member(bootstrap, name) as client:
        settle([client], [1])
        joined = state()
    seen = {"with a member": joined, "without": state(), "listed": listed()}
    result(admin.delete_consumer_groups([name]))
    return {**seen, "gone": not listed()}


def offsets(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    stamped(bootstrap, name, *range(1000, 11000, 1000))
    admin = administrator(bootstrap)

    def at(spec: Any) -> int:
        return result(admin.list_offsets({TopicPartition(name, 0): spec})).offset

    wanted = ConsumerGroupTopicPartitions(name, [TopicPartition(name, 0, 6)])
    result(admin.alter_consumer_group_offsets([wanted]))
    with consumer(bootstrap, name) as reader:
        (committed,) = reader.committed([TopicPartition(name, 0)], timeout=TIMEOUT_S)
    return {
        "earliest": at(OffsetSpec.earliest()),
        "latest": at(OffsetSpec.latest()),
        "time": at(OffsetSpec.for_timestamp(4500)),
        "committed": committed.offset,
    }


def cluster(bootstrap: str, name: str) -> dict:
    found = administrator(bootstrap).describe_cluster().result(TIMEOUT_S)
    nodes = {node.id for node in found.nodes}
    return {"brokers": len(nodes), "controller": found.controller.id in nodes}


PLAYS = {
    "admin_topics": topics,
    "admin_partitions": partitions,
    "admin_configs": configs,
    "admin_records": records,
    "admin_groups": groups,
    "admin_offsets": offsets,
    "admin_cluster": cluster,
}
