"""Coroutines that are run at once, and become tasks only when they wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from kafkapy import eager

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    chosen: Run = request.param
    return chosen


def test_a_coroutine_that_never_waits_makes_no_task(run: Run) -> None:
    async def inner() -> int:
        return 7

    async def outer() -> None:
        before = asyncio.all_tasks()
        assert eager.start(inner()) == eager.Finished(7)
        assert asyncio.all_tasks() == before

    run(outer())


def test_what_the_first_step_raises_is_raised_at_once(run: Run) -> None:
    async def inner() -> None:
        raise KeyError("first step")

    async def outer() -> None:
        with pytest.raises(KeyError, match="first step"):
            eager.start(inner())

    run(outer())


def test_one_that_waits_goes_on_where_its_first_step_stopped(run: Run) -> None:
    steps: list[str] = []

    async def inner(future: asyncio.Future[int]) -> int:
        steps.append("first")
        first = await future
        await asyncio.sleep(0)
        steps.append("second")
        return first + 1

    async def outer() -> None:
        future = asyncio.get_running_loop().create_future()
        task = eager.start(inner(future))
        assert isinstance(task, asyncio.Task)
        assert steps == ["first"]
        future.set_result(1)
        assert await task == 2
        assert steps == ["first", "second"]

    run(outer())


def test_one_that_yields_to_the_loop_becomes_a_task(run: Run) -> None:
    async def inner() -> str:
        await asyncio.sleep(0)
        return "done"

    async def outer() -> None:
        task = eager.start(inner())
        assert isinstance(task, asyncio.Task)
        assert await task == "done"

    run(outer())


def test_an_error_of_what_it_waits_for_reaches_the_coroutine(run: Run) -> None:
    async def inner(future: asyncio.Future[int]) -> str:
        try:
            await future
        except KeyError:
            await asyncio.sleep(0)
            return "caught"
        return "missed"

    async def outer() -> None:
        future = asyncio.get_running_loop().create_future()
        task = eager.start(inner(future))
        assert isinstance(task, asyncio.Task)
        future.set_exception(KeyError())
        assert await task == "caught"

    run(outer())


def test_an_error_of_a_later_step_is_the_task_s(run: Run) -> None:
    async def inner() -> None:
        await asyncio.sleep(0)
        raise KeyError("later step")

    async def outer() -> None:
        task = eager.start(inner())
        assert isinstance(task, asyncio.Task)
        with pytest.raises(KeyError, match="later step"):
            await task

    run(outer())


@pytest.mark.parametrize("turns", [0, 1, 3])
def test_a_cancelled_one_ends_and_cleans_up(run: Run, turns: int) -> None:
    ended: list[str] = []

    async def inner(future: asyncio.Future[int]) -> None:
        try:
            await future
        finally:
            ended.append("cleaned up")

    async def outer() -> None:
        task = eager.start(inner(asyncio.get_running_loop().create_future()))
        assert isinstance(task, asyncio.Task)
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    run(outer())
    assert ended == ["cleaned up"]


def test_a_cancellation_cancels_what_it_waits_for(run: Run) -> None:
    async def outer() -> None:
        future = asyncio.get_running_loop().create_future()

        async def inner() -> None:
            await future

        task = eager.start(inner())
        assert isinstance(task, asyncio.Task)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert future.cancelled()

    run(outer())


def test_one_that_survives_a_cancellation_goes_on(run: Run) -> None:
    async def inner(future: asyncio.Future[int]) -> str:
        try:
            await future
        except asyncio.CancelledError:
            await asyncio.sleep(0)
        return "survived"

    async def outer() -> None:
        task = eager.start(inner(asyncio.get_running_loop().create_future()))
        assert isinstance(task, asyncio.Task)
        await asyncio.sleep(0)
        task.cancel()
        assert await task == "survived"

    run(outer())
