"""Processes that a test starts: free ports, bounded waits, and an end in every case."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in sockets]


def eventually(
    probe: Callable[[], T], what: str, timeout_s: float = 30.0, pause_s: float = 0.05
) -> T:
    """Call `probe` until what it gives is true, and return that."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s:g} s: {what} (last answer: {value!r})")
        time.sleep(pause_s)


def run(
    command: Sequence[str | Path],
    *,
    timeout_s: float = 90.0,
    stdin: str | bytes | None = None,
    check: bool = True,
    **options: object,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and return its output as text; a failure shows that output."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    source = {"stdin": subprocess.DEVNULL} if data is None else {"input": data}
    raw = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        timeout=timeout_s,
        **source,
        **options,
    )
    out, err = (text.decode("utf-8", "replace") for text in (raw.stdout, raw.stderr))
    if check and raw.returncode:
        raise AssertionError(
            f"exit code {raw.returncode} of {command}:\n{out[-3000:]}\n{err[-3000:]}"
        )
    return subprocess.CompletedProcess(raw.args, raw.returncode, out, err)


def stop(process: subprocess.Popen, timeout_s: float = 20.0) -> int:
    """Ask a process to end, insist after `timeout_s`, and return its exit code."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
    code = process.wait(timeout_s)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    return code


def missing(*programs: str) -> str | None:
    """Say which of these programs is not on the PATH; None when all are."""
    absent = [program for program in programs if shutil.which(program) is None]
    return f"{', '.join(absent)} not installed" if absent else None
