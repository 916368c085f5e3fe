"""`kafkapy groups`: list, describe, delete, delete-offsets; reset-offsets is in `reset`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from kafkapy.tools.client import Admin, fail_for
from kafkapy.tools.errors import ToolError
from kafkapy.tools.group_offsets import describe_group, lag
from kafkapy.tools.options import connection_options, json_option, parse_partitions
from kafkapy.tools.output import note, show, show_fields, show_json, show_table
from kafkapy.tools.reset import reset_offsets

_LAG_COLUMNS = [
    *("group", "topic", "partition", "current_offset", "log_end_offset", "lag"),
    *("consumer_id", "host", "client_id"),
]
_MEMBER_COLUMNS = ["consumer_id", "host", "client_id", "instance_id", "partitions"]


@click.group("groups", short_help="Show consumer groups and their lag, reset their offsets.")
def command() -> None:
    """Work with consumer groups."""


command.add_command(reset_offsets)


@command.command("list")
@json_option
@connection_options
def list_groups(properties: dict[str, str], as_json: bool) -> None:
    """List the groups with their types and states."""
    admin = Admin(properties)
    found = admin.result(admin.client.list_consumer_groups())
    if found.errors:
        raise ToolError(*(str(error) for error in found.errors))
    groups = sorted(found.valid, key=lambda group: group.group_id)
    records = [
        {"group": g.group_id, "type": _word(g.type), "state": _word(g.state)} for g in groups
    ]
    show(records, ["group", "type", "state"], as_json)


@command.command("describe")
@click.argument("names", metavar="GROUP...", nargs=-1)
@click.option("--all-groups", is_flag=True, help="Describe all groups.")
@click.option("--members", "what", flag_value="members", help="Show the members only.")
@click.option("--state", "what", flag_value="state", help="Show the state only.")
@json_option
@connection_options
def describe(
    properties: dict[str, str],
    names: Sequence[str],
    all_groups: bool,
    what: str | None,
    as_json: bool,
) -> None:
    """Show what groups have committed, how far behind they are, and who reads which partition."""
    admin = Admin(properties)
    if all_groups:
        names = sorted(g.group_id for g in admin.result(admin.client.list_consumer_groups()).valid)
    elif not names:
        raise click.UsageError("Name a GROUP, or give --all-groups.")
    groups = [describe_group(admin, name) for name in names]
    if as_json:
        show_json([_everything(admin, group) for group in groups])
        return
    for number, group in enumerate(groups):
        if number:
            print()
        _show_group(admin, group, what)


def _show_group(admin: Admin, group: Any, what: str | None) -> None:
    if what == "state":
        show_fields(_state(group))
        return
    if not group.members:
        note(f"Group {group.group_id} has no active members.")
    if what == "members":
        show_table(_members(group), _MEMBER_COLUMNS)
    else:
        show_table(lag(admin, group), _LAG_COLUMNS)


def _everything(admin: Admin, group: Any) -> dict[str, object]:
    return {**_state(group), "members": _members(group), "partitions": lag(admin, group)}


def _state(group: Any) -> dict[str, object]:
    coordinator = group.coordinator
    return {
        "group": group.group_id,
        "type": _word(group.type),
        "state": _word(group.state),
        "coordinator": f"{coordinator.host}:{coordinator.port} ({coordinator.id})",
        "assignor": group.partition_assignor,
        "member_count": len(group.members),
    }


def _members(group: Any) -> list[dict[str, object]]:
    return [
        {
            "consumer_id": member.member_id,
            "host": member.host,
            "client_id": member.client_id,
            "instance_id": member.group_instance_id,
            "partitions": _assignment(member),
        }
        for member in sorted(group.members, key=lambda member: str(member.member_id))
    ]


def _assignment(member: Any) -> list[str]:
    held = member.assignment.topic_partitions if member.assignment else []
    places = sorted((partition.topic, partition.partition) for partition in held)
    return [f"{topic}-{partition}" for topic, partition in places]


def _word(value: Any) -> str:
    """Give the name of an enum's value as Kafka's tools write it: PREPARING_REBALANCING → …"""
    return "".join(part.capitalize() for part in value.name.split("_"))


@command.command("delete")
@click.argument("names", metavar="GROUP...", nargs=-1, required=True)
@connection_options
def delete(properties: dict[str, str], names: Sequence[str]) -> None:
    """Delete groups that have no members."""
    admin = Admin(properties)
    failed = admin.failures(admin.client.delete_consumer_groups(list(names)))
    for name in names:
        if name not in failed:
            print(f"Deleted group {name}.")
    fail_for(failed)


@command.command("delete-offsets")
@click.argument("group")
@click.option(
    "-t",
    "--topic",
    "topics",
    metavar="TOPIC[:PARTITION,…]",
    multiple=True,
    required=True,
    help="May be repeated.",
)
@connection_options
def delete_offsets(properties: dict[str, str], group: str, topics: Sequence[str]) -> None:
    """Forget what a group has committed for topics."""
    from kafkapy.tools.offset_delete import delete_group_offsets

    partitions = Admin(properties).partitions(dict(parse_partitions(text) for text in topics))
    delete_group_offsets(properties, group, partitions)
    for topic, number in partitions:
        print(f"Deleted the offset of {topic}-{number}.")
