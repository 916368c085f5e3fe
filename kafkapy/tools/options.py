"""Options that several commands have."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any

import click

from kafkapy.tools.properties import client_properties

Command = Callable[..., None]

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def connection_options(function: Command) -> Command:
    """Give a command the options that say where Kafka is; it gets `properties` for a client."""

    @click.option(
        "-b",
        "--bootstrap-server",
        "bootstrap",
        metavar="HOST:PORT",
        help="Where Kafka is, or several addresses with commas. Else KAFKA_BOOTSTRAP_SERVERS or "
        "BOOTSTRAP of the environment, else 127.0.0.1:9092.",
    )
    @click.option(
        "-X",
        "overrides",
        metavar="KEY=VALUE",
        multiple=True,
        help="A property of the client (librdkafka's names); may be repeated.",
    )
    @click.option(
        "--command-config",
        "file",
        metavar="FILE",
        type=click.Path(dir_okay=False),
        help="A file with properties of the client, as Kafka's tools take.",
    )
    @functools.wraps(function)
    def wrapped(
        bootstrap: str | None, overrides: Sequence[str], file: str | None, **rest: Any
    ) -> None:
        function(client_properties(bootstrap, overrides, file, os.environ), **rest)

    return wrapped


def parse_partitions(text: str) -> tuple[str, list[int] | None]:
    """Split `topic:0,1` into the topic and the partitions, None for all.

    Raises click.BadParameter.
    """
    topic, colon, partitions = text.partition(":")
    if not colon:
        return topic, None
    try:
        return topic, [int(number) for number in partitions.split(",")]
    except ValueError:
        raise click.BadParameter(f"{text!r} is not TOPIC[:PARTITION,…]") from None
