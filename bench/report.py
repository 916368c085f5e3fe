"""Medians over the rounds, as a table."""

from __future__ import annotations

import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.rows import Sample

# label → system → one sample per round
Results = Mapping[str, Mapping[str, Sequence[Sample]]]
HEADER = ("work", "unit", "Kafka", "kafkapy", "ratio", "CPU s Kafka", "CPU s kafkapy", "ratio")


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


def ratio(ours: float | None, kafkas: float | None) -> str:
    return "-" if ours is None or not kafkas else f"{ours / kafkas:.2f}"


def table(results: Results) -> list[tuple[str, ...]]:
    rows = [HEADER]
    for label, by_system in results.items():
        kafka, ours = by_system.get("Kafka", ()), by_system.get("kafkapy", ())
        unit = next(sample.unit for samples in by_system.values() for sample in samples)
        cells = [label, unit]
        for attribute in ("value", "cpu_s"):
            pair = median(kafka, attribute), median(ours, attribute)
            cells += [shown(pair[0]), shown(pair[1]), ratio(pair[1], pair[0])]
        rows.append(tuple(cells))
    return rows


def as_text(results: Results) -> str:
    rows = table(results)
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(w) if i < 2 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "-" * len(lines[0]))
    return "\n".join(lines)


def machine() -> str:
    """Say what it was measured on."""
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2].strip() for line in info.splitlines() if "model name" in line]
    java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    version = java.stderr.partition("\n")[0]
    cpu = f"{len(models)} x {models[0]}" if models else platform.processor()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cpu}, {platform.system()} {platform.release()}, {python}, {version}"


def as_markdown(results: Results, rounds: int, kafka_version: str, kafkapy_version: str) -> str:
    head, *rows = table(results)
    lines = [
        "# Benchmarks",
        "",
        f"kafkapy {kafkapy_version} and Apache Kafka {kafka_version} in turns on one machine:",
        f"medians of {rounds} rounds. In each, both brokers are started fresh on empty directories",
        "and warmed up by one unmeasured run of the Java producer. Ratios are kafkapy over Kafka:",
        "above 1 is better for rates, below 1 for times, memory and CPU. CPU seconds are the",
        "broker's own, for the same work. `make bench` repeats it; `bench/rows.py` says what each",
        "row does.",
        "",
        f"Machine: {machine()}.",
        "",
        "| " + " | ".join(head) + " |",
        "| --- | --- |" + " ---: |" * (len(head) - 2),
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]
    return "\n".join(lines)
