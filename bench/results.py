"""All that was measured."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from bench.measuring import Sample

OTHERS = ("Kafka", "kfake")
OURS = "kafkapy"


@dataclass
class Results:
    """One sample per round of each label and system, which row they are of, and what went wrong."""

    samples: dict[str, dict[str, list[Sample]]] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, row: str, system: str, sample: Sample) -> None:
        self.rows.setdefault(sample.label, row)
        self.samples.setdefault(sample.label, {}).setdefault(system, []).append(sample)

    @property
    def systems(self) -> list[str]:
        """The systems that were measured, ours last."""
        seen = {name for by_system in self.samples.values() for name in by_system}
        return [name for name in (*OTHERS, OURS) if name in seen]

    def labels(self, row: str) -> list[str]:
        """The figures of a row."""
        return [label for label, of in self.rows.items() if of == row]

    def unit(self, label: str) -> str:
        return next(s.unit for samples in self.samples[label].values() for s in samples)

    def median(self, label: str, system: str, attribute: str) -> float | None:
        """The median of what was measured; None where nothing was."""
        samples = self.samples.get(label, {}).get(system, ())
        values = [value for each in samples if (value := getattr(each, attribute)) is not None]
        return statistics.median(values) if values else None
