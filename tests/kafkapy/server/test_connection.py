"""One connection: order, back-pressure in both directions, and frames in any pieces."""

from __future__ import annotations

import asyncio
import struct
import tracemalloc
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, cast

import pytest

from kafkapy.eager import Signal
from kafkapy.server.connection import Connection
from kafkapy.server.context import Peer
from kafkapy.server.dispatch import CloseConnectionError, Dispatcher
from kafkapy.server.waiting import Turn
from kafkapy.wire.errors import MalformedError
from kafkapy.wire.schema import Buffer

MAX_REQUEST_BYTES = 8 << 20
MIB = 1 << 20


class Transport(asyncio.Transport):
    """Keeps what is written; pauses its protocol above 64 KiB that nobody has read."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.reading = True
        self.closing = False
        self.protocol: Connection
        self.limit_bytes = 65536
        self.writes: list[bytes] = []

    def write(self, data: Buffer) -> None:
        self.written += data
        self.writes.append(bytes(data))
        if len(self.written) > self.limit_bytes:
            self.protocol.pause_writing()

    def read_by_client(self) -> bytes:
        data = bytes(self.written)
        del self.written[:]
        if len(data) > self.limit_bytes:
            self.protocol.resume_writing()
        return data

    def pause_reading(self) -> None:
        assert self.reading
        self.reading = False

    def resume_reading(self) -> None:
        assert not self.reading
        self.reading = True

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True


class Poll:
    """Waits until a test ends it."""

    def __init__(self) -> None:
        self.answer: list[Buffer] | None = None
        self.cancelled = False

    def start(
        self, soon: Callable[[Callable[[], None]], object], ended: Callable[[], None]
    ) -> None:
        self.soon = soon
        self.ended = ended

    def cancel(self) -> None:
        self.cancelled = True

    def end(self, *answer: Buffer) -> None:
        self.answer = list(answer) or None
        self.ended()


class Echo:
    """Answers a frame with itself; `wait` holds until it is released, `hear` until someone says
    `give`, others are mistakes. What begins with `now` takes the shortcut, and so does `poll`,
    once; `end` ends all polls, as a change does."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.polls: dict[bytes, Poll] = {}
        self.release = asyncio.get_running_loop().create_future()
        self.cancelled = False
        self.signal = Signal()

    def answer_now(self, frame: Buffer) -> list[Buffer] | Poll | None:
        frame = bytes(frame)
        if frame.startswith(b"now"):
            return [framed(frame)]
        if frame.startswith(b"end"):
            for polled, poll in self.polls.items():
                poll.soon(partial(poll.end, framed(polled)))
        if frame.startswith(b"poll") and frame not in self.polls:
            self.polls[frame] = Poll()
            return self.polls[frame]
        return None

    async def answer(self, frame: Buffer, peer: Peer) -> list[Buffer] | None:
        frame = bytes(frame)
        self.seen.append(frame)
        if b"wait" in frame:
            try:
                await self.release
            except asyncio.CancelledError:
                self.cancelled = True
                raise
        if frame == b"hear":
            await self.signal
        if frame == b"give":
            self.signal.give()
        if frame.endswith(b"malformed"):
            raise MalformedError("as asked")
        if frame.endswith(b"close"):
            raise CloseConnectionError("as asked")
        if frame.endswith(b"bug"):
            raise KeyError("as asked")
        return None if frame == b"no answer" else [framed(frame)]


def framed(*frames: bytes) -> bytes:
    return b"".join(struct.pack(">i", len(frame)) + frame for frame in frames)


class Wired:
    """A connection between a fake transport and a fake dispatcher; `beside` another one."""

    def __init__(self, beside: Wired | None = None) -> None:
        self.echo = beside.echo if beside else Echo()
        self.transport = Transport()
        if beside:
            self.transport.writes = beside.transport.writes
        self.is_open = True
        self.turn = beside.turn if beside else Turn(asyncio.get_running_loop())
        self.connection = Connection(
            cast(Dispatcher, self.echo),
            "PLAINTEXT",
            MAX_REQUEST_BYTES,
            asyncio.get_running_loop(),
            self.turn,
            lambda _: Peer(1, "client", "here", 9092, "PLAINTEXT"),
            self._close,
        )
        self.transport.protocol = self.connection
        self.connection.connection_made(self.transport)

    def _close(self, connection: Connection) -> None:
        self.is_open = False

    def receive(self, data: bytes) -> None:
        self.connection.data_received(data)

    def written(self) -> bytes:
        return self.transport.read_by_client()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def in_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test())

    run.__name__ = test.__name__
    return run


@in_loop
async def test_a_request_is_answered_before_the_event_loop_turns() -> None:
    wired = Wired()
    wired.receive(framed(b"one"))
    assert wired.written() == framed(b"one")


@in_loop
async def test_pipelined_requests_are_answered_in_order_around_one_that_waits() -> None:
    wired = Wired()
    wired.receive(framed(b"one", b"wait two", b"three"))
    wired.receive(framed(b"four"))
    assert wired.written() == framed(b"one")
    await settle()
    assert wired.echo.seen == [b"one", b"wait two"]
    wired.echo.release.set_result(None)
    await settle()
    assert wired.written() == framed(b"wait two", b"three", b"four")


@in_loop
async def test_who_is_woken_is_answered_at_once_and_before_who_woke_it() -> None:
    hearing = Wired()
    giving = Wired(beside=hearing)
    hearing.receive(framed(b"hear", b"next"))
    giving.receive(framed(b"give", b"one"))
    assert giving.transport.writes == [framed(b"hear", b"next"), framed(b"give", b"one")]


@in_loop
async def test_a_connection_that_is_lost_is_woken_no_more() -> None:
    hearing = Wired()
    giving = Wired(beside=hearing)
    hearing.receive(framed(b"hear"))
    hearing.connection.connection_lost(None)
    giving.receive(framed(b"give"))
    await settle()
    assert hearing.written() == b""
    assert hearing.connection.is_idle


@in_loop
async def test_a_request_without_an_answer_leaves_the_order_as_it_is() -> None:
    wired = Wired()
    wired.receive(framed(b"one", b"no answer", b"three"))
    assert wired.written() == framed(b"one", b"three")


@in_loop
async def test_frames_may_come_in_any_pieces() -> None:
    wired = Wired()
    data = framed(b"", b"one", b"x" * 5000)
    for at in range(len(data)):
        wired.receive(data[at : at + 1])
    assert wired.written() == data


@in_loop
async def test_a_large_frame_in_small_pieces_costs_little_more_than_its_size() -> None:
    wired = Wired()
    wired.transport.limit_bytes = 16 * MIB
    size = 512 << 10
    data = framed(bytes(size))
    tracemalloc.start()
    for at in range(0, len(data), 7):
        wired.receive(data[at : at + 7])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert wired.written() == data
    assert peak < 6 * size


@in_loop
async def test_input_behind_a_waiting_request_is_bounded() -> None:
    wired = Wired()
    wired.receive(framed(b"wait"))
    received = 0
    while wired.transport.reading:
        wired.receive(framed(bytes(65536)))
        received += 65536
        assert received < 2 * MIB
    wired.echo.release.set_result(None)
    await settle()
    while written := wired.written():
        received -= written.count(bytes(65536))
        await settle()
    assert wired.transport.reading
    assert len(wired.echo.seen) > 16


@in_loop
async def test_a_client_that_reads_nothing_is_not_served_any_further() -> None:
    wired = Wired()
    request = framed(bytes(1000))
    while wired.transport.reading:
        wired.receive(request * 100)
        assert wired.connection._frames.buffered_bytes < 2 * MIB
    answered = len(wired.echo.seen)
    assert len(wired.transport.written) < MIB
    total = 0
    while written := wired.written():
        total += len(written)
    assert wired.transport.reading
    assert len(wired.echo.seen) > answered
    assert total == len(wired.echo.seen) * len(request)


@in_loop
async def test_an_answer_that_comes_while_the_client_reads_nothing_is_kept() -> None:
    wired = Wired()
    wired.receive(framed(bytes(70_000), b"wait", b"after"))
    wired.echo.release.set_result(None)
    await settle()
    assert wired.echo.seen[1:] == [b"wait"]
    assert wired.written() == framed(bytes(70_000), b"wait")
    assert wired.written() == framed(b"after")


@pytest.mark.parametrize("mistake", [b"malformed", b"close", b"bug"])
@pytest.mark.parametrize("first", [b"", b"wait "])
def test_a_mistake_closes_the_connection_after_the_answers_before_it(
    mistake: bytes, first: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        wired = Wired()
        wired.receive(framed(b"one", first + mistake, b"three"))
        if first:
            wired.echo.release.set_result(None)
            await settle()
        assert wired.transport.closing
        assert wired.written() == framed(b"one")
        assert wired.echo.seen == [b"one", first + mistake]

    asyncio.run(main())
    assert any(entry.levelname == "ERROR" for entry in caplog.records) == (mistake == b"bug")


@in_loop
async def test_a_frame_above_the_limit_closes_the_connection() -> None:
    wired = Wired()
    wired.receive(framed(b"one") + struct.pack(">i", MAX_REQUEST_BYTES + 1))
    assert wired.transport.closing
    assert wired.written() == framed(b"one")


@in_loop
async def test_a_client_that_hangs_up_ends_its_waiting_request() -> None:
    wired = Wired()
    wired.receive(framed(b"wait"))
    wired.transport.closing = True
    wired.connection.connection_lost(None)
    await settle()
    assert wired.echo.cancelled
    assert not wired.is_open
    assert wired.written() == b""


@in_loop
async def test_a_failure_after_the_client_hung_up_is_not_left_unnoticed() -> None:
    wired = Wired()
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    wired.receive(framed(b"wait malformed"))
    wired.transport.closing = True
    wired.echo.release.set_result(None)
    await settle()
    assert not complaints


@in_loop
async def test_nothing_is_answered_after_the_connection_is_closed() -> None:
    wired = Wired()
    wired.receive(framed(b"close"))
    wired.connection.resume_writing()
    assert wired.echo.seen == [b"close"]


@in_loop
async def test_it_is_idle_unless_a_request_is_in_progress() -> None:
    wired = Wired()
    assert wired.connection.is_idle
    wired.receive(framed(b"wait"))
    assert not wired.connection.is_idle
    wired.echo.release.set_result(None)
    await settle()
    assert wired.connection.is_idle


@in_loop
async def test_an_ordinary_request_never_meets_its_handler() -> None:
    wired = Wired()
    wired.receive(framed(b"now one", b"two", b"now three"))
    assert wired.written() == framed(b"now one", b"two", b"now three")
    assert wired.echo.seen == [b"two"]


@in_loop
async def test_requests_behind_a_poll_keep_their_order() -> None:
    wired = Wired()
    wired.receive(framed(b"now one", b"poll", b"now three", b"four"))
    wired.receive(framed(b"now five")[:5])
    wired.receive(framed(b"now five")[5:])
    await settle()
    assert wired.written() == framed(b"now one")
    assert not wired.echo.seen
    wired.echo.polls[b"poll"].end(framed(b"polled"))
    assert wired.written() == framed(b"polled", b"now three", b"four", b"now five")


@in_loop
async def test_a_poll_behind_a_poll_begins_when_the_first_has_ended() -> None:
    wired = Wired()
    wired.receive(framed(b"poll one", b"poll two"))
    assert list(wired.echo.polls) == [b"poll one"]
    wired.echo.polls[b"poll one"].end(framed(b"one"))
    assert wired.written() == framed(b"one")
    assert not wired.connection.is_idle
    wired.echo.polls[b"poll two"].end(framed(b"two"))
    assert wired.written() == framed(b"two")
    assert wired.connection.is_idle


@in_loop
async def test_a_poll_is_answered_in_the_turn_of_the_change_and_before_who_made_it() -> None:
    polling = Wired()
    second = Wired(beside=polling)
    changing = Wired(beside=polling)
    polling.receive(framed(b"poll one", b"now"))
    second.receive(framed(b"poll two"))
    changing.receive(framed(b"end", b"now"))
    assert changing.transport.writes == [
        framed(b"poll one", b"now"),
        framed(b"poll two"),
        framed(b"end", b"now"),
    ]


@in_loop
async def test_a_poll_without_an_answer_is_handed_to_the_handler_once_and_in_its_place() -> None:
    wired = Wired()
    wired.receive(framed(b"one", b"poll", b"now", b"four"))
    wired.echo.polls[b"poll"].end()
    await settle()
    assert wired.echo.seen == [b"one", b"poll", b"four"]
    assert wired.written() == framed(b"one", b"poll", b"now", b"four")
    assert wired.connection.is_idle


@in_loop
async def test_the_handler_of_a_poll_without_an_answer_may_wait_too() -> None:
    wired = Wired()
    wired.receive(framed(b"poll, wait", b"after"))
    wired.echo.polls[b"poll, wait"].end()
    await settle()
    assert not wired.connection.is_idle
    assert wired.written() == b""
    wired.echo.release.set_result(None)
    await settle()
    assert wired.echo.seen == [b"poll, wait", b"after"]
    assert wired.written() == framed(b"poll, wait", b"after")


@pytest.mark.parametrize("mistake", [b"malformed", b"close", b"bug"])
def test_a_mistake_in_the_handler_of_a_poll_closes_the_connection(
    mistake: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        wired = Wired()
        wired.receive(framed(b"one", b"poll " + mistake, b"three"))
        wired.echo.polls[b"poll " + mistake].end()
        await settle()
        assert wired.transport.closing
        assert wired.written() == framed(b"one")
        assert wired.echo.seen == [b"one", b"poll " + mistake]

    asyncio.run(main())
    assert any(entry.levelname == "ERROR" for entry in caplog.records) == (mistake == b"bug")


@pytest.mark.parametrize("has_answer", [True, False])
def test_a_poll_that_ends_while_the_client_reads_nothing_is_answered(has_answer: bool) -> None:
    async def main() -> None:
        wired = Wired()
        large = bytes(70_000)
        wired.receive(framed(large, b"poll", b"after"))
        wired.echo.polls[b"poll"].end(*[framed(b"poll")] * has_answer)
        await settle()
        assert b"after" not in wired.echo.seen
        assert wired.written() == framed(large, b"poll")
        await settle()
        assert wired.written() == framed(b"after")

    asyncio.run(main())


@in_loop
async def test_a_client_that_reads_again_while_it_polls_is_not_served_any_further() -> None:
    wired = Wired()
    large = bytes(70_000)
    wired.receive(framed(large, b"poll", b"after"))
    assert wired.written() == framed(large)
    await settle()
    assert wired.written() == b""
    wired.echo.polls[b"poll"].end(framed(b"poll"))
    assert wired.written() == framed(b"poll", b"after")


@in_loop
async def test_input_behind_a_poll_is_bounded_and_taken_again_after_it() -> None:
    wired = Wired()
    wired.transport.limit_bytes = 16 * MIB
    request = framed(b"now" + bytes(65536))
    wired.receive(framed(b"poll"))
    received = b""
    while wired.transport.reading:
        wired.receive(request)
        received += request
        assert len(received) < 2 * MIB
    assert wired.written() == b""
    wired.echo.polls[b"poll"].end(framed(b"poll"))
    assert wired.transport.reading
    assert wired.written() == framed(b"poll") + received


@in_loop
async def test_it_is_not_idle_while_it_polls_and_was_active_when_it_ends() -> None:
    wired = Wired()
    wired.receive(framed(b"poll"))
    assert not wired.connection.is_idle
    wired.connection.last_active = -1.0
    wired.echo.polls[b"poll"].end(framed(b"poll"))
    assert wired.connection.is_idle
    assert wired.connection.last_active >= 0


@in_loop
async def test_a_client_that_hangs_up_ends_its_poll() -> None:
    wired = Wired()
    wired.receive(framed(b"poll", b"after"))
    wired.transport.closing = True
    wired.connection.connection_lost(None)
    assert wired.echo.polls[b"poll"].cancelled
    assert not wired.is_open


@pytest.mark.parametrize("has_answer", [True, False])
def test_a_poll_that_ends_while_its_connection_closes_is_answered_no_more(has_answer: bool) -> None:
    async def main() -> None:
        wired = Wired()
        wired.receive(framed(b"poll", b"after"))
        wired.transport.closing = True
        wired.echo.polls[b"poll"].end(*[framed(b"poll")] * has_answer)
        wired.connection.connection_lost(None)
        await settle()
        assert wired.written() == b""
        assert not wired.echo.seen
        assert not wired.echo.polls[b"poll"].cancelled
        assert not wired.is_open

    asyncio.run(main())
