"""Apache Kafka itself: a node to compare with, and the tools that come with it.

The jars come from Maven Central, once, into `KAFKAPY_REFERENCE_LIBS`
(`~/.cache/kafkapy/reference` when that is not set).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness import process

VERSION = "4.3.1"
DEFINITION = Path(__file__).resolve().parents[2] / "reference"
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


# For tools that live a second, for clients under measurement, and for a node as Kafka starts it.
QUICK = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
CLIENT = ("-Xmx512m", "-XX:+UseG1GC")
SERVER = ("-Xms1G", "-Xmx1G", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20")


def libs() -> Path:
    """Where the jars are kept."""
    default = Path.home() / ".cache" / "kafkapy" / "reference"
    return Path(os.environ.get("KAFKAPY_REFERENCE_LIBS") or default)


def unavailable() -> str | None:
    """Say why Kafka cannot be run here; None when it can. Fetches the jars when Maven is there."""
    if reason := process.missing("java"):
        return reason
    if any(libs().glob(f"kafka-clients-{VERSION}.jar")):
        return None
    if reason := process.missing("mvn"):
        return reason
    try:
        with _lock():
            if not any(libs().glob(f"kafka-clients-{VERSION}.jar")):
                install()
    except (AssertionError, subprocess.TimeoutExpired) as error:
        return f"the jars of Kafka {VERSION} could not be fetched: {error}"
    return None


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """Let one process at a time fetch the jars."""
    libs().parent.mkdir(parents=True, exist_ok=True)
    with (libs().parent / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def install() -> None:
    """Fetch the jars; they appear all at once, so that an interrupted fetch leaves nothing."""
    with tempfile.TemporaryDirectory(dir=libs().parent) as scratch:
        pom, target = DEFINITION / "pom.xml", Path(scratch) / "jars"
        process.run(
            ["mvn", "-q", "-B", "-f", pom, _PLUGIN, f"-DoutputDirectory={target}"], timeout_s=600
        )
        libs().mkdir(exist_ok=True)
        for jar in sorted(target.iterdir(), key=lambda path: path.name.startswith("kafka-clients")):
            jar.replace(libs() / jar.name)


def java(main_class: str, *arguments: object, jvm: Sequence[str] = QUICK) -> list[str]:
    """Give the command that runs a class of Kafka."""
    logging = f"-Dlog4j2.configurationFile={DEFINITION / 'log4j2.yaml'}"
    return ["java", *jvm, logging, "-cp", f"{libs()}/*", main_class, *map(str, arguments)]


class Node:
    """One KRaft node, broker and controller at once, with its data in `directory`."""

    def __init__(self, directory: Path, config: Mapping[str, object]) -> None:
        port, controller_port = process.free_ports(2)
        self.bootstrap = f"127.0.0.1:{port}"
        self._port = port
        self._directory = directory
        self._properties = directory / "server.properties"
        self._properties.write_text(
            "".join(
                f"{key}={value}\n"
                for key, value in {
                    "process.roles": "broker,controller",
                    "node.id": 1,
                    "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
                    "listeners": f"PLAINTEXT://{self.bootstrap},"
                    f"CONTROLLER://127.0.0.1:{controller_port}",
                    "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
                    "controller.listener.names": "CONTROLLER",
                    "log.dirs": directory / "data",
                    "offsets.topic.replication.factor": 1,
                    "transaction.state.log.replication.factor": 1,
                    "transaction.state.log.min.isr": 1,
                    "share.coordinator.state.topic.replication.factor": 1,
                    "share.coordinator.state.topic.min.isr": 1,
                    "group.initial.rebalance.delay.ms": 0,
                    **config,
                }.items()
            )
        )
        self._format()

    def _format(self) -> None:
        words = ("format", "-t", "a2Fma2FweS1jb21wYXQ-MQ", "-c", self._properties)
        process.run(java("kafka.tools.StorageTool", *words))

    def start(self, timeout_s: float = 60.0) -> None:
        """Start the process and wait until its port answers."""
        with (self._directory / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                java("kafka.Kafka", self._properties, jvm=SERVER),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            process.eventually(self._answers, "Kafka's port answers", timeout_s)
        except BaseException:
            self.stop()
            raise

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            log = (self._directory / "server.log").read_text("utf-8", "replace")
            raise RuntimeError(f"Kafka did not start:\n{log[-3000:]}")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self._port), 1).close()
            return True
        return False

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self) -> int:
        return process.stop(self.process)


@contextlib.contextmanager
def node(directory: Path, config: Mapping[str, object] | None = None) -> Iterator[Node]:
    """Run one node of Kafka as long as the block runs."""
    directory.mkdir(parents=True, exist_ok=True)
    kafka = Node(directory, config or {})
    kafka.start()
    try:
        yield kafka
    finally:
        kafka.stop()
