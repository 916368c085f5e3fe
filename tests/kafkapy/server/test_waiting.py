"""Waiting for logs: no change is slept through, and the time is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import cast

from kafkapy.server.waiting import Waiter
from kafkapy.storage.engine import Engine, LogId

LOG = LogId("topic", 0, bytes(16))
LONG_S = 3600.0


class Watched:
    """Remembers who watches."""

    def __init__(self) -> None:
        self.watchers: list[Callable[[], None]] = []

    def watch(self, logs: Iterable[LogId], wake: Callable[[], None]) -> None:
        assert list(logs) == [LOG]
        self.watchers.append(wake)

    def unwatch(self, logs: Iterable[LogId], wake: Callable[[], None]) -> None:
        self.watchers.remove(wake)

    def change(self) -> None:
        for wake in self.watchers:
            wake()


def waiter(engine: Watched, timeout_s: float = LONG_S) -> Waiter:
    return Waiter(cast(Engine, engine), [LOG], timeout_s)


def test_what_changed_before_the_watch_began_is_not_slept_through() -> None:
    async def main() -> None:
        with waiter(Watched()) as waiting:
            await waiting.changed()
            assert not waiting.timed_out

    asyncio.run(main())


def test_each_change_wakes_once() -> None:
    async def main() -> None:
        engine = Watched()
        with waiter(engine) as waiting:
            await waiting.changed()
            sleeping = asyncio.ensure_future(waiting.changed())
            await asyncio.sleep(0)
            assert not sleeping.done()
            engine.change()
            engine.change()
            await sleeping
            again = asyncio.ensure_future(waiting.changed())
            await asyncio.sleep(0)
            assert not again.done()
            again.cancel()

    asyncio.run(main())


def test_a_change_between_two_waits_is_not_lost() -> None:
    async def main() -> None:
        engine = Watched()
        with waiter(engine) as waiting:
            await waiting.changed()
            engine.change()
            await waiting.changed()

    asyncio.run(main())


def test_it_returns_when_the_time_is_up_and_from_then_on_at_once() -> None:
    async def main() -> None:
        with waiter(Watched(), timeout_s=0.001) as waiting:
            while not waiting.timed_out:
                await waiting.changed()
            await waiting.changed()

    asyncio.run(main())


def test_it_stops_watching_at_the_end() -> None:
    async def main() -> None:
        engine = Watched()
        with waiter(engine):
            assert len(engine.watchers) == 1
        assert not engine.watchers

    asyncio.run(main())
