"""Waiting for a change, up to a deadline: what a long poll does without enough to answer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from kafkapy.eager import Signal
from kafkapy.wire.schema import Buffer


class Poll(Protocol):
    """An answer that waits for a change, or for the end of its time."""

    answer: list[Buffer] | None
    """The response frame in pieces, once it has ended; None where the handler has to answer."""

    def start(
        self, soon: Callable[[Callable[[], None]], object], ended: Callable[[], None]
    ) -> None:
        """Begin to wait; steps that a change asks for are handed to `soon`."""

    def cancel(self) -> object:
        """Wait no more; `ended` will not be called."""


class Turn:
    """The requests that a change has woken, until they go on.

    They do so when the connection whose request made the change has answered all that it was sent
    at once, and before it sends these answers. What was changed by something else is heard of in
    the next turn of the event loop.
    """

    __slots__ = ("_is_running", "_loop", "_steps")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._steps: deque[Callable[[], None]] = deque()
        self._is_running = False

    def add(self, step: Callable[[], None]) -> None:
        """Take the next step of a request that was woken."""
        if not self._steps:
            self._loop.call_soon(self.run)
        self._steps.append(step)

    def run(self) -> None:
        """Let all go on; those that are woken by it too, so that no stack grows with them."""
        if self._is_running:
            return
        self._is_running = True
        try:
            while self._steps:
                self._steps.popleft()()
        finally:
            self._is_running = False


class Waiter:
    """Wakes when it is told of a change, and once when the time is up.

    Changes between two calls of `changed` are not lost: the second returns at once.
    """

    __slots__ = ("_loop", "_signal", "_timer", "timed_out")

    def __init__(self, timeout_s: float) -> None:
        self.timed_out = False
        self._loop = asyncio.get_running_loop()
        self._signal = Signal(loop=self._loop)
        self._timer = self._loop.call_later(timeout_s, self._time_out)

    def __enter__(self) -> Waiter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()

    async def changed(self) -> None:
        """Return after a change, or when the time is up."""
        await self._signal
        if not self.timed_out:
            self._signal = Signal(loop=self._loop)

    def wake(self) -> None:
        """Tell of a change."""
        self._signal.give()

    def _time_out(self) -> None:
        self.timed_out = True
        self.wake()
