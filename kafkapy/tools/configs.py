"""`kafkapy configs`: describe, set, unset, for topics, brokers and groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    ResourceType,
)

from kafkapy.tools.client import Admin, named
from kafkapy.tools.options import Command, connection_options, json_option
from kafkapy.tools.output import note, show
from kafkapy.tools.properties import pair

_TYPES = {"topic": ResourceType.TOPIC, "broker": ResourceType.BROKER, "group": ResourceType.GROUP}

Entity = tuple[str, str]


@click.group("configs", short_help="Show and change the configs of topics, brokers and groups.")
def command() -> None:
    """Work with the configs of topics, brokers and groups."""


def _entity_options(function: Command) -> Command:
    """Give a command the options that name whose configs are meant."""
    for kind, help_text in [
        ("group", "A group; may be repeated."),
        ("broker", "The id of a broker; may be repeated."),
        ("topic", "A topic; may be repeated."),
    ]:
        short = [] if kind == "broker" else [f"-{kind[0]}"]
        option = click.option(*short, f"--{kind}", kind, multiple=True, help=help_text)
        function = option(function)
    return function


def _entities(
    topic: Sequence[str], broker: Sequence[str], group: Sequence[str]
) -> list[ConfigResource]:
    chosen = {"topic": topic, "broker": broker, "group": group}
    resources = [
        ConfigResource(_TYPES[kind], name) for kind, names in chosen.items() for name in names
    ]
    if not resources:
        raise click.UsageError("Name a --topic, a --broker or a --group.")
    for name in broker:
        if not name.isdigit():
            raise click.BadParameter(f"{name!r} is not the id of a broker", param_hint="--broker")
    return resources


@command.command("describe")
@click.option("-a", "--all", "with_defaults", is_flag=True, help="Show the defaults too.")
@_entity_options
@json_option
@connection_options
def describe(
    properties: dict[str, str],
    topic: Sequence[str],
    broker: Sequence[str],
    group: Sequence[str],
    with_defaults: bool,
    as_json: bool,
) -> None:
    """Show configs and where each value comes from."""
    resources = _entities(topic, broker, group)
    admin = Admin(properties)
    records: list[dict[str, object]] = []
    for resource in resources:
        future = admin.client.describe_configs([resource])[resource]
        entries = named(admin.result, resource.name, future).values()
        default = ConfigSource.DEFAULT_CONFIG.value
        kept = [entry for entry in entries if with_defaults or entry.source != default]
        records += [_record(resource, entry) for entry in sorted(kept, key=lambda e: e.name)]
    columns = ["key", "value", "source"]
    show(records, columns if len(resources) == 1 else ["name", *columns], as_json)


def _record(resource: ConfigResource, entry: ConfigEntry) -> dict[str, object]:
    return {
        "type": ResourceType(resource.restype).name.lower(),
        "name": resource.name,
        "key": entry.name,
        "value": "(hidden)" if entry.is_sensitive else entry.value,
        "source": ConfigSource(entry.source).name,
        "read_only": entry.is_read_only,
    }


@command.command("set")
@click.argument("assignments", metavar="KEY=VALUE...", nargs=-1, required=True)
@_entity_options
@connection_options
def set_configs(
    properties: dict[str, str],
    topic: Sequence[str],
    broker: Sequence[str],
    group: Sequence[str],
    assignments: Sequence[str],
) -> None:
    """Set configs; those that are not named stay as they are."""
    pairs = [pair(text, "set") for text in assignments]

    def entries() -> list[ConfigEntry]:
        operation = AlterConfigOpType.SET
        return [ConfigEntry(key, value, incremental_operation=operation) for key, value in pairs]

    _alter(Admin(properties), _entities(topic, broker, group), entries)


@command.command("unset")
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@_entity_options
@connection_options
def unset_configs(
    properties: dict[str, str],
    topic: Sequence[str],
    broker: Sequence[str],
    group: Sequence[str],
    keys: Sequence[str],
) -> None:
    """Remove configs, so that the defaults count again."""

    def entries() -> list[ConfigEntry]:
        operation = AlterConfigOpType.DELETE
        return [ConfigEntry(key, None, incremental_operation=operation) for key in keys]

    _alter(Admin(properties), _entities(topic, broker, group), entries)


def _alter(
    admin: Admin, resources: Sequence[ConfigResource], entries: Callable[[], list[ConfigEntry]]
) -> None:
    for resource in resources:
        resource.incremental_configs = entries()
        future = admin.client.incremental_alter_configs([resource])[resource]
        named(admin.result, resource.name, future)
        note(
            f"Changed the configs of {ResourceType(resource.restype).name.lower()} {resource.name}."
        )
