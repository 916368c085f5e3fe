"""Run the rows in alternating rounds and print the medians."""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness import reference

from bench import embedded, latency, report, rows, scale, systems, transactions, upkeep
from bench.measuring import Row, Sizes
from bench.results import Results
from bench.systems import SYSTEMS

_ALL: dict[str, Row] = {
    **rows.ROWS,
    **transactions.ROWS,
    **latency.ROWS,
    **scale.ROWS,
    **upkeep.ROWS,
    **embedded.ROWS,
}
# In the order in which they run: that of the titles. The first is right after the start of the
# process, and of those after it the ones come last that leave a broker with much to hold.
ROWS: dict[str, Row] = {name: _ALL[name] for name in report.TITLES}


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    add = parser.add_argument
    add("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; all when none is named")
    add("--rounds", type=int, default=3, help="rounds, each with every system once (3)")
    add("--scale", type=float, default=1.0, help="multiplies the work of every row (1.0)")
    add("--quick", action="store_true", help="one round with a tenth of the work")
    add("--only", action="append", choices=SYSTEMS, help="leave out the systems not named so")
    add("--directory", type=Path, help="where the data lies while it runs (a temporary folder)")
    add("--markdown", type=Path, metavar="FILE", help="write the tables there too")
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    if arguments.quick:
        arguments.rounds, arguments.scale = 1, 0.1
    return arguments


def available(wanted: Sequence[str], results: Results) -> list[str]:
    """Give the systems that can run here, and note why the others cannot."""
    names = [name for name in SYSTEMS if not wanted or name in wanted]
    if "kfake" in names and (reason := systems.build_kfake()):
        results.notes.append(f"kfake was left out: {reason}")
        names.remove("kfake")
    return names


def allow_like_an_installation() -> None:
    """Let brokers keep bytecode, as those that pip installed do, and open as many files as may be.

    Kafka raises its limit of files by itself.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def measure(arguments: argparse.Namespace, names: Sequence[str], results: Results) -> None:
    """Run all rounds; every system starts anew in each, and they take turns at going first."""
    sizes = Sizes().scaled(arguments.scale)
    wanted = [name for name in ROWS if not arguments.rows or name in arguments.rows]
    frequent = [name for name in wanted if name not in report.ONCE]
    with tempfile.TemporaryDirectory(dir=arguments.directory, prefix="bench-") as scratch:
        for name in names:  # one start of each that does not count: caches of bytecode and of files
            warm_up(name, Path(scratch) / f"{name}-warm-up")
        for round_ in range(arguments.rounds):
            turn = round_ % len(names)
            for name in [*names[turn:], *names[:turn]]:
                directory = Path(scratch) / f"{name}-{round_}"
                with SYSTEMS[name](directory) as system:
                    for row in wanted if round_ == 0 else frequent:
                        run_row(row, system, sizes, results, round_ + 1)
                shutil.rmtree(directory, ignore_errors=True)


def warm_up(name: str, directory: Path) -> None:
    with SYSTEMS[name](directory) as system:
        list(ROWS["start"](system, Sizes()))
    shutil.rmtree(directory, ignore_errors=True)


def run_row(row: str, system: systems.System, sizes: Sizes, results: Results, round_: int) -> None:
    """Run one row on one system; where it fails the figure is missing, and a note says why."""
    try:
        for sample in ROWS[row](system, sizes):
            results.add(row, system.name, sample)
            value = f"{report.shown(sample.value)} {sample.unit}"
            print(f"[{round_}] {system.name:8} {sample.label}: {value}", file=sys.stderr)
    except (AssertionError, OSError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0][:200]
        results.notes.append(f"{system.name}, row {row}, round {round_}: {reason}")
        print(f"[{round_}] {system.name:8} {row}: FAILED: {error}", file=sys.stderr)


def main(argv: Sequence[str] | None = None) -> int:
    arguments = parse(argv)
    if reason := reference.unavailable():
        # The Java rows need Kafka's own tools, whichever broker they run against.
        print(f"cannot compare with Kafka: {reason}", file=sys.stderr)
        return 1
    results = Results()
    allow_like_an_installation()
    measure(arguments, available(arguments.only or (), results), results)
    print(report.as_text(results))
    if arguments.markdown:
        arguments.markdown.write_text(
            report.as_markdown(results, arguments.rounds, arguments.scale, ROWS)
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
