"""Waiting for a log to change: what a long poll does when there is not enough to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType

from kafkapy.storage.engine import Engine, LogId


class Waiter:
    """Wakes on a change of any of these logs, and once when the time is up.

    Changes between two calls of `changed` are not lost: the second returns at once.
    """

    __slots__ = ("_engine", "_future", "_logs", "_loop", "_timer", "timed_out")

    def __init__(self, engine: Engine, logs: Sequence[LogId], timeout_s: float) -> None:
        self.timed_out = False
        self._engine = engine
        self._logs = logs
        self._loop = asyncio.get_running_loop()
        self._future = self._loop.create_future()
        self._timer = self._loop.call_later(timeout_s, self._time_out)

    def __enter__(self) -> Waiter:
        self._engine.watch(self._logs, self._wake)
        # What was appended before the watch began must not be slept through.
        self._wake()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._engine.unwatch(self._logs, self._wake)

    async def changed(self) -> None:
        """Return after a change, or when the time is up."""
        await self._future
        if not self.timed_out:
            self._future = self._loop.create_future()

    def _wake(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    def _time_out(self) -> None:
        self.timed_out = True
        self._wake()
