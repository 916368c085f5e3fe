"""Where to begin reading: the argument of `kafkapy consume -o`."""

from __future__ import annotations

from dataclasses import dataclass

import click
from confluent_kafka import OFFSET_BEGINNING, OFFSET_END

from kafkapy.tools.times import parse_time_ms

# The client counts back from the end of a partition when it is given this base less the count.
_TAIL_BASE = -2000
_NAMES = {
    "beginning": OFFSET_BEGINNING,
    "earliest": OFFSET_BEGINNING,
    "start": OFFSET_BEGINNING,
    "end": OFFSET_END,
    "latest": OFFSET_END,
}


@dataclass(frozen=True)
class Start:
    """An offset as the client takes it, or a time whose offset is yet to be looked up."""

    offset: int
    timestamp_ms: int | None = None


def parse_start(text: str) -> Start:
    """Read `beginning`, `end`, an offset, `-N` for the last N, or `s@TIME`.

    Raises click.BadParameter.
    """
    if text in _NAMES:
        return Start(_NAMES[text])
    if text.startswith("s@"):
        return Start(OFFSET_END, parse_time_ms(text[2:]))
    try:
        number = int(text)
    except ValueError:
        message = f"{text!r} is not beginning, end, an offset, -N or s@TIME"
        raise click.BadParameter(message) from None
    return Start(number if number >= 0 else _TAIL_BASE + number)
