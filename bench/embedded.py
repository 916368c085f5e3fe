"""What is measured of the broker inside a test's own process, which only ours is."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator

from harness import own, process

from bench.measuring import Sample, Sizes
from bench.systems import System

PROGRAM = """
import json, time
began = time.perf_counter()
from kafkapy.testing import Broker
imported = time.perf_counter()
broker = Broker(topics=["orders:3"]).start()
started = time.perf_counter()
resets = []
for _ in range(20):
    for i in range(10):
        broker.write("orders", str(i))
        broker.write(f"more-{i}", str(i))
    before = time.perf_counter()
    broker.reset()
    resets.append(time.perf_counter() - before)
broker.stop()
print(json.dumps([imported - began, started - imported, sorted(resets)[10]]))
"""


def embedded(system: System, sizes: Sizes) -> Iterator[Sample]:
    """kafkapy.testing.Broker in memory, in a new interpreter: its import, its start with a topic,
    and the median of resets after twenty records in eleven topics."""
    if system.name != "kafkapy":
        return
    environment = {**os.environ, "PYTHONPATH": str(own.ROOT)}
    said = process.run([sys.executable, "-c", PROGRAM], env=environment, timeout_s=60).stdout
    imported, started, reset = (seconds * 1000 for seconds in json.loads(said))
    yield Sample("testing.Broker, import", "ms", imported)
    yield Sample("testing.Broker, start", "ms", started)
    yield Sample("testing.Broker, import and start", "ms", imported + started)
    yield Sample("testing.Broker, reset", "ms", reset)


ROWS = {"embedded": embedded}
