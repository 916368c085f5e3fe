"""Transactions of Kafka's own producer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harness import process, reference

from bench.measuring import Sample, Sizes, Work
from bench.systems import System

PROGRAM = Path(__file__).parent / "Transactions.java"
RECORDS, RECORD_BYTES = 100, 100


def transactions(system: System, sizes: Sizes) -> Iterator[Sample]:
    """Kafka's own producer commits transactions of 100 records of 100 B, one after the other. CPU
    seconds count the creation of its id and the transactions with which it warms up, a tenth."""
    topic, count = next(system.topics), sizes.transactions
    words = (system.bootstrap, topic, count, RECORDS, RECORD_BYTES)
    with Work(system) as work:
        said = process.run(reference.java(PROGRAM, *words, jvm=reference.CLIENT), timeout_s=300)
    found = re.search(r"^transactions/s ([\d.E]+)$", said.stdout, re.MULTILINE)
    if not found:
        raise RuntimeError(f"the transactions did not end:\n{said.stdout[-2000:]}")
    label = f"Java producer, transactions of {RECORDS} records"
    yield Sample(label, "transactions/s", float(found[1]), work.cpu_s, count)


ROWS = {"transactions": transactions}
