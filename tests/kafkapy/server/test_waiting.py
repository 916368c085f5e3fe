"""Waiting for a change: none is slept through, and the time is bounded."""

from __future__ import annotations

import asyncio

from kafkapy.server.waiting import Waiter

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
