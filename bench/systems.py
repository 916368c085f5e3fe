"""The brokers that are compared, each a process, and what the kernel says about that process."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness import own, process, reference

KFAKE = Path(__file__).parent / "kfake"
_KFAKE_PROGRAM = KFAKE / "build" / "kfake"
# By default the cleaners sleep for 15 s, which a benchmark need not wait for.
_CLEANER_BACKOFF_MS = 1_000


@dataclass
class System:
    """A running broker: where it listens, its process, and how that is killed and started again."""

    name: str
    bootstrap: str
    pid: int
    started: float
    """The monotonic time just before the process was started."""
    kill: Callable[[], None]
    start: Callable[[], int]
    """Gives the id of the new process."""
    logs: Path | None = None
    """Where the logs of partitions lie, each in a folder of its own, as Kafka keeps them."""
    topics: Iterator[str] = field(default_factory=lambda: (f"bench-{i:04}" for i in range(10_000)))

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.bootstrap.rpartition(":")
        return host, int(port)

    def cpu_s(self) -> float:
        """CPU seconds of all threads of the process so far, in the kernel and outside."""
        # The kernel's name of the clock of a process, which /proc tells in steps of 10 ms only.
        return time.clock_gettime(~self.pid << 3 | 2)

    def crash(self) -> None:
        """Kill the process as a power cut would, and start another one on the same data."""
        self.kill()
        self.started = time.monotonic()
        self.pid = self.start()

    def rss_mb(self) -> float:
        """Resident memory of the process."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"process {self.pid} has no resident memory")


@contextlib.contextmanager
def kafkapy(directory: Path) -> Iterator[System]:
    started = time.monotonic()
    backoff = f"log.cleaner.backoff.ms={_CLEANER_BACKOFF_MS}"
    with own.own_broker(directory, "--override", backoff) as broker:

        def start() -> int:
            broker.start()
            return broker.pid

        yield System(
            "kafkapy",
            broker.bootstrap,
            broker.pid,
            started,
            kill=broker.kill,
            start=start,
            logs=directory / "data",
        )


@contextlib.contextmanager
def kafka(directory: Path) -> Iterator[System]:
    directory.mkdir(parents=True)
    # This formats the directory, which is not measured.
    node = reference.Node(directory, {"log.cleaner.backoff.ms": _CLEANER_BACKOFF_MS})

    def kill() -> None:
        node.process.kill()
        node.process.wait()

    def start() -> int:
        node.start()
        return node.pid

    started = time.monotonic()
    pid = start()
    try:
        yield System(
            "Kafka",
            node.bootstrap,
            pid,
            started,
            kill=kill,
            start=start,
            logs=directory / "data",
        )
    finally:
        node.stop()


class Kfake:
    """The process around kfake, on one port and one directory."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        (self.port,) = process.free_ports(1)
        self._directory = directory
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> int:
        command = [_KFAKE_PROGRAM, str(self.port), self._directory / "data"]
        said = self._directory / "kfake.log"
        with said.open("ab") as log:
            running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        self._running = running
        if not running.stdout.readline().startswith(b"ready on"):
            raise RuntimeError(f"kfake did not start: {said.read_text()}")
        return running.pid

    def kill(self) -> None:
        self._running.kill()
        process.stop(self._running)

    def stop(self) -> None:
        if self._running is not None:
            process.stop(self._running)


@contextlib.contextmanager
def kfake(directory: Path) -> Iterator[System]:
    broker = Kfake(directory)
    started = time.monotonic()
    try:
        pid = broker.start()
        address = f"127.0.0.1:{broker.port}"
        yield System("kfake", address, pid, started, kill=broker.kill, start=broker.start)
    finally:
        broker.stop()


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
