"""Rounds of killing a broker under its clients, and what is compared afterwards."""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.crash.journal import cut
from tests.simulation.checker import History, Place, Value

_ROOT = Path(__file__).resolve().parents[2]
_TOPIC = "events"
_PARTITIONS = 3
_PRODUCERS = 2
_START_S = 60.0
_END_S = 120.0
# A round ends after so many more records at the most, and after so long.
_MOST_RECORDS = 300
_ROUND_S = 5.0


class Outcome(NamedTuple):
    """What must not be, and how much was done."""

    violations: list[str]
    counts: dict[str, int]


class _Client:
    """A process of `tests.crash.client`, whose lines go to a file."""

    def __init__(self, path: Path, *arguments: str) -> None:
        self.path = path
        command = [sys.executable, "-m", "tests.crash.client", *arguments]
        with path.open("wb") as file:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file, cwd=_ROOT)

    def lines(self) -> Iterator[list[Any]]:
        """Give what it has said."""
        with self.path.open() as file:
            for line in file:
                yield json.loads(line)

    def acknowledged(self) -> int:
        """Count what was acknowledged so far."""
        with self.path.open("rb") as file:
            return sum(line.startswith(b'["acked"') for line in file)

    def end(self) -> int:
        """Ask it to end, and wait; gives its status."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self.wait()

    def wait(self) -> int:
        """Wait until it ends; gives its status, -9 where that took too long."""
        try:
            return self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def kill(self) -> None:
        """End it at once, if it did not end yet."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()


class Rounds:
    """One series; all that it writes is below `directory`."""

    def __init__(self, directory: Path, seed: int, *, cuts_power: bool) -> None:
        self._directory = directory
        self._data = directory / "data"
        self._side = directory / "side"
        self._random = Random(seed)
        self._cuts_power = cuts_power
        self._port = _free_port()
        self._broker: subprocess.Popen[bytes] | None = None
        self._history = History(time.monotonic)
        self._counts = {"kills": 0, "kills before it was ready": 0}
        if cuts_power:
            self._counts |= {"names lost": 0, "bytes lost": 0}

    def run(self, rounds: int) -> Outcome:
        """Kill the broker so often, then compare."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._kill)
            self._start()
            self._wait_until_ready()
            writers = [self._client(stack, "produce", f"p{n}") for n in range(_PRODUCERS)]
            reader = self._client(stack, "read", "reader")
            for _ in range(rounds):
                self._wait_for_records(writers)
                self._kill_and_start()
            for writer in writers:
                if writer.end():
                    self._history.violation("a producer could not end")
            late_reader = self._client(stack, "read-all", "late-reader")
            if late_reader.wait():
                self._history.violation("the late reader could not end")
            reader.end()
            self._compare(writers, reader, late_reader)
        return Outcome(self._history.violations, self._counts)

    # The broker

    def _start(self) -> None:
        command = [sys.executable, "-m"]
        if self._cuts_power:
            command += ["tests.crash.broker", str(self._side)]
        else:
            command += ["kafkapy"]
        command += ["--port", str(self._port), "--data-dir", str(self._data), "--log-level=error"]
        command += [f"--topic={_TOPIC}:{_PARTITIONS}"]
        if self._cuts_power:
            command += ["--override=log.flush.interval.messages=1"]
        self._broker = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=_ROOT)

    def _is_ready(self, timeout_s: float) -> bool:
        """Wait for the line that says so. Raises RuntimeError where the broker ended."""
        assert self._broker is not None
        assert self._broker.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._broker.stdout, selectors.EVENT_READ)
            if not selector.select(timeout_s):
                return False
        if not self._broker.stdout.readline():
            raise RuntimeError(f"the broker ended with status {self._broker.wait()}")
        return True

    def _wait_until_ready(self) -> None:
        if not self._is_ready(_START_S):
            raise RuntimeError("the broker does not start")

    def _kill(self) -> None:
        if self._broker is not None:
            assert self._broker.stdout is not None
            self._broker.kill()
            self._broker.wait()
            self._broker.stdout.close()
            self._broker = None

    def _kill_and_start(self) -> None:
        """Kill it, and start it until it is ready; it may be killed in its start, too."""
        while True:
            self._kill()
            self._counts["kills"] += 1
            if self._cuts_power:
                losses = cut(self._data, self._side, self._random)
                self._counts["names lost"] += losses.names
                self._counts["bytes lost"] += losses.bytes
            self._start()
            if self._random.random() < 0.8:
                self._wait_until_ready()
                return
            if self._is_ready(self._random.random() * 0.5):
                return
            self._counts["kills before it was ready"] += 1

    # Clients

    def _client(self, stack: contextlib.ExitStack, role: str, name: str) -> _Client:
        path = self._directory / f"{name}.jsonl"
        bootstrap = f"127.0.0.1:{self._port}"
        client = _Client(path, role, name, bootstrap, _TOPIC, str(_PARTITIONS))
        stack.callback(client.kill)
        return client

    def _wait_for_records(self, writers: list[_Client]) -> None:
        """Wait until some more records were acknowledged."""
        wanted = self._random.randint(1, _MOST_RECORDS)
        before = sum(writer.acknowledged() for writer in writers)
        end_s = time.monotonic() + _ROUND_S
        while sum(writer.acknowledged() for writer in writers) - before < wanted:
            if time.monotonic() > end_s:
                return
            time.sleep(0.02)
        time.sleep(self._random.random() * 0.05)

    # The end

    def _compare(self, writers: list[_Client], reader: _Client, late_reader: _Client) -> None:
        history = self._history
        for writer in writers:
            self._note_writer(writer)
        self._note_reader(reader)
        logs = self._note_reader(late_reader)
        history.final(logs, {})
        self._counts["records acknowledged"] = len(history.acknowledged)
        self._counts["read"] = history.read_count

    def _note_writer(self, writer: _Client) -> None:
        history = self._history
        name = writer.path.stem
        history.idempotent.add(name)
        for kind, *what in writer.lines():
            if kind == "sent":
                partition, number = what
                history.sent(Place(_TOPIC, partition), [Value(name, number)])
            elif kind == "acked":
                partition, offset, number = what
                history.acked(Place(_TOPIC, partition), offset, [Value(name, number)])
            else:
                history.violation(f"{name}: {kind} {what}")

    def _note_reader(self, reader: _Client) -> dict[Place, dict[int, Value]]:
        logs: dict[Place, dict[int, Value]] = {
            Place(_TOPIC, partition): {} for partition in range(_PARTITIONS)
        }
        positions = dict.fromkeys(logs, 0)
        for kind, *what in reader.lines():
            if kind != "read":
                self._history.violation(f"{reader.path.stem}: {kind} {what}")
                continue
            partition, offset, text = what
            place, value = Place(_TOPIC, partition), Value.decode(text.encode())
            self._history.read(place, offset, value, positions[place])
            positions[place] = offset + 1
            logs[place][offset] = value
        return logs


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
