"""Waiting for a change: none is slept through, and the time is bounded."""

from __future__ import annotations

import asyncio

import pytest

from kafkapy.server.waiting import Turn, Waiter

LONG_S = 3600.0


def test_each_change_wakes_once() -> None:
    async def main() -> None:
        with Waiter(LONG_S) as waiting:
            sleeping = asyncio.ensure_future(waiting.changed())
            await asyncio.sleep(0)
            assert not sleeping.done()
            waiting.wake()
            waiting.wake()
            await sleeping
            again = asyncio.ensure_future(waiting.changed())
            await asyncio.sleep(0)
            assert not again.done()
            again.cancel()

    asyncio.run(main())


def test_a_change_between_two_waits_is_not_lost() -> None:
    async def main() -> None:
        with Waiter(LONG_S) as waiting:
            waiting.wake()
            await waiting.changed()

    asyncio.run(main())


def test_it_returns_when_the_time_is_up_and_from_then_on_at_once() -> None:
    async def main() -> None:
        with Waiter(0.001) as waiting:
            while not waiting.timed_out:
                await waiting.changed()
            await waiting.changed()

    asyncio.run(main())


def test_what_was_woken_goes_on_in_its_order_once() -> None:
    async def main() -> None:
        turn, seen = Turn(asyncio.get_running_loop()), list[str]()
        turn.add(lambda: seen.append("first"))
        turn.add(lambda: seen.append("second"))
        assert not seen
        turn.run()
        turn.run()
        await asyncio.sleep(0)
        assert seen == ["first", "second"]

    asyncio.run(main())


def test_without_a_request_that_ends_it_goes_on_in_the_next_turn_of_the_loop() -> None:
    async def main() -> None:
        turn, seen = Turn(asyncio.get_running_loop()), list[str]()
        turn.add(lambda: seen.append("woken"))
        await asyncio.sleep(0)
        assert seen == ["woken"]

    asyncio.run(main())


def test_those_who_wake_each_other_take_turns_and_no_stack() -> None:
    async def main() -> None:
        turn, seen = Turn(asyncio.get_running_loop()), list[int]()

        def step() -> None:
            seen.append(len(seen))
            if len(seen) < 10_000:
                turn.add(step)
                turn.run()

        turn.add(step)
        turn.run()
        assert seen == list(range(10_000))

    asyncio.run(main())


def test_an_error_in_one_does_not_lose_the_others() -> None:
    async def main() -> None:
        turn, seen = Turn(asyncio.get_running_loop()), list[str]()

        def fail() -> None:
            raise KeyError("as asked")

        turn.add(fail)
        turn.add(lambda: seen.append("second"))
        with pytest.raises(KeyError):
            turn.run()
        await asyncio.sleep(0)
        assert seen == ["second"]

    asyncio.run(main())
