"""Who waits for a change of a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kafkapy.storage.engine import LogId

Wake = Callable[[], None]


class Watchers(dict[LogId, dict[Wake, None]]):
    """The callbacks of each log that somebody waits for.

    They are called in the order in which they came, so that a run can be repeated.
    """

    __slots__ = ()

    def add(self, logs: Iterable[LogId], wake: Wake) -> None:
        """Call `wake` after every change of any of these logs."""
        for log in logs:
            self.setdefault(log, {})[wake] = None

    def remove(self, logs: Iterable[LogId], wake: Wake) -> None:
        """End what `add` began."""
        for log in logs:
            wakes = self.get(log)
            if wakes is not None:
                wakes.pop(wake, None)
                if not wakes:
                    del self[log]

    def wake(self, logs: Iterable[LogId]) -> None:
        """Call whoever waits for one of these logs, each once."""
        woken: dict[Wake, None] = {}
        for log in logs:
            woken.update(self.get(log, ()))
        for wake in woken:
            wake()
