"""The brokers that are compared, each a process, and what the kernel says about that process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness import own, process, reference

KFAKE = Path(__file__).parent / "kfake"
_KFAKE_PROGRAM = KFAKE / "build" / "kfake"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class System:
    """A running broker: where it listens, and its process."""

    name: str
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
        yield System("kafkapy", broker.bootstrap, broker.pid, started)


@contextlib.contextmanager
def kafka(directory: Path) -> Iterator[System]:
    directory.mkdir(parents=True)
    node = reference.Node(directory, {})  # formats the directory, which is not measured
    started = time.monotonic()
    node.start()
    try:
        yield System("Kafka", node.bootstrap, node.pid, started)
    finally:
        node.stop()


@contextlib.contextmanager
def kfake(directory: Path) -> Iterator[System]:
    directory.mkdir(parents=True)
    (port,) = process.free_ports(1)
    started = time.monotonic()
    with (directory / "kfake.log").open("wb") as log:
        running = subprocess.Popen(
            [_KFAKE_PROGRAM, str(port), directory / "data"], stdout=subprocess.PIPE, stderr=log
        )
    try:
        if not running.stdout.readline().startswith(b"ready on"):
            raise RuntimeError(f"kfake did not start: {(directory / 'kfake.log').read_text()}")
        yield System("kfake", f"127.0.0.1:{port}", running.pid, started)
    finally:
        process.stop(running)


def build_kfake() -> str | None:
    """Build the program around kfake; says why it could not be built."""
    if reason := process.missing("go"):
        return reason
    try:
        process.run(["go", "build", "-o", _KFAKE_PROGRAM, "."], cwd=KFAKE, timeout_s=300)
    except (AssertionError, subprocess.TimeoutExpired) as error:
        return f"it could not be built: {str(error)[-500:]}"
    return None


def kfake_version() -> str:
    """Give the version of the module that go.mod asks for."""
    words = (KFAKE / "go.mod").read_text().split()
    return words[words.index("github.com/twmb/franz-go/pkg/kfake") + 1]


SYSTEMS: dict[str, Callable[[Path], contextlib.AbstractContextManager[System]]] = {
    "kafkapy": kafkapy,
    "Kafka": kafka,
    "kfake": kfake,
}
