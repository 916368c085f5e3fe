"""Who waits for a change of a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kafkapy.storage.engine import LogId

Wake = Callable[[], None]


class Watchers:
    """Callbacks by log, called in the order in which they came, so that a run can be repeated."""

    def __init__(self) -> None:
        self._wakes: dict[LogId, dict[Wake, None]] = {}

    def __bool__(self) -> bool:
        return bool(self._wakes)

    def add(self, logs: Iterable[LogId], wake: Wake) -> None:
        """Call `wake` after every change of any of these logs."""
        for log in logs:
            self._wakes.setdefault(log, {})[wake] = None

    def remove(self, logs: Iterable[LogId], wake: Wake) -> None:
        """End what `add` began."""
        for log in logs:
            wakes = self._wakes.get(log)
            if wakes is not None:
                wakes.pop(wake, None)
                if not wakes:
                    del self._wakes[log]

    def wake(self, logs: Iterable[LogId]) -> None:
        """Call whoever waits for one of these logs, each once."""
        woken: dict[Wake, None] = {}
        for log in logs:
            if log in self._wakes:
                woken.update(self._wakes[log])
        for wake in woken:
            wake()
