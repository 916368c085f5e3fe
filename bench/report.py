"""Medians over the rounds, as a table and as a document."""

from __future__ import annotations

import datetime
import platform
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness import process, reference

import kafkapy
from bench import systems
from bench.measuring import Sample

OTHERS = ("Kafka", "kfake")
OURS = "kafkapy"


@dataclass
class Results:
    """One sample per round of each label and system, and what went wrong."""

    samples: dict[str, dict[str, list[Sample]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, system: str, sample: Sample) -> None:
        self.samples.setdefault(sample.label, {}).setdefault(system, []).append(sample)

    @property
    def systems(self) -> list[str]:
        """The systems that were measured, ours last."""
        seen = {name for by_system in self.samples.values() for name in by_system}
        return [name for name in (*OTHERS, OURS) if name in seen]


def shown(value: float | None) -> str:
    """Three significant figures, and no exponent."""
    if value is None:
        return "-"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}"


def median(samples: Sequence[Sample], attribute: str) -> float | None:
    values = [value for s in samples if (value := getattr(s, attribute)) is not None]
    return statistics.median(values) if values else None


def ratio(ours: float | None, theirs: float | None) -> str:
    return "-" if ours is None or not theirs else f"{ours / theirs:.2f}"


def table(results: Results, attribute: str) -> list[tuple[str, ...]]:
    """Give the medians of each system and the ratios of ours to the others."""
    names = results.systems
    others = [name for name in names if name != OURS] if OURS in names else []
    rows = [("work", "unit", *names, *(f"{OURS} / {name}" for name in others))]
    for label, by_system in results.samples.items():
        medians = {name: median(by_system.get(name, ()), attribute) for name in names}
        if any(value is not None for value in medians.values()):
            unit = next(sample.unit for samples in by_system.values() for sample in samples)
            figures = [shown(medians[name]) for name in names]
            ratios = [ratio(medians[OURS], medians[name]) for name in others]
            rows.append((label, "s" if attribute == "cpu_s" else unit, *figures, *ratios))
    return rows


def as_text(results: Results) -> str:
    parts = [
        aligned(table(results, "value")),
        "CPU seconds of the broker for the work behind a figure:",
        aligned(table(results, "cpu_s")),
        *results.notes,
    ]
    return "\n\n".join(parts)


def aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if at < 2 else cell.rjust(width)
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
Java rows. Client and broker share the machine.

The ratio is kafkapy over the other: above 1 is better for rates, below 1 for times and memory.
CPU seconds are those of all threads of the broker's process, in the kernel and outside, while the
work was done; below 1 is better. Compare ratios, not figures, with other machines. A dash: that
broker does not have it, or it failed, which is noted below.\
"""


def as_markdown(results: Results, rounds: int, rows: Mapping[str, Callable[..., object]]) -> str:
    lines = ["# Benchmarks", "", HOW.format(rounds=rounds), "", *versions(results), ""]
    lines += ["## Figures", "", *_markdown(table(results, "value")), ""]
    lines += ["## CPU seconds of the broker", "", *_markdown(table(results, "cpu_s")), ""]
    if results.notes:
        lines += ["## Left out", "", *(f"- {note}" for note in results.notes), ""]
    lines += ["## What each group of rows does", ""]
    for name, row in rows.items():
        lines.append(f"- `{name}`: {' '.join((row.__doc__ or '').split())}")
    return "\n".join(lines) + "\n"


def _markdown(rows: Sequence[tuple[str, ...]]) -> list[str]:
    head, *rest = rows
    return [
        "| " + " | ".join(head) + " |",
        "| --- | --- |" + " ---: |" * (len(head) - 2),
        *("| " + " | ".join(row) + " |" for row in rest),
    ]
