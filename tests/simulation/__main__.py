"""Runs seeds of the simulation: `python -m tests.simulation --seeds N [--seed S]`.

With `--crash-points` a seed is a few transactions, run once for each operation of the disk, which
is where its broker ends. What fails is printed with the command that replays it; with `--trace` so
is all that happened.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator

from tests.simulation.crash_points import VARIANTS, CrashPoint, crash_points
from tests.simulation.workload import Simulation

_COMMAND = "python -m tests.simulation --seeds 1 --seed"
Run = tuple[str, Simulation]


def main() -> int:
    """Run from the command line; the exit status says whether every run held."""
    # Coroutines of dead brokers are collected some time, and may not like it.
    sys.unraisablehook = lambda _: None
    arguments = _arguments()
    started_s = time.monotonic()
    totals: Counter[str] = Counter()
    virtual_s, count, failed = 0.0, 0, 0
    for replay, simulation in _runs(arguments):
        result = simulation.run()
        if arguments.trace:
            print("\n".join(result.trace))
        count += 1
        virtual_s += result.virtual_s
        totals.update(result.counts)
        if result.violations:
            failed += 1
            print(f"seed {result.seed} failed ({result.ends.value}):")
            print("".join(f"  {violation}\n" for violation in result.violations[:5]), end="")
            print(f"  {replay} --trace", flush=True)
    spent_s = time.monotonic() - started_s
    hours = virtual_s / 3600
    print(
        f"{count} runs of {arguments.seeds} seeds, {failed} failed; {hours:.2f} simulated hours "
        f"in {spent_s:.1f} s, {hours / spent_s * 60:.2f} hours per minute"
    )
    print(", ".join(f"{number} {what}" for what, number in totals.items()))
    return bool(failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many to run")
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument(
        "--seconds-of-virtual-time", type=float, default=30.0, help="how long there is trouble"
    )
    parser.add_argument("--crash-points", action="store_true", help="crash at every operation")
    parser.add_argument("--variant", type=int, help="one way to crash, by its number")
    parser.add_argument("--point", type=int, help="one operation to crash at, by its number")
    parser.add_argument("--trace", action="store_true", help="print everything that happened")
    return parser.parse_args()


def _runs(arguments: argparse.Namespace) -> Iterator[Run]:
    """Give each run with the command that replays it."""
    for seed in range(arguments.seed, arguments.seed + arguments.seeds):
        if arguments.crash_points:
            yield from _crash_points(seed, arguments)
        else:
            seconds = arguments.seconds_of_virtual_time
            simulation = Simulation(seed, seconds, keeps_trace=arguments.trace)
            yield f"{_COMMAND} {seed} --seconds-of-virtual-time {seconds:g}", simulation


def _crash_points(seed: int, arguments: argparse.Namespace) -> Iterator[Run]:
    for index, variant in enumerate(VARIANTS):
        if arguments.variant not in (None, index):
            continue
        replay = f"{_COMMAND} {seed} --crash-points --variant {index} --point"
        if arguments.point is None:
            for point, run in crash_points(seed, variant):
                yield f"{replay} {point}", run
        else:
            point = arguments.point
            run = CrashPoint(seed, variant, point, keeps_trace=arguments.trace)
            yield f"{replay} {point}", run


if __name__ == "__main__":
    sys.exit(main())
