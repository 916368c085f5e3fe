"""Medians over the rounds, as a table and as a document."""

from __future__ import annotations

import datetime
import platform
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from harness import process, reference

import kafkapy
from bench import systems, targets
from bench.results import OURS, Results


def shown(value: float | None) -> str:
    """Three significant figures, and no exponent."""
    if value is None:
        return "-"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}"


def duration(seconds: float | None) -> str:
    """Three significant figures in the unit that suits them."""
    if seconds is None:
        return "-"
    for unit, factor in (("s", 1), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{shown(seconds * factor)} {unit}"
    return f"{shown(seconds * 1e6)} µs"


def ratio(ours: float | None, theirs: float | None) -> str:
    return "-" if ours is None or not theirs else f"{ours / theirs:.2f}"


def table(results: Results, labels: Iterable[str]) -> list[tuple[str, ...]]:
    """Give the medians of each system and the ratios of ours to the others; the same of CPU.

    The ratio of CPU is that of all the work; the figure before it is ours for one of its parts.
    """
    names = results.systems
    others = [name for name in names if name != OURS] if OURS in names else []
    rows = [
        (
            *("work", "unit", *names, *(f"/ {name}" for name in others)),
            *("CPU each", *(f"CPU / {name}" for name in others)),
        )
    ]
    for label in labels:
        medians = {name: results.median(label, name, "value") for name in names}
        cpu_s = {name: results.median(label, name, "cpu_s") for name in names}
        rows.append(
            (
                *(label, results.unit(label), *(shown(medians[name]) for name in names)),
                *(ratio(medians[OURS], medians[name]) for name in others),
                duration(results.median(label, OURS, "cpu_s_each")),
                *(ratio(cpu_s[OURS], cpu_s[name]) for name in others),
            )
        )
    return rows


def as_text(results: Results) -> str:
    parts = [
        aligned(table(results, results.samples)),
        aligned(targets.table(results), left=1),
        *results.notes,
    ]
    return "\n\n".join(parts)


def aligned(rows: Sequence[tuple[str, ...]], left: int = 2) -> str:
    """Lay a table out for a terminal; so many columns are text, the others figures."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if at < left else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def first_line(*command: str) -> str:
    if process.missing(command[0]):
        return ""
    done = process.run(command, check=False, timeout_s=20)
    return (done.stdout or done.stderr).partition("\n")[0]


def machine() -> str:
    """Say what it was measured on."""
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2].strip() for line in info.splitlines() if "model name" in line]
    return f"{len(models)} x {models[0]}" if models else platform.processor()


def versions(results: Results) -> list[str]:
    """Say what was measured, and with what."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    described = {
        OURS: f"kafkapy {kafkapy.__version__} ({_commit()}) on {python}",
        "Kafka": f"Apache Kafka {reference.VERSION} on {first_line('java', '-version')}, "
        f"one KRaft node, `{' '.join(reference.SERVER)}`",
        "kfake": f"kfake {systems.kfake_version()}, which is part of franz-go, "
        f"on {first_line('go', 'version')}, with a data directory",
    }
    return [
        *(f"- {described[name]}" for name in reversed(results.systems)),
        f"- {machine()}, {platform.system()} {platform.release()}, "
        f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d}",
    ]


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "no commit"


HOW = """\
Medians of {rounds} rounds on one machine; `make bench` repeats them. In each round every broker is
started on an empty directory, as a process of its own with its usual settings, does all the work
below from top to bottom, and ends before the next one starts; they take turns at going first. One
start of each before the first round does not count, nor does a run of the Java producer before the
Java rows. What takes long is done in the first round only: {once}. Client and broker
share the machine. The work is that of `--scale {scale:g}`.

A column with a stroke is the ratio of kafkapy to the other: above 1 is better for rates, below 1
for times, memory and CPU. CPU is that of all threads of the broker's process, in the kernel and
outside, while the work was done; "CPU each" is kafkapy's for each record, request, transaction
or partition of it. Compare ratios, not figures, with other machines. A dash: that broker does not
have it, or it failed, which is noted below.\
"""
TITLES = {
    "start": "Start and memory",
    "java": "Kafka's own producer and consumer",
    "transactions": "Transactions",
    "raw": "A client that costs little",
    "latency": "Latency",
    "reads": "Reads anywhere",
    "memory": "Memory under load",
    "connections": "Idle connections",
    "active": "Active connections",
    "compaction": "While a log is compacted",
    "restart": "After a crash",
    "partitions": "Many partitions",
    "embedded": "The broker inside a test",
}

# What takes so long that one round must do.
ONCE = ("compaction", "restart", "partitions")


def as_markdown(
    results: Results, rounds: int, scale: float, rows: Mapping[str, Callable[..., object]]
) -> str:
    """Write a document: how it was measured, the targets, and a table for each row."""
    how = HOW.format(rounds=rounds, scale=scale, once=", ".join(f"`{name}`" for name in ONCE))
    lines = ["# Benchmarks", "", how, "", *versions(results), ""]
    promised = targets.table(results)
    lines += ["## Targets", "", *_markdown(promised, left=1), ""]
    for name, row in rows.items():
        if labels := results.labels(name):
            described = " ".join((row.__doc__ or "").split())
            lines += [f"## {TITLES[name]}", "", f"`{name}`: {described}", ""]
            lines += [*_markdown(table(results, labels)), ""]
    if results.notes:
        lines += ["## Left out", "", *(f"- {note}" for note in results.notes), ""]
    return "\n".join(lines)


def _markdown(rows: Sequence[tuple[str, ...]], left: int = 2) -> list[str]:
    head, *rest = rows
    return [
        "| " + " | ".join(head) + " |",
        "|" + " --- |" * left + " ---: |" * (len(head) - left),
        *("| " + " | ".join(row) + " |" for row in rest),
    ]
