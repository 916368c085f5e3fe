"""An event loop whose time is virtual: when nothing is left to do it jumps to the next timer.

A `Process` is what can be killed: everything that was scheduled from inside of it runs no more.
Work for threads is done in the loop, at moments that the seed decides.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from functools import partial
from random import Random
from typing import Any

EPOCH_MS = 1_700_000_000_000
_SLOWEST_THREAD_S = 0.05


class KilledError(BaseException):
    """Unwinds the code of a process that was killed in the middle of something."""


class Process:
    """Whatever was started with its `context` ends when it dies."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_dead = False
        # What would have happened. To collect a coroutine runs what it has in `finally`.
        self.remains: list[object] = []
        self.context = copy_context()
        self.context.run(_PROCESS.set, self)

    def check(self) -> None:
        """Raise KilledError if it is dead."""
        if self.is_dead:
            raise KilledError(self.name)


_PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


def current_process() -> Process | None:
    """Give the process that runs now, or None for what cannot be killed."""
    return _PROCESS.get()


class Trace:
    """What happened, as a digest; with `keeps`, as lines too."""

    def __init__(self, keeps: bool = False) -> None:
        self.lines: list[str] = []
        self.now: Callable[[], float] = float
        self._digest = hashlib.sha256()
        self._keeps = keeps

    def __call__(self, event: str) -> None:
        """Note an event."""
        line = f"{self.now():.6f} {event}"
        self._digest.update(line.encode())
        if self._keeps:
            self.lines.append(line)

    @property
    def digest(self) -> str:
        """Tells runs apart."""
        return self._digest.hexdigest()


class VirtualClock:
    """The broker's clock; the time of day can be set, as machines do."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.offset_ms = EPOCH_MS

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return self.offset_ms + int(self._loop.time() * 1000)

    def monotonic_ms(self) -> int:
        """Milliseconds since the simulation began."""
        return int(self._loop.time() * 1000)


class VirtualLoop(asyncio.BaseEventLoop):
    """The loop; `create_server` is the network's, which is set after it was made."""

    def __init__(self, random: Random, trace: Trace) -> None:
        super().__init__()
        self._selector = self
        self._now = 0.0
        self._random = random
        self._dead: list[asyncio.Task[Any]] = []
        self._dead_names: set[str] = set()
        self.errors: list[str] = []
        self.create_server: Any = None
        trace.now = self.time
        self.set_exception_handler(self._unhandled)

    def time(self) -> float:
        return self._now

    def select(self, timeout: float | None) -> list[Any]:
        """Wait, which takes no time."""
        if timeout is None:
            raise RuntimeError("everybody waits, and nothing will ever happen")
        self._now += timeout
        return []

    def _process_events(self, event_list: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass

    def _check_closed(self) -> None:
        """Take what comes after the end: coroutines of dead processes are collected late."""

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        return super().call_soon(_while_alive(callback, context), *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return super().call_at(when, _while_alive(callback, context), *args, context=context)

    def create_task(  # type: ignore[override]
        self,
        coro: Coroutine[Any, Any, Any],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> asyncio.Task[Any]:
        process = _process_of(context)
        if process is not None:
            name = process.name  # so that errors tell where they were
        return super().create_task(coro, name=name, context=context)

    def run_in_executor(  # type: ignore[override]
        self, executor: object, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Run a thread's work at one moment, and tell of its end at a later one."""
        future = self.create_future()
        lasts_s = self._random.random() ** 4 * _SLOWEST_THREAD_S
        begins_s = self._random.choice((0.0, self._random.random(), 1.0)) * lasts_s

        def work() -> None:
            try:
                done = partial(future.set_result, func(*args))
            except Exception as error:
                done = partial(future.set_exception, error)
            self.call_later(lasts_s - begins_s, lambda: future.done() or done())

        self.call_later(begins_s, work)
        return future

    def kill(self, process: Process) -> None:
        """Let nothing of a process happen any more."""
        process.is_dead = True
        self._dead_names.add(process.name)
        self._dead += asyncio.all_tasks(self)

    def run(self, main: Coroutine[Any, Any, None]) -> None:
        """Run to the end, then do away with whatever waits still."""
        try:
            self.run_until_complete(main)
        finally:
            self._dead += asyncio.all_tasks(self)
            for task in self._dead:
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                if not task.done():
                    with contextlib.suppress(BaseException):
                        task.get_coro().close()
            self.close()

    def _unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        task = context.get("future")
        # Of a dead process nobody could take the result.
        is_of_dead = isinstance(task, asyncio.Task) and task.get_name() in self._dead_names
        if not isinstance(error, KilledError) and not is_of_dead:
            self.errors.append(f"{context['message']}: {error!r}")


def _process_of(context: Context | None) -> Process | None:
    return _PROCESS.get() if context is None else context.get(_PROCESS)


def _while_alive(callback: Callable[..., Any], context: Context | None) -> Callable[..., Any]:
    process = _process_of(context)
    return callback if process is None else partial(_run, process, callback)


def _run(process: Process, callback: Callable[..., Any], *args: Any) -> None:
    if not process.is_dead:
        callback(*args)
        return
    process.remains += (callback, args)
    for future in args:
        if isinstance(future, asyncio.Future) and future.done() and not future.cancelled():
            future.exception()  # which nobody is there to hear of
