"""Our own broker as a process of its own, started the way a user starts it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness import process

ROOT = Path(__file__).resolve().parents[3]
_READY = re.compile(r"^kafkapy (\S+) is ready on (\S+):(\d+)\s*$")


class OwnBroker:
    """One broker process; `bootstrap` is where it listens."""

    def __init__(self, arguments: Sequence[str], cwd: Path, python: str = sys.executable) -> None:
        self._command = [python, "-m", "kafkapy", *arguments]
        self._cwd = cwd
        self._log = cwd / "broker.log"
        self.bootstrap = ""
        self.start()

    def start(self, timeout_s: float = 30.0) -> None:
        """Start the process and wait for its ready line; a second start takes the same port."""
        command = list(self._command)
        if self.bootstrap:
            command[command.index("--port") + 1] = self.bootstrap.rpartition(":")[2]
        environment = {"KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0", **os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, (str(ROOT), environment.get("PYTHONPATH")))
        )
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self._cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.bootstrap = self._read_address(timeout_s)

    def _read_address(self, timeout_s: float) -> str:
        watchdog = threading.Timer(timeout_s, self.process.kill)
        watchdog.start()
        try:
            for line in self.process.stdout:
                if match := _READY.match(line.decode()):
                    return f"{match[2]}:{match[3]}"
        finally:
            watchdog.cancel()
        self.process.wait()
        raise RuntimeError(f"the broker did not start:\n{self.log()[-3000:]}")

    @property
    def pid(self) -> int:
        return self.process.pid

    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def kill(self) -> None:
        """End the process as a power cut would: no handler of it runs."""
        self.process.send_signal(signal.SIGKILL)
        process.stop(self.process)

    def stop(self) -> int:
        return process.stop(self.process)


@contextlib.contextmanager
def own_broker(directory: Path, *arguments: str) -> Iterator[OwnBroker]:
    """Run a broker on a free port whose data lies in `directory`, as long as the block runs."""
    directory.mkdir(parents=True, exist_ok=True)
    storage = () if "--memory" in arguments else ("--data-dir", str(directory / "data"))
    broker = OwnBroker(["--port", "0", *storage, *arguments], directory)
    try:
        yield broker
    finally:
        broker.stop()
