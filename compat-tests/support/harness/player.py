"""What the programs of Python clients have in common: how they are started, and a second member.

Such a program is a dict of functions by the scenarios of `harness.programs`: each is given the
broker's address and the NAME (and what follows the colon in `round_trip:zstd`), and returns what it
saw.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Play = Callable[..., Mapping[str, Any]]
TIMEOUT_S = 80


def main(plays: Mapping[str, Play]) -> None:
    """Play the scenario that the command line names, and print what was seen."""
    bootstrap, scenario, name = sys.argv[1:]
    watchdog = threading.Timer(TIMEOUT_S, _give_up)
    watchdog.daemon = True
    watchdog.start()
    play, _, variant = scenario.partition(":")
    seen = plays[play](bootstrap, name, *([variant] if variant else []))
    print(json.dumps(seen), flush=True)


def _give_up() -> None:
    print(f"not done within {TIMEOUT_S} s", file=sys.stderr, flush=True)
    faulthandler.dump_traceback()
    os._exit(1)


def halfway() -> None:
    """Tell the harness to kill the broker and start it again."""
    print("halfway", flush=True)


def tell(share: int) -> None:
    """Say, in the scenario "member", how many partitions this process has now."""
    print(share, flush=True)


class Member:
    """This program once more, playing "member": a member of the group NAME that polls for ever."""

    def __init__(self, bootstrap: str, name: str) -> None:
        command = [sys.executable, sys.argv[0], bootstrap, "member", name]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.share = 0

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            self.share = int(line)

    def kill(self) -> None:
        """End it with SIGKILL: it has no chance to leave its group."""
        self._process.kill()
        self._process.wait()
        self._listener.join()
        if self._process.stdout:
            self._process.stdout.close()


@contextlib.contextmanager
def another_member(bootstrap: str, name: str) -> Iterator[Member]:
    """Start a member in a process of its own; it is gone when the block ends."""
    member = Member(bootstrap, name)
    try:
        yield member
    finally:
        member.kill()
