"""Timers of a state machine: a queue that knows neither a thread nor an event loop.

Whoever drives it sleeps until `next_due_ms` and runs what `pop_due` gives; a test moves its clock.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import NamedTuple

from kafkapy.coordinator.result import Result

Operation = Callable[[int], Result[None]]

_GARBAGE_LIMIT = 64


class _Timer(NamedTuple):
    due_ms: int
    queued_ms: int  # when the heap has it; earlier than `due_ms` where it was put off since
    operation: Operation


class TimerQueue:
    """Implements `Timers`. Putting a timer off, as each heartbeat does, leaves the heap alone."""

    __slots__ = ("_changed", "_heap", "_monotonic_ms", "_timers")

    def __init__(
        self, monotonic_ms: Callable[[], int], changed: Callable[[], None] = lambda: None
    ) -> None:
        """`changed` is called whenever `next_due_ms` may have become earlier."""
        self._monotonic_ms = monotonic_ms
        self._changed = changed
        self._heap: list[tuple[int, str]] = []
        self._timers: dict[str, _Timer] = {}

    def schedule(self, key: str, delay_ms: int, operation: Operation) -> None:
        """Run the operation after the delay; an earlier timer of this key is forgotten."""
        due_ms = self._monotonic_ms() + delay_ms
        old = self._timers.get(key)
        if old is not None and old.queued_ms <= due_ms:
            self._timers[key] = _Timer(due_ms, old.queued_ms, operation)
            return
        self._timers[key] = _Timer(due_ms, due_ms, operation)
        self._push(due_ms, key)

    def cancel(self, key: str) -> None:
        """Forget a timer; an unknown key is ignored."""
        self._timers.pop(key, None)

    def clear(self) -> None:
        """Forget all timers."""
        self._timers.clear()
        self._heap.clear()

    def next_due_ms(self) -> int | None:
        """The monotonic time when `pop_due` should be called next, or None."""
        return self._heap[0][0] if self._heap else None

    def pop_due(self) -> Operation | None:
        """Take the operation that has been due for longest, or None where nothing is due."""
        now_ms = self._monotonic_ms()
        while self._heap and self._heap[0][0] <= now_ms:
            queued_ms, key = heapq.heappop(self._heap)
            timer = self._timers.get(key)
            if timer is None or timer.queued_ms != queued_ms:
                continue
            if timer.due_ms <= now_ms:
                del self._timers[key]
                return timer.operation
            self._timers[key] = timer._replace(queued_ms=timer.due_ms)
            heapq.heappush(self._heap, (timer.due_ms, key))
        return None

    def _push(self, due_ms: int, key: str) -> None:
        if len(self._heap) > 2 * len(self._timers) + _GARBAGE_LIMIT:
            self._heap = [(timer.queued_ms, name) for name, timer in self._timers.items()]
            heapq.heapify(self._heap)
        else:
            heapq.heappush(self._heap, (due_ms, key))
        if self._heap[0][0] == due_ms:
            self._changed()
