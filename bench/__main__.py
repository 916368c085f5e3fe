"""Run the rows in alternating rounds and print the medians."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness import reference

import kafkapy
from bench import report
from bench.rows import ROWS, Sample, Sizes
from bench.systems import SYSTEMS


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    add = parser.add_argument
    add("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; all when none is named")
    add("--rounds", type=int, default=3, help="rounds, each with every system once (3)")
    add("--scale", type=float, default=1.0, help="multiplies the work of every row (1.0)")
    add("--quick", action="store_true", help="one round with a tenth of the work")
    add("--only", choices=SYSTEMS, help="leave the other system out")
    add("--directory", type=Path, help="where the data lies while it runs (a temporary folder)")
    add("--markdown", type=Path, metavar="FILE", help="write the table there too")
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    if arguments.quick:
        arguments.rounds, arguments.scale = 1, 0.1
    return arguments


def measure(arguments: argparse.Namespace, systems: Sequence[str], scratch: Path) -> dict:
    """Run all rounds; every system starts anew in each, and they take turns at going first."""
    results: dict[str, dict[str, list[Sample]]] = {}
    sizes = Sizes().scaled(arguments.scale)
    wanted = [name for name in ROWS if not arguments.rows or name in arguments.rows]
    for round_ in range(arguments.rounds):
        order = systems if round_ % 2 == 0 else systems[::-1]
        for name in order:
            directory = scratch / f"{name}-{round_}"
            with SYSTEMS[name](directory) as system:
                for row in wanted:
                    for sample in ROWS[row](system, sizes):
                        by_system = results.setdefault(sample.label, {})
                        by_system.setdefault(name, []).append(sample)
                        value = f"{report.shown(sample.value)} {sample.unit}"
                        print(f"[{round_ + 1}] {name:8} {sample.label}: {value}", file=sys.stderr)
            shutil.rmtree(directory, ignore_errors=True)
    return results


def main(argv: Sequence[str] | None = None) -> int:
    arguments = parse(argv)
    systems = [arguments.only] if arguments.only else list(SYSTEMS)
    if reason := reference.unavailable():
        # The Java rows need Kafka's own tools, whichever broker they run against.
        print(f"cannot compare with Kafka: {reason}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(dir=arguments.directory, prefix="bench-") as scratch:
        results = measure(arguments, systems, Path(scratch))
    print(report.as_text(results))
    if arguments.markdown:
        versions = reference.VERSION, kafkapy.__version__
        arguments.markdown.write_text(report.as_markdown(results, arguments.rounds, *versions))
    return 0


if __name__ == "__main__":
    sys.exit(main())
