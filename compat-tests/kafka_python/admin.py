"""Topics, configs, records and groups as an administrator sees them."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from dialect import create_topic
from groups import member, settle
from harness.process import eventually
from kafka import KafkaAdminClient, OffsetAndMetadata, OffsetSpec, TopicPartition
from kafka.admin import ConfigResource
from kafka.errors import for_code
from records import consumer, stamped


@contextmanager
def administrator(bootstrap: str) -> Iterator[KafkaAdminClient]:
    with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
        yield admin


def alter(admin: KafkaAdminClient, name: str, **configs: str) -> None:
    """Alter settings of a topic; the answer holds errors as texts."""
    values = {key.replace("_", "."): value for key, value in configs.items()}
    answer = admin.alter_configs([ConfigResource("TOPIC", name, values)])
    if refused := re.match(r"\[Error (\d+)\]", str(answer["topic"][name])):
        raise for_code(int(refused[1]))


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
        admin.create_partitions({name: 4})
        eventually(lambda: count() > before, "partitions are added")
        return {"before": before, "after": count()}


def configs(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, retention_ms="60000", max_message_bytes="2000")
    with administrator(bootstrap) as admin:

        def value(key: str) -> str:
            found = admin.describe_configs([ConfigResource("TOPIC", name)], config_filter="all")
            return found["topic"][name][key]["value"]

        before = value("retention.ms")
        alter(admin, name, retention_ms="120000")
        eventually(lambda: value("retention.ms") != before, "the setting is another")
        return {
            "before": before,
            "after": value("retention.ms"),
            "max.message.bytes": value("max.message.bytes"),
        }


def records(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    stamped(bootstrap, name, *range(1000, 11000, 1000))
    partition = TopicPartition(name, 0)
    with administrator(bootstrap) as admin, closing(consumer(bootstrap)) as reader:
        admin.delete_records({partition: 4})
        return {
            "first": reader.beginning_offsets([partition])[partition],
            "end": reader.end_offsets([partition])[partition],
        }


def groups(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    with administrator(bootstrap) as admin:

        def state() -> Any:
            return admin.describe_groups([name])[name]["group_state"]

        def listed() -> bool:
            return name in {entry["group_id"] for entry in admin.list_groups()}

        with closing(member(bootstrap, name)) as reader:
            settle([reader], [1])
            joined = state()
        seen = {"with a member": joined, "without": state(), "listed": listed()}
        admin.delete_groups([name])
        return {**seen, "gone": not listed()}


def offsets(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    stamped(bootstrap, name, *range(1000, 11000, 1000))
    partition = TopicPartition(name, 0)
    with (
        administrator(bootstrap) as admin,
        closing(consumer(bootstrap, group_id=name)) as reader,
    ):

        def at(spec: Any) -> int:
            return admin.list_partition_offsets({partition: spec})[partition].offset

        admin.alter_group_offsets(name, {partition: OffsetAndMetadata(6, "", -1)})
        return {
            "earliest": at(OffsetSpec.EARLIEST),
            "latest": at(OffsetSpec.LATEST),
            "time": at(4500),
            "committed": reader.committed(partition),
        }


def cluster(bootstrap: str, name: str) -> dict:
    with administrator(bootstrap) as admin:
        found = admin.describe_cluster()
    nodes = [broker["broker_id"] for broker in found["brokers"]]
    return {"brokers": len(nodes), "controller": found["controller_id"] in nodes}


PLAYS = {
    "admin_topics": topics,
    "admin_partitions": partitions,
    "admin_configs": configs,
    "admin_records": records,
    "admin_groups": groups,
    "admin_offsets": offsets,
    "admin_cluster": cluster,
}
