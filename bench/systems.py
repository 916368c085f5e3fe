"""The brokers that are compared, each a process, and what the kernel says about that process."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness import own, reference

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class System:
    """A running broker: where it listens, and its process."""

    bootstrap: str
    pid: int
    started: float
    """The monotonic time just before the process was started."""
    topics: Iterator[str] = field(default_factory=lambda: (f"bench-{i}" for i in range(10_000)))

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.bootstrap.rpartition(":")
        return host, int(port)

    def cpu_s(self) -> float:
        """CPU seconds of all threads of the process so far, in the kernel and outside."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def rss_mb(self) -> float:
        """Resident memory of the process."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"process {self.pid} has no resident memory")


@contextlib.contextmanager
def kafkapy(directory: Path) -> Iterator[System]:
    started = time.monotonic()
    with own.own_broker(directory) as broker:
        yield System(broker.bootstrap, broker.pid, started)


@contextlib.contextmanager
def kafka(directory: Path) -> Iterator[System]:
    directory.mkdir(parents=True)
    node = reference.Node(directory, {})  # formats the directory, which is not measured
    started = time.monotonic()
    node.start()
    try:
        yield System(node.bootstrap, node.pid, started)
    finally:
        node.stop()


SYSTEMS: dict[str, Callable[[Path], contextlib.AbstractContextManager[System]]] = {
    "kafkapy": kafkapy,
    "Kafka": kafka,
}
