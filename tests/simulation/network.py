"""A network in memory: what is sent arrives later, in pieces, or not at all.

As with TCP the bytes of a connection arrive in order. Every connection has two `SimulatedTransport`
ends, each of which speaks to an ordinary `asyncio.Protocol`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from random import Random
from typing import Any, NamedTuple

from tests.simulation.loop import Process, Trace, VirtualLoop, current_process

_HOST = "127.0.0.1"
_TICK_S = 1e-6
_HIGH_WATER_BYTES = 64 * 1024
_LOW_WATER_BYTES = 16 * 1024


class _Listener(NamedTuple):
    process: Process | None
    factory: Callable[[], asyncio.Protocol]


class _Server:
    """What `loop.create_server` gives."""

    def __init__(self, network: Network, port: int) -> None:
        self.sockets = [self]
        self._network = network
        self._port = port

    def getsockname(self) -> tuple[str, int]:
        return _HOST, self._port

    def close(self) -> None:
        self._network.listeners.pop(self._port, None)


class SimulatedTransport(asyncio.Transport):
    """One end of a connection."""

    def __init__(
        self, network: Network, number: int, side: str, process: Process | None, extra: Any
    ) -> None:
        super().__init__(extra)
        self.process = process
        self.peer: SimulatedTransport
        self.protocol: asyncio.Protocol
        self._network = network
        self._name = f"{number}{side}"
        self._next_arrival = 0.0
        self._unsent_bytes = 0
        self._waiting: list[bytes] = []
        self._is_reading = True
        self._is_writing_paused = False
        self._is_closing = False
        self._is_lost = False

    # What a protocol calls

    def is_closing(self) -> bool:
        return self._is_closing

    def write(self, data: Any) -> None:
        if self._is_closing or (self.process is not None and self.process.is_dead):
            return
        for piece in self._network.split(bytes(data)):
            self._unsent_bytes += len(piece)
            self._soon(self.peer, self.peer._arrive, piece)
        if self._unsent_bytes > _HIGH_WATER_BYTES and not self._is_writing_paused:
            self._is_writing_paused = True
            self.protocol.pause_writing()

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        self.write(b"".join(list_of_data))

    def pause_reading(self) -> None:
        self._is_reading = False

    def resume_reading(self) -> None:
        self._is_reading = True
        self._network.call(self, 0.0, self._deliver)

    def close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._soon(self.peer, self.peer.lose, None)
            self._network.call(self, 0.0, self.lose, None)

    def abort(self) -> None:
        if not self._is_lost:
            self._is_closing = True
            self.break_off(self.peer)
            self._network.call(self, 0.0, self.lose, None)

    def get_write_buffer_size(self) -> int:
        return self._unsent_bytes

    # What happens to it

    def break_off(self, end: SimulatedTransport) -> None:
        """Let an end hear of a reset connection, which may overtake what was sent to it."""
        error = ConnectionResetError("reset by the network")
        self._network.call(end, self._network.delay_s(), end.lose, error)

    def lose(self, error: Exception | None) -> None:
        """Tell the protocol that the connection is gone."""
        if self._is_lost:
            return
        self._is_lost = self._is_closing = True
        self._network.trace(f"net {self._name} lost {type(error).__name__}")
        self._network.connections.pop(self._name, None)
        self.protocol.connection_lost(error)

    def _soon(self, to: SimulatedTransport, action: Callable[..., None], *args: Any) -> None:
        """Do something at the other end after all that was sent there before."""
        now_s = self._network.now_s()
        arrival_s = max(self._network.arrival_s(), self._next_arrival + _TICK_S)
        self._next_arrival = arrival_s
        self._network.call(to, arrival_s - now_s, action, *args)

    def _arrive(self, piece: bytes) -> None:
        sender = self.peer
        sender._unsent_bytes -= len(piece)
        if sender._is_writing_paused and sender._unsent_bytes <= _LOW_WATER_BYTES:
            self._network.call(sender, 0.0, sender._resume_writing)
        if not self._is_lost and sender.process not in self._network.silenced:
            self._waiting.append(piece)
            self._deliver()

    def _resume_writing(self) -> None:
        if self._is_writing_paused and not self._is_lost:
            self._is_writing_paused = False
            self.protocol.resume_writing()

    def _deliver(self) -> None:
        while self._waiting and self._is_reading and not self._is_lost:
            piece = self._waiting.pop(0)
            self._network.trace(f"net {self._name} gets {len(piece)}")
            self.protocol.data_received(piece)


class Network:
    """All connections. `slowest_s` bounds the delay of a piece; `is_calm` ends every trouble."""

    def __init__(self, loop: VirtualLoop, random: Random, trace: Trace, slowest_s: float) -> None:
        self.listeners: dict[int, _Listener] = {}
        self.connections: dict[str, SimulatedTransport] = {}
        # Dead processes of whom nothing arrives any more that is under way.
        self.silenced: set[Process | None] = set()
        self.trace = trace
        self.is_calm = False
        self.stalled_until_s = 0.0
        self.now_s = loop.time
        self._loop = loop
        self._random = random
        self.slowest_s = slowest_s
        self._connected = 0
        loop.create_server = self._create_server

    # Chance

    def delay_s(self) -> float:
        """How long something takes now."""
        longest_s = 0.001 if self.is_calm else self.slowest_s
        return self._random.random() ** 3 * longest_s

    def arrival_s(self) -> float:
        """When something arrives that is sent now."""
        start_s = self.now_s() if self.is_calm else max(self.now_s(), self.stalled_until_s)
        return start_s + self.delay_s()

    def split(self, data: bytes) -> list[bytes]:
        """Cut data in up to four pieces."""
        count = 1 if self.is_calm or self._random.random() < 0.8 else self._random.randint(2, 4)
        cuts = sorted(self._random.randrange(len(data) + 1) for _ in range(count - 1))
        pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
        return [piece for piece in pieces if piece]

    def call(
        self, end: SimulatedTransport, delay_s: float, action: Callable[..., None], *args: Any
    ) -> None:
        """Do something at an end of a connection, unless its process dies before."""
        context = None if end.process is None else end.process.context
        self._loop.call_later(delay_s, action, *args, context=context)

    # Connections

    async def _create_server(
        self, factory: Callable[[], asyncio.Protocol], host: str | None, port: int, backlog: int
    ) -> _Server:
        if port in self.listeners:
            raise OSError(f"port {port} is in use")
        self.listeners[port] = _Listener(current_process(), factory)
        return _Server(self, port)

    async def connect(self, port: int, protocol: asyncio.Protocol) -> SimulatedTransport:
        """Connect a client. Raises ConnectionRefusedError."""
        await asyncio.sleep(self.arrival_s() - self.now_s())
        listener = self.listeners.get(port)
        if listener is None:
            raise ConnectionRefusedError
        self._connected += 1
        number = self._connected
        extra = {"peername": (_HOST, 50_000 + number), "sockname": (_HOST, port)}
        server = SimulatedTransport(self, number, "s", listener.process, extra)
        client = SimulatedTransport(self, number, "c", None, {})
        server.peer, client.peer = client, server
        client.protocol = protocol
        self.connections[f"{number}s"] = server
        protocol.connection_made(client)

        def accept() -> None:
            server.protocol = listener.factory()
            server.protocol.connection_made(server)

        self.call(server, 0.0, accept)
        client._next_arrival = self.now_s() + _TICK_S
        return client

    # Trouble

    def cut(self) -> None:
        """Cut a connection, for each end at another moment."""
        if self.connections:
            end = self._random.choice(list(self.connections.values()))
            self.trace(f"net {end._name} is cut")
            end.break_off(end)
            end.break_off(end.peer)

    def stall(self, duration_s: float) -> None:
        """Let nothing arrive that is sent from now on, for a time."""
        self.stalled_until_s = self.now_s() + duration_s

    def forget(self, process: Process, *, silently: bool) -> None:
        """End what a dead process had open; after a power cut nobody is told for long."""
        for port, listener in list(self.listeners.items()):
            if listener.process is process:
                del self.listeners[port]
        for name, end in list(self.connections.items()):
            if end.process is process:
                del self.connections[name]
                wait_s = self._random.uniform(1.0, 15.0) if silently else 0.0
                error = ConnectionResetError("the broker died")
                self.call(end.peer, wait_s + self.delay_s(), end.peer.lose, error)
