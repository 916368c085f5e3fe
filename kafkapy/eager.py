"""Run a coroutine at once, and pay for a task only if it has to wait.

Most requests never wait: their coroutine runs to its end in the first step. Only one that
suspends becomes a task, which takes over from where the first step stopped.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, ParamSpec, TypeVar

import msgspec

P = ParamSpec("P")
T = TypeVar("T")


class Finished(msgspec.Struct, Generic[T], gc=False):
    """A coroutine that ended in its first step, and what it returned."""

    value: T


def start(coroutine: Coroutine[Any, Any, T]) -> Finished[T] | asyncio.Task[T]:
    """Take the first step; what the coroutine raises in it is raised here.

    The first step runs outside of any task, so until it has waited once the coroutine must not
    use what needs the current one (`asyncio.timeout`, `asyncio.TaskGroup`).
    """
    try:
        waits_for = coroutine.send(None)
    except StopIteration as end:
        return Finished(end.value)
    return asyncio.get_running_loop().create_task(_Rest(coroutine, waits_for))


async def unbroken(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end although whoever waits for it is cancelled.

    A connection that closes cancels its request. An append under way must go on all the same.
    """
    outcome = start(coroutine)
    return outcome.value if isinstance(outcome, Finished) else await asyncio.shield(outcome)


def uninterrupted(
    method: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """Make each call of a method `unbroken`: all of its steps are made, or none."""

    @functools.wraps(method)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return await unbroken(method(*args, **kwargs))

    return call


class _Rest(Coroutine[Any, Any, T]):
    """What follows the first step; a task must wait for the same as that step, before it goes on.

    As an object of its own it hears of a cancellation that comes before the task's first step.
    """

    __slots__ = ("_coroutine", "_has_begun", "_waits_for")

    def __init__(self, coroutine: Coroutine[Any, Any, T], waits_for: Any) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for
        self._has_begun = False

    def send(self, value: Any, /) -> Any:
        if self._has_begun:
            return self._coroutine.send(value)
        self._has_begun = True
        return self._waits_for

    def throw(self, kind: Any, value: Any = None, traceback: Any = None, /) -> Any:
        if not self._has_begun:
            self._has_begun = True
            # Cancel what is waited for; the cancellation comes back from there, as in any task.
            if self._waits_for is not None and self._waits_for.cancel():
                return self._waits_for
        return self._coroutine.throw(kind if value is None else value)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, T]:
        raise NotImplementedError("only a task runs this")
