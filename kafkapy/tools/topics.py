"""`kafkapy topics`: list, describe, create, delete, alter, offsets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click
from confluent_kafka.admin import (
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from kafkapy.tools.client import Admin, Partition, fail_for
from kafkapy.tools.errors import error_code
from kafkapy.tools.options import connection_options, json_option, parse_partitions
from kafkapy.tools.output import show, show_fields, show_json, show_table
from kafkapy.tools.properties import pair
from kafkapy.tools.times import parse_time_ms
from kafkapy.wire.error_codes import ErrorCode


@click.group("topics", short_help="List, describe, create, change and delete topics.")
def command() -> None:
    """Work with topics."""


@command.command("list")
@click.option("-i", "--internal", is_flag=True, help="Show internal topics too.")
@json_option
@connection_options
def list_topics(properties: dict[str, str], internal: bool, as_json: bool) -> None:
    """List the topics with their numbers of partitions and replicas."""
    admin = Admin(properties)
    topics = [t for t in admin.topics(admin.topic_names()) if internal or not t.is_internal]
    show([_summary(topic) for topic in topics], ["name", "partitions", "replicas"], as_json)


def _summary(topic: Any) -> dict[str, object]:
    replicas = max((len(partition.replicas) for partition in topic.partitions), default=0)
    return {
        "name": topic.name,
        "id": str(topic.topic_id),
        "partitions": len(topic.partitions),
        "replicas": replicas,
        "internal": topic.is_internal,
    }


@command.command("describe")
@click.argument("names", metavar="TOPIC...", nargs=-1, required=True)
@json_option
@connection_options
def describe(properties: dict[str, str], names: Sequence[str], as_json: bool) -> None:
    """Show the partitions of topics, and the configs that were set."""
    admin = Admin(properties)
    described = [
        (_summary(topic), _configs(admin, topic.name), _layout(admin, topic))
        for topic in admin.topics(names)
    ]
    if as_json:
        show_json([{**topic, "configs": c, "layout": layout} for topic, c, layout in described])
        return
    for number, (topic, configs, layout) in enumerate(described):
        if number:
            print()
        show_fields({**topic, "configs": [f"{key}={value}" for key, value in configs.items()]})
        print()
        show_table(layout, ["partition", "leader", "replicas", "isr", "start_offset", "end_offset"])


def _configs(admin: Admin, topic: str) -> dict[str, str | None]:
    """Give the configs of the topic's own."""
    resource = ConfigResource(ResourceType.TOPIC, topic)
    entries = admin.result(admin.client.describe_configs([resource])[resource])
    own = ConfigSource.DYNAMIC_TOPIC_CONFIG.value
    return {name: entry.value for name, entry in sorted(entries.items()) if entry.source == own}


def _layout(admin: Admin, topic: Any) -> list[dict[str, object]]:
    partitions = sorted(topic.partitions, key=lambda partition: partition.id)
    keys = [(topic.name, partition.id) for partition in partitions]
    starts = admin.offsets(keys, OffsetSpec.earliest())
    ends = admin.offsets(keys, OffsetSpec.latest())
    return [
        {
            "partition": partition.id,
            "leader": partition.leader.id if partition.leader else None,
            "replicas": [node.id for node in partition.replicas],
            "isr": [node.id for node in partition.isr],
            "start_offset": _offset(starts[key]),
            "end_offset": _offset(ends[key]),
        }
        for partition, key in zip(partitions, keys, strict=True)
    ]


def _offset(found: tuple[int, int] | None) -> int | None:
    return None if found is None or found[0] < 0 else found[0]


@command.command("create")
@click.argument("names", metavar="TOPIC...", nargs=-1, required=True)
@click.option("-p", "--partitions", type=click.IntRange(1), help="Else the broker's default.")
@click.option(
    "-r", "--replication-factor", "replicas", type=click.IntRange(1), help="Else the broker's."
)
@click.option("-c", "--config", "configs", multiple=True, metavar="KEY=VALUE", help="Repeatable.")
@click.option("--if-not-exists", is_flag=True, help="A topic that exists is no error.")
@click.option("--dry-run", is_flag=True, help="Only ask whether the topics could be created.")
@connection_options
def create(
    properties: dict[str, str],
    names: Sequence[str],
    partitions: int | None,
    replicas: int | None,
    configs: Sequence[str],
    if_not_exists: bool,
    dry_run: bool,
) -> None:
    """Create topics."""
    admin = Admin(properties)
    config = dict(pair(text, "--config") for text in configs)
    topics = [NewTopic(name, partitions or -1, replicas or -1, config=config) for name in names]
    failed = admin.failures(admin.client.create_topics(topics, validate_only=dry_run))
    _report(names, failed, "Could create" if dry_run else "Created")
    fail_for(_without(failed, ErrorCode.TOPIC_ALREADY_EXISTS) if if_not_exists else failed)


@command.command("delete")
@click.argument("names", metavar="TOPIC...", nargs=-1, required=True)
@click.option("--if-exists", is_flag=True, help="A topic that does not exist is no error.")
@connection_options
def delete(properties: dict[str, str], names: Sequence[str], if_exists: bool) -> None:
    """Delete topics and all that is in them."""
    admin = Admin(properties)
    failed = admin.failures(admin.client.delete_topics(list(names)))
    _report(names, failed, "Deleted")
    fail_for(_without(failed, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) if if_exists else failed)


def _report(names: Sequence[str], failed: dict[str, Any], done: str) -> None:
    for name in names:
        if name not in failed:
            print(f"{done} topic {name}.")


def _without(failed: dict[str, Any], expected: ErrorCode) -> dict[str, Any]:
    return {name: error for name, error in failed.items() if error_code(error) != expected}


@command.command("alter")
@click.argument("names", metavar="TOPIC...", nargs=-1, required=True)
@click.option(
    "-p", "--partitions", type=click.IntRange(1), required=True, help="How many in total."
)
@connection_options
def alter(properties: dict[str, str], names: Sequence[str], partitions: int) -> None:
    """Add partitions to topics; see `kafkapy configs set` for what else can be changed."""
    admin = Admin(properties)
    wanted = [NewPartitions(name, partitions) for name in names]
    failed = admin.failures(admin.client.create_partitions(wanted))
    for name in names:
        if name not in failed:
            print(f"Topic {name} now has {partitions} partitions.")
    fail_for(failed)


@command.command("offsets")
@click.argument("topics", metavar="TOPIC[:PARTITION,…]...", nargs=-1, required=True)
@click.option(
    "--time",
    "when",
    metavar="WHEN",
    help="Show the offset at earliest, latest, max-timestamp, or the first one at or after a time "
    "(milliseconds, or 2026-01-31T12:00:00, in UTC unless it has a zone).",
)
@json_option
@connection_options
def offsets(
    properties: dict[str, str], topics: Sequence[str], when: str | None, as_json: bool
) -> None:
    """Show the first and the next offset of each partition."""
    admin = Admin(properties)
    partitions = admin.partitions(dict(parse_partitions(text) for text in topics))
    if when is None:
        columns = ["topic", "partition", "start_offset", "end_offset", "records"]
        show(_bounds(admin, partitions), columns, as_json)
        return
    found = admin.offsets(partitions, _spec(when))
    records = [_at(partition, found[partition]) for partition in partitions]
    show(records, ["topic", "partition", "offset", "timestamp"], as_json)


def _spec(when: str) -> OffsetSpec:
    named: dict[str, Callable[[], OffsetSpec]] = {
        "earliest": OffsetSpec.earliest,
        "latest": OffsetSpec.latest,
        "max-timestamp": OffsetSpec.max_timestamp,
    }
    return named[when]() if when in named else OffsetSpec.for_timestamp(parse_time_ms(when))


def _bounds(admin: Admin, partitions: Sequence[Partition]) -> list[dict[str, object]]:
    starts = admin.offsets(partitions, OffsetSpec.earliest())
    ends = admin.offsets(partitions, OffsetSpec.latest())
    records: list[dict[str, object]] = []
    for topic, number in partitions:
        start, end = _offset(starts[topic, number]), _offset(ends[topic, number])
        count = None if start is None or end is None else end - start
        bounds = {"start_offset": start, "end_offset": end, "records": count}
        records.append({"topic": topic, "partition": number, **bounds})
    return records


def _at(partition: Partition, found: tuple[int, int] | None) -> dict[str, object]:
    timestamp = None if found is None or found[1] < 0 else found[1]
    place = {"topic": partition[0], "partition": partition[1]}
    return {**place, "offset": _offset(found), "timestamp": timestamp}
