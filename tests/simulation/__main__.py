"""Runs seeds of the simulation: `python -m tests.simulation --seeds N [--seed S]`.

A seed that fails is printed with the command that replays it; with `--trace` so is all that
happened in it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.simulation.workload import Simulation


def main() -> int:
    """Run from the command line; the exit status says whether every seed held."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many to run")
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument(
        "--seconds-of-virtual-time", type=float, default=30.0, help="how long there is trouble"
    )
    parser.add_argument("--trace", action="store_true", help="print everything that happened")
    arguments = parser.parse_args()
    seconds = arguments.seconds_of_virtual_time
    started_s = time.monotonic()
    totals: Counter[str] = Counter()
    for seed in range(arguments.seed, arguments.seed + arguments.seeds):
        result = Simulation(seed, seconds, keeps_trace=arguments.trace).run()
        if arguments.trace:
            print("\n".join(result.trace))
        totals["hours"] += result.virtual_s / 3600  # type: ignore[assignment]
        for name in ("boots", "acknowledged", "read", "gaps"):
            totals[name] += getattr(result, name)
        if result.violations:
            totals["failed"] += 1
            replay = f"python -m tests.simulation --seeds 1 --seed {seed}"
            print(f"seed {seed} failed ({result.ends.value}):")
            print("".join(f"  {violation}\n" for violation in result.violations[:5]), end="")
            print(f"  {replay} --seconds-of-virtual-time {seconds:g} --trace")
    spent_s = time.monotonic() - started_s
    print(
        f"{arguments.seeds} seeds, {totals['failed']} failed; {totals['hours']:.2f} simulated "
        f"hours in {spent_s:.1f} s, {totals['hours'] / spent_s * 60:.2f} hours per minute; "
        f"{totals['boots']} starts, {totals['acknowledged']} records acknowledged, "
        f"{totals['read']} read, {totals['gaps']} gaps in sequences"
    )
    return bool(totals["failed"])


if __name__ == "__main__":
    sys.exit(main())
