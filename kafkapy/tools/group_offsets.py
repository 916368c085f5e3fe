"""What a group has committed and how far behind it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException
from confluent_kafka import TopicPartition as ClientPartition
from confluent_kafka.admin import OffsetSpec

from kafkapy.tools.client import Admin, Partition
from kafkapy.tools.errors import ToolError, kafka_error

Record = dict[str, object]


def describe_group(admin: Admin, name: str) -> Any:
    """Describe one group; raises ToolError for one that does not exist."""
    future = admin.client.describe_consumer_groups([name])[name]
    try:
        group = admin.result(future)
    except KafkaException as error:
        raise ToolError(f"{name}: {kafka_error(error)}") from None
    if group.state.name == "DEAD":
        raise ToolError(f"{name}: GROUP_ID_NOT_FOUND: There is no such group.")
    return group


def committed_offsets(admin: Admin, group: str) -> dict[Partition, int]:
    """Give the offsets that a group has committed, sorted by topic and partition."""
    request = [ConsumerGroupTopicPartitions(group)]
    future = admin.client.list_consumer_group_offsets(request)[group]
    try:
        found = admin.result(future).topic_partitions
    except KafkaException as error:
        raise ToolError(f"{group}: {kafka_error(error)}") from None
    return {(p.topic, p.partition): p.offset for p in sorted(found, key=_order) if p.offset >= 0}


def commit(admin: Admin, group: str, offsets: Mapping[Partition, int]) -> None:
    """Commit offsets in the name of a group that has no members."""
    partitions = [ClientPartition(*partition, offset) for partition, offset in offsets.items()]
    request = [ConsumerGroupTopicPartitions(group, partitions)]
    future = admin.client.alter_consumer_group_offsets(request)[group]
    try:
        done = admin.result(future).topic_partitions
    except KafkaException as error:
        raise ToolError(f"{group}: {kafka_error(error)}") from None
    failed = [p for p in done if p.error is not None]
    if failed:
        raise ToolError(*(f"{p.topic}-{p.partition}: {kafka_error(p.error)}" for p in failed))


def lag(admin: Admin, group: Any) -> list[Record]:
    """Give a record for each partition that the group has committed or holds."""
    committed = committed_offsets(admin, group.group_id)
    owners = {
        (partition.topic, partition.partition): member
        for member in group.members
        for partition in (member.assignment.topic_partitions if member.assignment else ())
    }
    partitions = sorted({*committed, *owners})
    ends = admin.offsets(partitions, OffsetSpec.latest())
    return [
        _record(group, key, committed.get(key), ends[key], owners.get(key)) for key in partitions
    ]


def _record(
    group: Any,
    partition: Partition,
    current: int | None,
    end: tuple[int, int] | None,
    member: Any,
) -> Record:
    end_offset = None if end is None else end[0]
    return {
        "group": group.group_id,
        "topic": partition[0],
        "partition": partition[1],
        "current_offset": current,
        "log_end_offset": end_offset,
        "lag": None if current is None or end_offset is None else end_offset - current,
        "consumer_id": member.member_id if member else None,
        "host": member.host if member else None,
        "client_id": member.client_id if member else None,
    }


def _order(partition: ClientPartition) -> Partition:
    return partition.topic, partition.partition
