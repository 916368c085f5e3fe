"""A clock and an event loop whose time can be moved forward, so that no test waits for a timer."""

from __future__ import annotations

import asyncio

from kafkapy.clock import SystemClock


class TravelClock(SystemClock):
    """The machine's clocks, put forward by as much as `advance` says."""

    __slots__ = ("_record_ahead_ms", "ahead_ms")

    def __init__(self) -> None:
        self.ahead_ms = 0
        self._record_ahead_ms = 0

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return super().now_ms() + self._record_ahead_ms

    def monotonic_ms(self) -> int:
        """Milliseconds since an arbitrary moment."""
        return super().monotonic_ms() + self.ahead_ms

    def advance(self, duration_ms: int) -> None:
        """Put both times forward."""
        self.ahead_ms += duration_ms
        self._record_ahead_ms += duration_ms

    def come_back(self) -> None:
        """Let records have today's time again; the other time never goes back."""
        self._record_ahead_ms = 0


class TravelLoop(asyncio.SelectorEventLoop):
    """An event loop that lives by such a clock: when it is put forward, timers become due.

    It is asyncio's own and not uvloop's, whose time nobody can move.
    """

    def __init__(self, clock: TravelClock) -> None:
        self._travel_clock = clock
        super().__init__()

    def time(self) -> float:
        """Give the loop's time in seconds."""
        return super().time() + self._travel_clock.ahead_ms / 1000
