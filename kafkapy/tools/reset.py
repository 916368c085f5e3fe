"""`kafkapy groups reset-offsets`: first a plan, with --execute a commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import click
from confluent_kafka.admin import OffsetSpec

from kafkapy.tools.client import Admin, Partition
from kafkapy.tools.errors import ToolError
from kafkapy.tools.group_offsets import commit, committed_offsets
from kafkapy.tools.options import connection_options, json_option, parse_partitions
from kafkapy.tools.output import note, show
from kafkapy.tools.times import parse_duration_ms, parse_time_ms

_IDLE_STATES = ("EMPTY", "DEAD")


@dataclass(frozen=True)
class Target:
    """Where to: exactly one of these is set."""

    to_earliest: bool = False
    to_latest: bool = False
    to_current: bool = False
    to_offset: int | None = None
    shift_by: int | None = None
    to_datetime: str | None = None
    by_duration: str | None = None

    def __post_init__(self) -> None:
        if sum(value is not None and value is not False for value in vars(self).values()) != 1:
            raise click.UsageError("Say where to by exactly one option, such as --to-earliest.")

    def timestamp_ms(self, now_ms: int) -> int | None:
        """Give the time to look up, if the target is one."""
        if self.to_datetime is not None:
            return parse_time_ms(self.to_datetime)
        if self.by_duration is not None:
            return now_ms - parse_duration_ms(self.by_duration)
        return None


def target_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a Target."""
    for option in (
        click.option("--by-duration", metavar="PnDTnHnMnS", help="As long ago as this."),
        click.option("--to-datetime", metavar="TIME", help="The first record at or after this."),
        click.option("--shift-by", type=int, metavar="N", help="N forward, or -N back."),
        click.option("--to-offset", type=int, metavar="N", help="This offset."),
        click.option("--to-current", is_flag=True, help="What is committed; else the end."),
        click.option("--to-latest", is_flag=True, help="The end of each partition."),
        click.option("--to-earliest", is_flag=True, help="The start of each partition."),
    ):
        function = option(function)
    return function


@click.command("reset-offsets")
@click.argument("group")
@click.option(
    "-t", "--topic", "topics", metavar="TOPIC[:PARTITION,…]", multiple=True, help="Repeatable."
)
@click.option("--all-topics", is_flag=True, help="All topics that the group has committed.")
@target_options
@click.option("--dry-run", is_flag=True, help="Only print the plan, which is the default.")
@click.option("--execute", is_flag=True, help="Do it.")
@json_option
@connection_options
def reset_offsets(
    properties: dict[str, str],
    group: str,
    topics: Sequence[str],
    all_topics: bool,
    dry_run: bool,
    execute: bool,
    as_json: bool,
    **target: object,
) -> None:
    """Set what a group without active members has committed."""
    if bool(topics) == all_topics:
        raise click.UsageError("Name a --topic, or give --all-topics.")
    if dry_run and execute:
        raise click.UsageError("--dry-run and --execute exclude each other.")
    wanted = Target(**target)  # type: ignore[arg-type]
    admin = Admin(properties)
    _check_idle(admin, group)
    committed = committed_offsets(admin, group)
    chosen = dict(parse_partitions(text) for text in topics)
    partitions = list(committed) if all_topics else admin.partitions(chosen)
    plan = make_plan(admin, partitions, committed, wanted, round(time.time() * 1000))
    if execute:
        commit(admin, group, plan)
    _show_plan(group, committed, plan, as_json)
    if not execute:
        note("This is only the plan; --execute does it.")


def _check_idle(admin: Admin, group: str) -> None:
    """Refuse a group with members: what they commit next would undo the reset."""
    found = admin.result(admin.client.list_consumer_groups())
    for listed in found.valid:
        if listed.group_id == group and listed.state.name not in _IDLE_STATES:
            state = listed.state.name.capitalize()
            raise ToolError(f"{group}: NON_EMPTY_GROUP: It is {state}; stop its members first.")


def make_plan(
    admin: Admin,
    partitions: Sequence[Partition],
    committed: Mapping[Partition, int],
    target: Target,
    now_ms: int,
) -> dict[Partition, int]:
    """Give the new offset of each partition, within what the log has."""
    starts = _known(admin, partitions, OffsetSpec.earliest())
    ends = _known(admin, partitions, OffsetSpec.latest())
    timestamp_ms = target.timestamp_ms(now_ms)
    at_time: dict[Partition, int] = {}
    if timestamp_ms is not None:
        at_time = _known(admin, partitions, OffsetSpec.for_timestamp(timestamp_ms))
    plan: dict[Partition, int] = {}
    for key in partitions:
        current = committed.get(key, ends[key])
        if target.to_earliest:
            offset = starts[key]
        elif target.to_latest:
            offset = ends[key]
        elif target.to_offset is not None:
            offset = target.to_offset
        elif target.shift_by is not None:
            offset = current + target.shift_by
        elif timestamp_ms is not None:
            offset = at_time[key] if at_time[key] >= 0 else ends[key]
        else:
            offset = current
        plan[key] = min(max(offset, starts[key]), ends[key])
    return plan


def _known(admin: Admin, partitions: Sequence[Partition], spec: OffsetSpec) -> dict[Partition, int]:
    """Look up offsets; a partition without a leader is an error."""
    known: dict[Partition, int] = {}
    for (topic, number), found in admin.offsets(partitions, spec).items():
        if found is None:
            raise ToolError(f"{topic}-{number}: LEADER_NOT_AVAILABLE: its offsets are not known.")
        known[topic, number] = found[0]
    return known


def _show_plan(
    group: str, committed: Mapping[Partition, int], plan: Mapping[Partition, int], as_json: bool
) -> None:
    records = [
        {
            "group": group,
            "topic": topic,
            "partition": number,
            "current_offset": committed.get((topic, number)),
            "new_offset": offset,
        }
        for (topic, number), offset in sorted(plan.items())
    ]
    columns = ["group", "topic", "partition", "current_offset", "new_offset"]
    show(records, columns, as_json)
