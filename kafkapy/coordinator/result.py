"""What an operation on a coordinator's state machine gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

import msgspec

from kafkapy.wire.schema import Data

T = TypeVar("T")
R = TypeVar("R")


class Record(NamedTuple):
    """A record of an internal topic, before it is encoded; without a value it is a tombstone."""

    key: Data
    value: Data | None


class Deferred(Generic[T]):
    """An answer that comes later, such as that of a JoinGroup. It knows no event loop."""

    __slots__ = ("_callbacks", "_value", "done")

    def __init__(self) -> None:
        self.done = False
        self._value: T | None = None
        self._callbacks: list[Callable[[T], None]] = []

    def resolve(self, value: T) -> None:
        """Give the answer; a second one is ignored."""
        if self.done:
            return
        self.done = True
        self._value = value
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback(value)

    def then(self, callback: Callable[[T], None]) -> None:
        """Call back with the answer, at once if it is there already."""
        if self.done:
            callback(self._value)  # type: ignore[arg-type]
        else:
            self._callbacks.append(callback)


class Result(msgspec.Struct, Generic[T]):
    """An answer, and the records that must be durable before anybody is given it.

    Only `replay` of the records changes durable state. `appended` is resolved with None once
    they are, or with the error that prevented it; state that is not durable (a rebalance in
    flight) hangs on it.
    """

    response: T | Deferred[T]
    records: Sequence[Record] = ()
    appended: Deferred[Exception | None] | None = None
    replay: bool = True

    def answering(self, response: R | Deferred[R]) -> Result[R]:
        """Give the same effects with another answer."""
        return Result(response, self.records, self.appended, replay=self.replay)


class Timers(Protocol):
    """Timers of one state machine, by key; scheduling a key anew replaces its timer."""

    def schedule(self, key: str, delay_ms: int, operation: Callable[[int], Result[None]]) -> None:
        """Run the operation, given the time in ms, after the delay."""

    def cancel(self, key: str) -> None:
        """Forget a timer; an unknown key is ignored."""
