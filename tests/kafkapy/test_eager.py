"""Coroutines that are run at once, without a task, and go on when what they wait for is there."""

from __future__ import annotations

import asyncio
import gc
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


def test_a_coroutine_that_never_waits_has_finished_at_once(run: Run) -> None:
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
        begun = eager.start(inner(future))
        assert isinstance(begun, eager.Unfinished)
        assert steps == ["first"]
        future.set_result(1)
        assert await begun == 2
        assert steps == ["first", "second"]

    run(outer())


def test_one_that_yields_to_the_loop_goes_on_in_its_next_turn(run: Run) -> None:
    async def inner() -> str:
        await asyncio.sleep(0)
        return "done"

    async def outer() -> None:
        begun = eager.start(inner())
        assert isinstance(begun, eager.Unfinished)
        assert await begun == "done"

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
        begun = eager.start(inner(future))
        assert isinstance(begun, eager.Unfinished)
        future.set_exception(KeyError())
        assert await begun == "caught"

    run(outer())


def test_an_error_of_a_later_step_is_its_outcome(run: Run) -> None:
    async def inner() -> None:
        await asyncio.sleep(0)
        raise KeyError("later step")

    async def outer() -> None:
        begun = eager.start(inner())
        assert isinstance(begun, eager.Unfinished)
        with pytest.raises(KeyError, match="later step"):
            await begun

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
        begun = eager.start(inner(asyncio.get_running_loop().create_future()))
        assert isinstance(begun, eager.Unfinished)
        for _ in range(turns):
            await asyncio.sleep(0)
        begun.cancel()
        await asyncio.wait([begun])
        assert begun.cancelled()

    run(outer())
    assert ended == ["cleaned up"]


def test_a_cancellation_cancels_what_it_waits_for(run: Run) -> None:
    async def outer() -> None:
        future = asyncio.get_running_loop().create_future()

        async def inner() -> None:
            await future

        begun = eager.start(inner())
        assert isinstance(begun, eager.Unfinished)
        await asyncio.sleep(0)
        begun.cancel()
        await asyncio.wait([begun])
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
        begun = eager.start(inner(asyncio.get_running_loop().create_future()))
        assert isinstance(begun, eager.Unfinished)
        await asyncio.sleep(0)
        begun.cancel()
        assert await begun == "survived"

    run(outer())


def test_a_signal_is_heard_and_the_end_told_without_a_turn_of_the_loop(run: Run) -> None:
    async def inner(signal: eager.Signal) -> str:
        await signal
        return "heard"

    async def outer() -> None:
        signal = eager.Signal()
        steps: list[Callable[[], None]] = []
        ended: list[eager.Unfinished[str]] = []
        begun = eager.start(inner(signal), steps.append, ended.append)
        assert isinstance(begun, eager.Unfinished)
        signal.give()
        signal.give()
        assert not begun.done()
        [step] = steps
        step()
        assert ended == [begun]
        assert begun.result() == "heard"

    run(outer())


def test_a_task_hears_a_signal_too(run: Run) -> None:
    async def outer() -> None:
        signal = eager.Signal()
        asyncio.get_running_loop().call_soon(signal.give)
        await signal

    run(outer())


@pytest.mark.parametrize("given", [False, True])
def test_one_that_waits_for_a_signal_can_be_cancelled(run: Run, given: bool) -> None:
    async def outer() -> None:
        signal = eager.Signal()

        async def inner() -> None:
            await signal

        steps: list[Callable[[], None]] = []
        begun = eager.start(inner(), steps.append)
        assert isinstance(begun, eager.Unfinished)
        if given:
            signal.give()
        assert begun.cancel()
        for step in steps:
            step()
        assert begun.cancelled()
        assert not begun.cancel()
        signal.give()
        assert len(steps) == 1

    run(outer())


def test_a_failure_that_concerns_nobody_any_more_is_not_logged(run: Run) -> None:
    logged: list[dict[str, Any]] = []

    async def outer() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: logged.append(context))
        waited_for = loop.create_future()

        async def inner() -> None:
            await waited_for
            raise ValueError("nobody waits")

        task = loop.create_task(eager.unbroken(inner()))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        waited_for.set_result(None)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    run(outer())
    gc.collect()
    assert logged == []
