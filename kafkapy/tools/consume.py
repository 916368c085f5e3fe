"""`kafkapy consume`: records of topics, to standard output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import click
from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, Message
from confluent_kafka import TopicPartition as ClientPartition
from confluent_kafka.admin import OffsetSpec

from kafkapy.tools import formatting
from kafkapy.tools.client import Admin, Partition, Reachability, client_config
from kafkapy.tools.errors import ToolError, kafka_error
from kafkapy.tools.escapes import unescape
from kafkapy.tools.formatting import Format, compile_format
from kafkapy.tools.options import connection_options, json_option
from kafkapy.tools.output import note, progress
from kafkapy.tools.positions import Start, parse_start

_POLL_S = 0.1
_BATCH_RECORDS = 500


@dataclass
class Printer:
    """Writes records until it has written enough, or all partitions are read to their ends."""

    consumer: Consumer
    format: Format
    out: BinaryIO
    limit: int | None
    exit_at_end: bool
    quiet: bool
    unbuffered: bool
    advance: Callable[[int], None]

    def run(self) -> None:
        """Write records as they come."""
        written = 0
        at_end: set[Partition] = set()
        while self.limit is None or written < self.limit:
            room = _BATCH_RECORDS if self.limit is None else self.limit - written
            for message in self._take(min(room, _BATCH_RECORDS)):
                if self._is_record(message, at_end):
                    self.out.write(self.format(message))
                    written += 1
                    self.advance(1)
                    if self.unbuffered:
                        self.out.flush()
            self.out.flush()
            if self.exit_at_end and at_end and at_end >= self._assigned():
                return

    def _take(self, room: int) -> list[Message]:
        """Wait for one message, and take what else is there without waiting."""
        first = self.consumer.poll(_POLL_S)
        if first is None:
            return []
        return [first, *(self.consumer.consume(room - 1, 0) if room > 1 else [])]

    def _is_record(self, message: Message, at_end: set[Partition]) -> bool:
        error = message.error()
        place = (message.topic() or "", message.partition() or 0)
        if error is None:
            at_end.discard(place)
            return True
        if error.code() != KafkaError._PARTITION_EOF:
            raise ToolError(kafka_error(error))
        at_end.add(place)
        if not self.quiet:
            note(f"% Reached end of topic {place[0]} [{place[1]}] at offset {message.offset()}")
        return False

    def _assigned(self) -> set[Partition]:
        return {(partition.topic, partition.partition) for partition in self.consumer.assignment()}


@click.command("consume", short_help="Print records of topics.")
@click.argument("topics", metavar="TOPIC...", nargs=-1, required=True)
@click.option(
    "-o",
    "--offset",
    metavar="WHERE",
    default="beginning",
    help="Where to begin: beginning, end, an offset, -N for the last N of each partition, or "
    "s@TIME (milliseconds or ISO 8601). With -g, where the group has nothing committed.",
)
@click.option("-n", "-c", "--count", type=click.IntRange(1), help="Stop after so many records.")
@click.option("-e", "--exit", "exit_at_end", is_flag=True, help="Stop at the end.")
@click.option("-g", "--group", help="Read as a member of this group, and commit.")
@click.option("-p", "--partition", "partitions", type=int, multiple=True, help="Repeatable.")
@click.option(
    "-f",
    "--format",
    "text",
    metavar="TEXT",
    help=r"%t topic, %p partition, %o offset, %k key, %s value, %T time, %h headers, %K and %S "
    r"lengths, %R length as 4 bytes, \n \t \x00; else values, one a line.",
)
@click.option("-K", "--key-delimiter", metavar="TEXT", help="Print the key and this before values.")
@click.option("-D", "--delimiter", metavar="TEXT", default="\\n", help="What ends a record.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on standard error.")
@click.option("-u", "--unbuffered", is_flag=True, help="Write each record out at once.")
@json_option
@connection_options
def command(
    properties: dict[str, str],
    topics: Sequence[str],
    offset: str,
    count: int | None,
    exit_at_end: bool,
    group: str | None,
    partitions: Sequence[int],
    text: str | None,
    key_delimiter: str | None,
    delimiter: str,
    quiet: bool,
    unbuffered: bool,
    as_json: bool,
) -> None:
    """Print records."""
    start = parse_start(offset)
    write = _format(as_json, text, key_delimiter, delimiter)
    if group is not None and partitions:
        raise click.UsageError("--group and --partition exclude each other.")
    settings = {**_settings(group, start, exit_at_end), **properties}
    admin = Admin(properties)
    chosen = admin.partitions({topic: list(partitions) or None for topic in topics})
    with _consumer(settings, quiet) as consumer:
        if group is not None:
            consumer.subscribe(list(topics))
        else:
            consumer.assign(_positions(admin, chosen, start))
        with _progress(count, quiet) as advance:
            out = sys.stdout.buffer
            Printer(consumer, write, out, count, exit_at_end, quiet, unbuffered, advance).run()


def _format(json: bool, text: str | None, key_delimiter: str | None, delimiter: str) -> Format:
    if json:
        return formatting.as_json
    if text is None:
        end = unescape(delimiter)
        if key_delimiter is None:
            return lambda message: (message.value() or b"") + end
        middle = unescape(key_delimiter)
        return lambda message: (message.key() or b"") + middle + (message.value() or b"") + end
    try:
        return compile_format(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--format") from None


@contextmanager
def _consumer(settings: dict[str, str], quiet: bool) -> Iterator[Consumer]:
    """Open a consumer; at the end it leaves its group, having committed what was printed."""
    reachability = Reachability()
    config = client_config(settings, reachability)

    def on_error(error: KafkaError) -> None:
        reachability.on_error(error)
        if error.code() == KafkaError._ALL_BROKERS_DOWN and not quiet:
            note("% No broker answers; trying again")

    consumer = Consumer({**config, "error_cb": on_error})
    try:
        yield consumer
    finally:
        consumer.close()


def _settings(group: str | None, start: Start, exit_at_end: bool) -> dict[str, str]:
    """Give the properties that the options ask for; those of the user win."""
    settings = {"enable.partition.eof": "true"}
    if exit_at_end:
        # That there is no more is known only from a fetch that waited for more in vain.
        settings["fetch.wait.max.ms"] = "10"
    if group is None:
        unused = {"group.id": "kafkapy-without-a-group", "enable.auto.commit": "false"}
        return {**settings, **unused, "auto.offset.reset": "error"}
    resets = {OFFSET_BEGINNING: "earliest", OFFSET_END: "latest"}
    if start.timestamp_ms is not None or start.offset not in resets:
        raise click.UsageError("With --group, --offset is beginning or end.")
    return {**settings, "group.id": group, "auto.offset.reset": resets[start.offset]}


def _positions(
    admin: Admin, partitions: Sequence[Partition], start: Start
) -> list[ClientPartition]:
    if start.timestamp_ms is None:
        return [ClientPartition(*place, start.offset) for place in partitions]
    found = admin.offsets(partitions, OffsetSpec.for_timestamp(start.timestamp_ms))
    offsets = [found[place] for place in partitions]
    return [
        ClientPartition(*place, OFFSET_END if at is None or at[0] < 0 else at[0])
        for place, at in zip(partitions, offsets, strict=True)
    ]


@contextmanager
def _progress(count: int | None, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Count records on a terminal that does not see the records themselves."""
    if quiet or sys.stdout.isatty():
        yield lambda done: None
        return
    with progress("records", count) as advance:
        yield advance
