"""The scenarios of `harness.programs` with confluent-kafka: `compat.py BOOTSTRAP SCENARIO NAME`."""

import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1] / "support"))

import administer
import consume
import errors
import groups
import produce
import transactions
from harness import player

if __name__ == "__main__":
    player.main(
        produce.PLAYS
        | consume.PLAYS
        | groups.PLAYS
        | administer.PLAYS
        | errors.PLAYS
        | transactions.PLAYS
    )
