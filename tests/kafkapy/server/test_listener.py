"""The listening sockets: how many clients may connect, and which are hung up on."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import uvloop

from kafkapy.server.context import Peer
from kafkapy.server.dispatch import Dispatcher
from kafkapy.server.listener import Endpoint, Listeners
from kafkapy.wire.schema import Buffer

ANY_PORT = Endpoint("PLAINTEXT", "127.0.0.1", 0)
LONG_MS = 3_600_000

Run = Callable[[Coroutine[Any, Any, None]], None]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    chosen: Run = request.param
    return chosen


class Echo:
    """Answers a frame with itself; `wait` never, and `large` with more than a socket holds."""

    def __init__(self) -> None:
        self.peers: list[Peer] = []
        self.waits = asyncio.Event()
        self.cancelled = asyncio.Event()

    def answer_now(self, frame: Buffer) -> None:
        """Take no shortcut."""

    async def answer(self, frame: Buffer, peer: Peer) -> list[Buffer]:
        self.peers.append(peer)
        if frame == b"wait":
            self.waits.set()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                self.cancelled.set()
        body = bytes(64 << 20) if frame == b"large" else bytes(frame)
        return [framed(body)]


def framed(frame: bytes) -> bytes:
    return struct.pack(">i", len(frame)) + frame


class Served:
    """Open listeners, and clients of them."""

    def __init__(self, max_idle_ms: int, max_connections: int) -> None:
        self.echo = Echo()
        self.listeners = Listeners(
            cast(Dispatcher, self.echo),
            max_request_bytes=1000,
            max_idle_ms=max_idle_ms,
            max_connections=max_connections,
        )
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> Streams:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers.append(writer)
        return reader, writer

    async def call(self, client: Streams, frame: bytes) -> bytes:
        client[1].write(framed(frame))
        return await client[0].readexactly(len(framed(frame)))

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    def grow_old(self) -> None:
        """Make every connection one that was last heard of long ago, and look for such."""
        for connection in self.listeners._connections:
            connection.last_active -= 10 * LONG_MS
        self.listeners._close_idle()


@asynccontextmanager
async def served(
    *, max_idle_ms: int = LONG_MS, max_connections: int = 100
) -> AsyncIterator[Served]:
    made = Served(max_idle_ms, max_connections)
    made.port = (await made.listeners.open(ANY_PORT)).port
    try:
        yield made
    finally:
        made.hang_up()
        await made.listeners.close()


async def eventually(condition: Callable[[], bool]) -> None:
    """Let the event loop turn until something holds; pytest's timeout ends a vain wait."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0)


async def is_closed(client: Streams) -> bool:
    try:
        return await client[0].read() == b""
    except ConnectionResetError:
        return True


def in_loop(test: Callable[[], Awaitable[None]]) -> Callable[[Run], None]:
    def run_test(run: Run) -> None:
        async def main() -> None:
            await test()

        run(main())

    run_test.__name__ = test.__name__
    return run_test


@in_loop
async def test_port_0_is_answered_with_the_port_that_was_found() -> None:
    async with served() as broker:
        assert broker.port > 0
        assert await broker.call(await broker.connect(), b"hello") == framed(b"hello")


@in_loop
async def test_a_port_in_use_cannot_be_opened() -> None:
    async with served() as broker:
        with pytest.raises(OSError, match=r"in use"):
            await broker.listeners.open(ANY_PORT._replace(port=broker.port))


@in_loop
async def test_a_peer_knows_both_ends_and_has_an_id_of_its_own() -> None:
    async with served() as broker:
        for _ in range(2):
            await broker.call(await broker.connect(), b"hello")
        first, second = broker.echo.peers
        assert first.connection_id != second.connection_id
        assert (first.client_host, first.local_host) == ("127.0.0.1", "127.0.0.1")
        assert (first.local_port, first.listener) == (broker.port, "PLAINTEXT")


@in_loop
async def test_connections_are_counted_while_they_last() -> None:
    async with served() as broker:
        client = await broker.connect()
        await broker.call(client, b"hello")
        assert broker.listeners.connection_count == 1
        client[1].close()
        await eventually(lambda: broker.listeners.connection_count == 0)


@in_loop
async def test_a_connection_above_the_limit_is_refused_until_another_leaves() -> None:
    async with served(max_connections=1) as broker:
        first = await broker.connect()
        await broker.call(first, b"hello")
        assert await is_closed(await broker.connect())
        assert await broker.call(first, b"still here") == framed(b"still here")
        first[1].close()
        await eventually(lambda: broker.listeners.connection_count == 0)
        assert await broker.call(await broker.connect(), b"hello") == framed(b"hello")


@in_loop
async def test_an_idle_connection_is_closed() -> None:
    async with served() as broker:
        client = await broker.connect()
        await broker.call(client, b"hello")
        broker.grow_old()
        assert await is_closed(client)


@in_loop
async def test_a_connection_that_was_just_used_is_kept() -> None:
    async with served() as broker:
        client = await broker.connect()
        await broker.call(client, b"hello")
        broker.listeners._close_idle()
        assert await broker.call(client, b"hello") == framed(b"hello")


@in_loop
async def test_a_connection_with_a_request_in_progress_is_not_idle() -> None:
    async with served() as broker:
        client = await broker.connect()
        client[1].write(framed(b"wait"))
        await broker.echo.waits.wait()
        broker.grow_old()
        await asyncio.sleep(0)
        assert broker.listeners.connection_count == 1


@in_loop
async def test_an_idle_client_that_does_not_read_its_answer_is_cut_off() -> None:
    async with served() as broker:
        client = await broker.connect()
        cast(asyncio.Transport, client[1].transport).pause_reading()
        client[1].write(framed(b"large"))
        await eventually(lambda: bool(broker.echo.peers))
        broker.grow_old()
        await eventually(lambda: broker.listeners.connection_count == 0)


@in_loop
async def test_idle_connections_are_looked_for_by_themselves() -> None:
    async with served(max_idle_ms=1) as broker:
        assert await is_closed(await broker.connect())


@in_loop
async def test_a_client_that_hangs_up_ends_its_request() -> None:
    async with served() as broker:
        client = await broker.connect()
        client[1].write(framed(b"wait"))
        await broker.echo.waits.wait()
        client[1].close()
        await broker.echo.cancelled.wait()


@in_loop
async def test_chosen_connections_are_cut() -> None:
    async with served() as broker:
        first, second = await broker.connect(), await broker.connect()
        await broker.call(first, b"hello")
        await broker.call(second, b"hello")
        chosen = broker.echo.peers[0].connection_id
        cut = broker.listeners.disconnect(lambda each: each.peer.connection_id == chosen)
        assert cut == 1
        assert await is_closed(first)
        assert await broker.call(second, b"hello") == framed(b"hello")


@in_loop
async def test_closing_hangs_up_and_cuts_long_polls_short() -> None:
    async with served() as broker:
        idle, waiting, lazy = [await broker.connect() for _ in range(3)]
        await broker.call(idle, b"hello")
        waiting[1].write(framed(b"wait"))
        await broker.echo.waits.wait()
        cast(asyncio.Transport, lazy[1].transport).pause_reading()
        lazy[1].write(framed(b"large"))
        await eventually(lambda: len(broker.echo.peers) == 3)
        await broker.listeners.close()
        assert broker.listeners.connection_count == 0
        assert broker.echo.cancelled.is_set()
        assert await is_closed(idle)
        assert await is_closed(waiting)
