"""What the harnesses of shards share: a log that is a list, a clock and timers that stand still."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from kafkapy.coordinator.result import Record, Result
from kafkapy.coordinator.timers import TimerQueue
from kafkapy.errors import ApiError


class ShardHarness(ABC):
    """A shard without a runtime; `_new_shard` makes it, `run` does what a runtime would."""

    def __init__(self) -> None:
        self.now_ms = 1_000_000
        self.log: list[Record] = []
        self.append_error: ApiError | None = None
        self._start()

    def _start(self) -> None:
        self.timers = TimerQueue(lambda: self.now_ms)
        self.shard = self._new_shard()

    @abstractmethod
    def _new_shard(self) -> Any:
        """Make a shard that knows nothing."""

    @abstractmethod
    def run(self, result: Result[Any]) -> Any:
        """Append and replay the records, and give the response."""

    def reload(self) -> None:
        """Forget everything but the log, as another broker would take over."""
        self._start()
        for offset, record in enumerate(self.log):
            self.shard.replay(record, offset, -1)
        self.shard.loaded(self.now_ms)

    def advance(self, ms: int) -> None:
        """Let time pass, and run each timer when it is due."""
        end_ms = self.now_ms + ms
        while True:
            due_ms = self.timers.next_due_ms()
            if due_ms is None or due_ms > end_ms:
                break
            self.now_ms = max(due_ms, self.now_ms)
            operation = self.timers.pop_due()
            if operation is not None:
                self.run(operation(self.now_ms))
        self.now_ms = end_ms
