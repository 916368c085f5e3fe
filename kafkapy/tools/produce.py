"""`kafkapy produce`: records from standard input, from files, or made up for a load."""

from __future__ import annotations

import random
import string
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import click
import msgspec
from confluent_kafka import KafkaError, Message, Producer

from kafkapy.tools.client import Admin, Reachability, client_config
from kafkapy.tools.errors import ToolError, kafka_error
from kafkapy.tools.escapes import unescape
from kafkapy.tools.options import connection_options, json_option
from kafkapy.tools.output import note, progress, show_json

_CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
_CHUNK_BYTES = 65536
_POLL_S = 0.1
_INTERRUPTED_FLUSH_S = 5.0
_DEFAULTS = {
    # Records with a key go where the Java client puts them.
    "partitioner": "murmur2_random",
    # A topic that a broker may not create is an error soon, not only after half a minute.
    "topic.metadata.propagation.max.ms": "5000",
}

Record = tuple[bytes | None, bytes | None]


@dataclass
class Delivery:
    """Counts what the broker acknowledged; `show` also gets each record."""

    show: Callable[[Message], None] | None = None
    advance: Callable[[int], None] | None = None
    records: int = 0
    size_bytes: int = 0
    errors: dict[str, int] = field(default_factory=dict)

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        """Take a delivery report, as the client's `on_delivery`."""
        if error is not None:
            text = kafka_error(error)
            self.errors[text] = self.errors.get(text, 0) + 1
            return
        self.records += 1
        self.size_bytes += len(message)
        if self.show is not None:
            self.show(message)
        if self.advance is not None:
            self.advance(1)


class Sender:
    """Sends records to one topic, with the options that hold for all of them."""

    def __init__(
        self,
        properties: dict[str, str],
        topic: str,
        partition: int | None,
        headers: Sequence[tuple[str, bytes | None]],
        delivery: Delivery,
    ) -> None:
        self._reachability = Reachability()
        self._producer = Producer(client_config(properties, self._reachability))
        self._topic = topic
        self._options: dict[str, Any] = {"headers": list(headers), "on_delivery": delivery}
        if partition is not None:
            self._options["partition"] = partition

    def send_all(self, records: Iterator[Record]) -> None:
        """Send and wait for all; what was read before Ctrl-C is sent too."""
        try:
            for key, value in records:
                self._send(key, value)
            while self._producer.flush(_POLL_S):
                self._reachability.check()
        except KeyboardInterrupt:
            self._producer.flush(_INTERRUPTED_FLUSH_S)
            raise

    def _send(self, key: bytes | None, value: bytes | None) -> None:
        while True:
            try:
                self._producer.produce(self._topic, value, key, **self._options)
            except BufferError:
                self._producer.poll(_POLL_S)
                self._reachability.check()
            else:
                self._producer.poll(0)
                return


@click.command("produce", short_help="Send records from standard input, files, or made up.")
@click.argument("topic")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(dir_okay=False))
@click.option("-l", "--file", "lines", metavar="FILE", help="Read records from it, line by line.")
@click.option("-k", "--key", help="The key of every record.")
@click.option("-K", "--key-delimiter", metavar="TEXT", help="What separates key and value.")
@click.option("-D", "--delimiter", metavar="TEXT", default="\\n", help="What separates records.")
@click.option(
    "-H", "--header", "headers", metavar="NAME=VALUE", multiple=True, help="May be repeated."
)
@click.option("-p", "--partition", type=click.IntRange(0), help="Else the key decides.")
@click.option("-Z", "--null", is_flag=True, help="An empty value is null: a tombstone.")
@click.option("-z", "--compression", type=click.Choice(_CODECS), help="A codec.")
@click.option("--acks", type=click.Choice(["0", "1", "all"]), help="What to wait for (all).")
@click.option("-n", "--count", type=click.IntRange(1), help="Make up so many records instead.")
@click.option("--size", type=click.IntRange(0), help="How long their values are (100 bytes).")
@json_option
@connection_options
def command(properties: dict[str, str], **options: Any) -> None:
    """Send records to a topic.

    Each line of standard input is the value of a record. Each FILE is one whole record. With --json
    a line is printed for each record that the broker has, or a summary with --count.
    """
    _check(options)
    properties = {**_DEFAULTS, **properties}
    if options["compression"]:
        properties["compression.type"] = options["compression"]
    if options["acks"]:
        properties["acks"] = options["acks"]
        if options["acks"] != "all":
            properties.setdefault("enable.idempotence", "false")
    admin = Admin(properties)
    admin.result(admin.client.describe_cluster())  # or say at once that no broker is there
    headers = [_header(text) for text in options["headers"]]
    delivery = Delivery(_show_delivered if options["as_json"] and not options["count"] else None)
    sender = Sender(properties, options["topic"], options["partition"], headers, delivery)
    if options["count"]:
        _send_load(sender, delivery, options)
    else:
        sender.send_all(_records(options))
    if delivery.errors:
        raise ToolError(*(f"{text} (records: {n})" for text, n in delivery.errors.items()))


def _check(options: dict[str, Any]) -> None:
    sources = [name for name in ("files", "lines", "count") if options[name]]
    if len(sources) > 1:
        raise click.UsageError("FILE, --file and --count exclude each other.")
    if options["key"] is not None and options["key_delimiter"]:
        raise click.UsageError("--key and --key-delimiter exclude each other.")
    if options["size"] is not None and not options["count"]:
        raise click.UsageError("--size goes with --count.")


def _header(text: str) -> tuple[str, bytes | None]:
    name, equals, value = text.partition("=")
    return name, value.encode() if equals else None


def _send_load(sender: Sender, delivery: Delivery, options: dict[str, Any]) -> None:
    count, size = options["count"], 100 if options["size"] is None else options["size"]
    value = "".join(random.choices(string.ascii_uppercase, k=size)).encode()
    key = options["key"].encode() if options["key"] is not None else None
    started = time.perf_counter()
    with progress(f"to {options['topic']}", count) as delivery.advance:
        sender.send_all((key, value) for _ in range(count))
    seconds = time.perf_counter() - started
    if options["as_json"]:
        show_json({"records": delivery.records, "bytes": delivery.size_bytes, "seconds": seconds})
        return
    rate, megabytes = delivery.records / seconds, delivery.size_bytes / 1e6
    note(
        f"{delivery.records:,} records, {megabytes:,.1f} MB in {seconds:,.2f} s: "
        f"{rate:,.0f} records/s, {megabytes / seconds:,.1f} MB/s."
    )


def _records(options: dict[str, Any]) -> Iterator[Record]:
    key = options["key"].encode() if options["key"] is not None else None
    separator = unescape(options["key_delimiter"]) if options["key_delimiter"] else None
    for text in _texts(options):
        value: bytes | None = text
        if separator is not None and separator in text:
            key, _, value = text.partition(separator)
        elif separator is not None:
            key = None
        yield key, None if options["null"] and not value else value


def _texts(options: dict[str, Any]) -> Iterator[bytes]:
    for file in options["files"]:
        with open(file, "rb") as opened:
            yield opened.read()
    if options["files"]:
        return
    delimiter = unescape(options["delimiter"])
    if options["lines"] is None:
        yield from split(sys.stdin.buffer, delimiter)
        return
    with open(options["lines"], "rb") as opened:
        yield from split(opened, delimiter)


def split(stream: BinaryIO, delimiter: bytes) -> Iterator[bytes]:
    """Split what a stream gives; after the last delimiter comes a record only if it has bytes."""
    if delimiter == b"\n":
        for line in stream:
            yield line.removesuffix(b"\n")
        return
    rest = b""
    while chunk := stream.read(_CHUNK_BYTES):
        *whole, rest = (rest + chunk).split(delimiter)
        yield from whole
    if rest:
        yield rest


def _show_delivered(message: Message) -> None:
    place = {"topic": message.topic(), "partition": message.partition()}
    record = {**place, "offset": message.offset(), "timestamp": message.timestamp()[1]}
    print(msgspec.json.encode(record).decode(), flush=True)
