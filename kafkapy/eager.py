"""Run a coroutine at once, and without a task.

Most requests never wait: their coroutine runs to its end in the first step. One that suspends goes
on when what it waits for is there; where that is a `Signal`, in the same turn of the loop.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, Generic, ParamSpec, TypeVar

import msgspec

P = ParamSpec("P")
T = TypeVar("T")


class Finished(msgspec.Struct, Generic[T], gc=False):
    """A coroutine that ended in its first step, and what it returned."""

    value: T


class Signal(asyncio.Future[None]):
    """A future without a value that can be heard at once.

    The callbacks of a future run in the next turn of the loop; `heard` is called by `give`.
    """

    heard: Callable[[], object] | None = None

    def give(self) -> None:
        """Let what waits for the signal go on; once is enough."""
        if not self.done():
            self.set_result(None)
            if self.heard is not None:
                self.heard()


class Unfinished(asyncio.Future[T]):
    """A coroutine after its first step; as a future, it is done when the coroutine has ended.

    `ended` is called at that very moment. `soon` is handed the next step when a signal is given.
    Like a task, but there is no current one: the coroutine must not use what needs it
    (`asyncio.timeout`, `asyncio.TaskGroup`).
    """

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, T],
        waits_for: asyncio.Future[Any] | None,
        soon: Callable[[Callable[[], None]], object] | None = None,
        ended: Callable[[Unfinished[T]], None] | None = None,
    ) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self._coroutine = coroutine
        self._soon = soon or self.get_loop().call_soon
        self._ended = ended
        self._is_cancelled = False
        self._wait(waits_for)

    def cancel(self, msg: Any | None = None) -> bool:
        """Cancel what the coroutine waits for; from there the cancellation comes to it."""
        if self.done():
            return False
        waits_for = self._waits_for
        if waits_for is None or not waits_for.cancel():
            self._is_cancelled = True
        elif isinstance(waits_for, Signal):
            self._soon(self._step)
        return True

    def _wait(self, waits_for: asyncio.Future[Any] | None) -> None:
        self._waits_for = waits_for
        if waits_for is None:  # asyncio.sleep(0)
            self.get_loop().call_soon(self._step)
        elif isinstance(waits_for, Signal):
            waits_for.heard = functools.partial(self._soon, self._step)
        else:
            waits_for.add_done_callback(self._step)

    def _step(self, _: object = None) -> None:
        self._waits_for = None
        try:
            if self._is_cancelled:
                self._is_cancelled = False
                waits_for = self._coroutine.throw(asyncio.CancelledError())
            else:
                waits_for = self._coroutine.send(None)
        except StopIteration as end:
            self.set_result(end.value)
        except asyncio.CancelledError:
            super().cancel()
        except Exception as error:
            self.set_exception(error)
        else:
            self._wait(waits_for)
            return
        if self._ended is not None:
            self._ended(self)


def start(
    coroutine: Coroutine[Any, Any, T],
    soon: Callable[[Callable[[], None]], object] | None = None,
    ended: Callable[[Unfinished[T]], None] | None = None,
) -> Finished[T] | Unfinished[T]:
    """Take the first step; what the coroutine raises in it is raised here.

    Where it waits, `Unfinished` says what `soon` and `ended` are for.
    """
    try:
        waits_for = coroutine.send(None)
    except StopIteration as end:
        return Finished(end.value)
    return Unfinished(coroutine, waits_for, soon, ended)


async def unbroken(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end although whoever waits for it is cancelled.

    A connection that closes cancels its request. An append under way must go on all the same.
    """
    outcome = start(coroutine)
    if isinstance(outcome, Finished):
        return outcome.value
    outcome.add_done_callback(_hear)
    return await asyncio.shield(outcome)


def _hear(outcome: asyncio.Future[Any]) -> None:
    """Take an error that concerns nobody any more; asyncio would log it as one that was missed."""
    if not outcome.cancelled():
        outcome.exception()


def uninterrupted(
    method: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """Make each call of a method `unbroken`: all of its steps are made, or none."""

    @functools.wraps(method)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return await unbroken(method(*args, **kwargs))

    return call
