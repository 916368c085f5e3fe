"""Run a coroutine at once, and pay for a task only if it has to wait.

Most requests never wait: their coroutine runs to its end in the first step. Only one that
suspends becomes a task, which takes over from where the first step stopped.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Finished(NamedTuple, Generic[T]):
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
    return asyncio.get_running_loop().create_task(_continue(coroutine, waits_for))


async def _continue(coroutine: Coroutine[Any, Any, T], waits_for: Any) -> T:
    return await _resumed(coroutine, waits_for)


@types.coroutine
def _resumed(coroutine: Coroutine[Any, Any, T], waits_for: Any) -> Generator[Any, Any, T]:
    # The task must wait for what the first step waited for, before the coroutine goes on.
    try:
        yield waits_for
    except BaseException as error:  # a cancellation belongs to the coroutine
        try:
            waits_for = coroutine.throw(error)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        return (yield from _resumed(coroutine, waits_for))
    return (yield from coroutine.__await__())
