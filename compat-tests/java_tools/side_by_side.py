"""The same command against Kafka and against the broker under test; they say the same."""

from __future__ import annotations

import base64
import difflib
import re
import subprocess
import threading
from pathlib import Path

from harness import process, reference

SOURCE = Path(__file__).parent / "Tools.java"
# The arguments of a command in which the address of the broker stands.
BROKER = "{broker}"

# What differs between any two brokers and runs, and what stands for it.
_OWN = [
    (r"(127\.0\.0\.1|localhost)(:<port>)?", "<host>"),
    (
        r"\b[A-Za-z0-9_-]+-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
        "<member>",
    ),
    (r"(TopicId: |Cluster ID: )\S{22}", r"\1<id>"),
    (r"\b1\d{12}\b", "<time>"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,:\d]*Z?", "<time>"),
    (r'"logDir":"[^"]*"', '"logDir":"<directory>"'),
    # Kafka sets it for the cluster when it formats its disk; here it is a default.
    (r"Configs: min\.insync\.replicas=1,?", "Configs: "),
    # What an error says is for people, and each broker has its own words.
    (r"(Exception|Error while executing topic command ?): .*", r"\1: <words>"),
]


class Runner:
    """A process that runs tools of Kafka, one after the other."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        command = ["java", *reference.QUICK, "-cp", f"{reference.libs()}/*", str(SOURCE)]
        logging = f"-Dlog4j2.configurationFile={reference.DEFINITION / 'log4j2.yaml'}"
        self._process = subprocess.Popen(
            [command[0], logging, *command[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self, words: list[str], stdin: str, timeout_s: float = 60) -> str:
        """Give the exit status, and below it what the tool wrote."""
        if self._process.poll() is not None:
            self._start()
        line = "\t".join([base64.b64encode(stdin.encode()).decode(), *words])
        watchdog = threading.Timer(timeout_s, self._process.kill)
        watchdog.start()
        try:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        finally:
            watchdog.cancel()
        assert answer, f"{words} did not end within {timeout_s:g} s"
        status, _, said = answer.rstrip("\n").partition(" ")
        return f"exit status {status}\n{base64.b64decode(said).decode()}"

    def stop(self) -> None:
        process.stop(self._process)


def comparable(text: str) -> list[str]:
    """Give the lines without what is one broker's own; the width of columns says nothing."""
    for pattern, sign in _OWN:
        text = re.sub(pattern, sign, text)
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


class SideBySide:
    """Runs each command against both brokers."""

    def __init__(self, kafka: str, ours: str) -> None:
        self.kafka, self.ours = kafka, ours
        self._runner = Runner()

    def stop(self) -> None:
        self._runner.stop()

    def both(self, *words: object, stdin: str = "") -> tuple[str, str]:
        """Give what a command says of Kafka, and what of the broker under test."""
        kafka, ours = (
            self._runner.run([str(word).replace(BROKER, at) for word in words], stdin).replace(
                at.rpartition(":")[2], "<port>"
            )
            for at in (self.kafka, self.ours)
        )
        return kafka, ours

    def same(
        self, *words: object, stdin: str = "", ordered: bool = True, without: str = "$^"
    ) -> list[str]:
        """Run a command, and give its lines; `without` is a pattern of those that may differ."""
        found = []
        for text in self.both(*words, stdin=stdin):
            lines = [line for line in comparable(text) if not re.search(without, line)]
            found.append(lines if ordered else sorted(lines))
        kafka, ours = found
        changes = difflib.unified_diff(kafka, ours, "Kafka", "ours", lineterm="")
        assert kafka == ours, "\n" + "\n".join(changes)
        return ours
