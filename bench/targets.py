"""What the project promises of its speed, and whether the figures keep it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.results import OURS, Results

_PRODUCERS = ("Java producer, 100 B, acks=all", "Java producer, 1 KB, acks=all")
_CONSUMERS = ("Java consumer, 100 B", "Java consumer, 1 KB")


@dataclass(frozen=True)
class Target:
    """A bound on a figure of ours, or on its ratio to that of another system.

    `attribute` is "value", or "cpu_s" for the broker's CPU.
    """

    label: str
    least: float | None = None
    most: float | None = None
    other: str | None = None
    attribute: str = "value"

    def measured(self, results: Results) -> float | None:
        """Give what is bounded; None where it was not measured."""
        ours = results.median(self.label, OURS, self.attribute)
        if ours is None or self.other is None:
            return ours
        theirs = results.median(self.label, self.other, self.attribute)
        return ours / theirs if theirs else None

    def is_met(self, measured: float) -> bool:
        return (self.least is None or measured >= self.least) and (
            self.most is None or measured <= self.most
        )

    def described(self, unit: str) -> str:
        """Say what is promised; `unit` is that of the figure."""
        sign, bound = ("≥", self.least) if self.most is None else ("≤", self.most)
        what = ", CPU" if self.attribute == "cpu_s" else ""
        of = f" {unit}" if self.other is None else f" of {self.other}"
        return f"{self.label}{what}: {sign} {bound:g}{of}"


def _targets() -> Iterator[Target]:
    for label in _PRODUCERS:
        yield Target(label, least=1.4, other="Kafka")
        yield Target(label, least=1.0, other="kfake")
        yield Target(label, most=0.2, other="Kafka", attribute="cpu_s")
        yield Target(label, most=0.8, other="kfake", attribute="cpu_s")
    for label in _CONSUMERS:
        yield Target(label, least=1.2, other="Kafka")
        yield Target(label, most=0.5, other="Kafka", attribute="cpu_s")
    yield Target("Java producer, transactions of 100 records", least=1.0, other="Kafka")
    yield Target("raw, 100 B batches, 4 connections of 32 in flight", least=2.5, other="Kafka")
    yield Target("raw, 0.9 MB batches, 5 in flight", least=2.5, other="Kafka")
    yield Target("end to end at 1,000 records/s, p50", most=0.4, other="Kafka")
    yield Target("end to end at 1,000 records/s, p99", most=0.2, other="Kafka")
    yield Target("start to first record read", most=0.25)
    yield Target("memory, idle", most=35)
    yield Target("memory, after the work above", most=50)
    yield Target("testing.Broker, import and start", most=150)
    yield Target("testing.Broker, reset", most=5)


TARGETS = tuple(_targets())


def table(results: Results) -> list[tuple[str, ...]]:
    """Give each target of which there is a figure, what was measured, and whether that meets it."""
    rows = [("target", "measured", "met")]
    for target in TARGETS:
        measured = target.measured(results)
        if measured is not None:
            promised = target.described(results.unit(target.label))
            met = "yes" if target.is_met(measured) else "**no**"
            rows.append((promised, f"{measured:.3g}", met))
    return rows
