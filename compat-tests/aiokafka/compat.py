"""The scenarios of `harness.programs` with aiokafka: `compat.py BOOTSTRAP SCENARIO NAME`."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1] / "support"))

import admin
import consume
import errors
import groups
import produce
import transactions
from harness import player

PLAYS = (
    produce.PLAYS | consume.PLAYS | groups.PLAYS | admin.PLAYS | errors.PLAYS | transactions.PLAYS
)


def blocking(play: Callable) -> player.Play:
    return lambda *arguments: asyncio.run(play(*arguments))


if __name__ == "__main__":
    player.main({name: blocking(play) for name, play in PLAYS.items()})
