"""Run something to its end although whoever waits for it is cancelled.

A connection that closes cancels its request. An append that is under way must go on all the same:
what is in the log has to be replayed, or the next append would not find the log's expected end.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


async def unbroken(coroutine: Coroutine[Any, Any, T]) -> T:
    """Await a coroutine; only if it has to wait does it become a task of its own."""
    try:
        waits_for = coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    task = asyncio.get_running_loop().create_task(_go_on(coroutine, waits_for))
    return await asyncio.shield(task)


async def _go_on(coroutine: Coroutine[Any, Any, T], waits_for: Any) -> T:
    await _first_wait(waits_for)
    return await _rest(coroutine)


@types.coroutine
def _first_wait(waits_for: Any) -> Generator[Any, Any, None]:
    yield waits_for


@types.coroutine
def _rest(coroutine: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    return (yield from coroutine.__await__())
