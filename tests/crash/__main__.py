"""Kills a real broker again and again: `python -m tests.crash --rounds N [--flush]`.

Stock clients write and read all the while. With `--flush` every append is flushed, and each kill is
a power cut, which takes what was not. In the end nothing that was acknowledged may be missing or be
there twice, and nothing that was read may be gone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.crash.rounds import Rounds


def main() -> int:
    """Run from the command line; the exit status says whether every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="how often the broker is killed")
    parser.add_argument("--flush", action="store_true", help="cut the power, with every flush")
    parser.add_argument("--seed", type=int, default=0, help="decides the moments")
    parser.add_argument("--directory", help="where the data stays; by default it is removed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kafkapy-crash-") as temporary:
        directory = Path(arguments.directory or temporary)
        rounds = Rounds(directory, arguments.seed, cuts_power=arguments.flush)
        outcome = rounds.run(arguments.rounds)
    print("".join(f"{violation}\n" for violation in outcome.violations[:20]), end="")
    print(", ".join(f"{number} {what}" for what, number in outcome.counts.items()))
    return bool(outcome.violations)


if __name__ == "__main__":
    sys.exit(main())
