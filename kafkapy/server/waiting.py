"""Waiting for a change, up to a deadline: what a long poll does without enough to answer."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Waiter:
    """Wakes when it is told of a change, and once when the time is up.

    Changes between two calls of `changed` are not lost: the second returns at once.
    """

    __slots__ = ("_future", "_loop", "_timer", "timed_out")

    def __init__(self, timeout_s: float) -> None:
        self.timed_out = False
        self._loop = asyncio.get_running_loop()
        self._future = self._loop.create_future()
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
        await self._future
        if not self.timed_out:
            self._future = self._loop.create_future()

    def wake(self) -> None:
        """Tell of a change."""
        if not self._future.done():
            self._future.set_result(None)

    def _time_out(self) -> None:
        self.timed_out = True
        self.wake()
