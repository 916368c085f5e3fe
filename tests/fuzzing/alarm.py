"""Interrupts what takes too long, measured in CPU time whatever else the machine does."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from tests.fuzzing.errors import FuzzError


def _interrupt(*_: object) -> NoReturn:
    raise FuzzError("it takes too long")


@contextmanager
def alarms() -> Iterator[None]:
    """Let `begin` have an effect within."""
    before = signal.signal(signal.SIGVTALRM, _interrupt)
    try:
        yield
    finally:
        stop()
        signal.signal(signal.SIGVTALRM, before)


def begin(limit_s: float) -> None:
    """Raise FuzzError after so many seconds of CPU."""
    signal.setitimer(signal.ITIMER_VIRTUAL, limit_s)


def stop() -> None:
    """Raise nothing any more."""
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)


@contextmanager
def limited_time(limit_s: float) -> Iterator[None]:
    """Bound what happens within."""
    with alarms():
        begin(limit_s)
        yield
