"""Topics, configs and groups as an administrator sees them."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from dialect import create_topic
from groups import member, settle
from harness.process import eventually
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions
from kafka.errors import for_code


@contextmanager
def administrator(bootstrap: str) -> Iterator[KafkaAdminClient]:
    with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
        yield admin


def alter(admin: KafkaAdminClient, name: str, **configs: str) -> None:
    """Replace all settings of a topic."""
    values = {key.replace("_", "."): value for key, value in configs.items()}
    answer = admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, values)])
    ((code, *_),) = answer.resources
    if code:
        raise for_code(code)


def topics(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, 3, retention_ms="60000")
    with administrator(bootstrap) as admin:
        listed = name in admin.list_topics()
        (described,) = admin.describe_topics([name])
        admin.delete_topics([name])
        gone = eventually(lambda: name not in admin.list_topics(), "the topic is gone")
    return {"listed": listed, "partitions": len(described["partitions"]), "gone": gone}


def partitions(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, 2)
    with administrator(bootstrap) as admin:

        def count() -> int:
            return len(admin.describe_topics([name])[0]["partitions"])

        before = count()
        admin.create_partitions({name: NewPartitions(4)})
        eventually(lambda: count() > before, "partitions are added")
        return {"before": before, "after": count()}


def configs(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, retention_ms="60000", max_message_bytes="2000")
    with administrator(bootstrap) as admin:

        def value(key: str) -> str:
            resource = ConfigResource(ConfigResourceType.TOPIC, name)
            (answer,) = admin.describe_configs([resource])
            ((_, _, _, _, entries),) = answer.resources
            return {entry[0]: entry[1] for entry in entries}[key]

        before = value("retention.ms")
        alter(admin, name, retention_ms="120000", max_message_bytes="2000")
        eventually(lambda: value("retention.ms") != before, "the setting is another")
        return {
            "before": before,
            "after": value("retention.ms"),
            "max.message.bytes": value("max.message.bytes"),
        }


def groups(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    with administrator(bootstrap) as admin:

        def state() -> Any:
            return admin.describe_consumer_groups([name])[0].state

        def listed() -> bool:
            return name in {group for group, _ in admin.list_consumer_groups()}

        with closing(member(bootstrap, name)) as reader:
            settle([reader], [1])
            joined = state()
        seen = {"with a member": joined, "without": state(), "listed": listed()}
        admin.delete_consumer_groups([name])
        return {**seen, "gone": not listed()}


def cluster(bootstrap: str, name: str) -> dict:
    with administrator(bootstrap) as admin:
        found = admin.describe_cluster()
    nodes = [broker["node_id"] for broker in found["brokers"]]
    return {"brokers": len(nodes), "controller": found["controller_id"] in nodes}


PLAYS = {
    "admin_topics": topics,
    "admin_partitions": partitions,
    "admin_configs": configs,
    "admin_groups": groups,
    "admin_cluster": cluster,
}
