"""The listening sockets, and all connections that came through them."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import NamedTuple

from kafkapy.server.connection import Connection
from kafkapy.server.context import Peer
from kafkapy.server.dispatch import Dispatcher
from kafkapy.server.waiting import Turn

_LOG = logging.getLogger(__name__)


class Endpoint(NamedTuple):
    """A listener: its name, and the address it binds or advertises."""

    name: str
    host: str
    port: int


class Listeners:
    """Opens the sockets, counts the connections, closes the idle ones."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        *,
        max_request_bytes: int,
        max_idle_ms: int,
        max_connections: int,
    ) -> None:
        self._dispatcher = dispatcher
        self._max_request_bytes = max_request_bytes
        self._max_idle_s = max_idle_ms / 1000
        self._max_connections = max_connections
        self._connections: dict[Connection, None] = {}  # in the order of their arrival
        self._servers: list[asyncio.Server] = []
        self._next_id = 0
        self._loop = asyncio.get_running_loop()
        self._turn = Turn(self._loop)
        self._sweep: asyncio.TimerHandle | None = None

    @property
    def connection_count(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    async def open(self, endpoint: Endpoint) -> Endpoint:
        """Listen; port 0 picks a free one. Returns the endpoint with its real port.

        Raises OSError where the address cannot be bound.
        """
        loop = self._loop

        def connection() -> Connection:
            return Connection(
                self._dispatcher,
                endpoint.name,
                self._max_request_bytes,
                loop,
                self._turn,
                self._opened,
                self._closed,
            )

        server = await loop.create_server(
            connection, endpoint.host or None, endpoint.port, backlog=1024
        )
        self._servers.append(server)
        if self._sweep is None:
            self._schedule_sweep()
        return endpoint._replace(port=server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop accepting and hang up; long polls are cut short.

        Finished responses are sent as far as their clients take them at once.
        """
        if self._sweep is not None:
            self._sweep.cancel()
        for server in self._servers:
            server.close()
        # connection_lost is called in a later step of the loop
        for connection in list(self._connections):
            connection.transport.close()
        await _turns(3)
        for connection in list(self._connections):
            connection.transport.abort()
        await _turns(2)

    def disconnect(self, matches: Callable[[Connection], bool]) -> int:
        """Cut every connection that matches, without an answer; returns how many."""
        chosen = [connection for connection in self._connections if matches(connection)]
        for connection in chosen:
            connection.transport.abort()
        return len(chosen)

    def _opened(self, connection: Connection) -> Peer:
        self._connections[connection] = None
        transport = connection.transport
        self._next_id += 1
        if len(self._connections) > self._max_connections:
            _LOG.warning("refused a connection: max.connections is reached")
            transport.abort()
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = transport.get_extra_info("peername") or ("", 0)
        local = transport.get_extra_info("sockname") or ("", 0)
        return Peer(self._next_id, client[0], local[0], local[1], connection.listener)

    def _closed(self, connection: Connection) -> None:
        self._connections.pop(connection, None)

    def _schedule_sweep(self) -> None:
        self._sweep = self._loop.call_later(min(self._max_idle_s, 30.0), self._close_idle)

    def _close_idle(self) -> None:
        """Cut connections on which nothing came for `connections.max.idle.ms`.

        Closing them gently would wait for a client that does not read.
        """
        horizon = self._loop.time() - self._max_idle_s
        for connection in list(self._connections):
            if connection.is_idle and connection.last_active < horizon:
                connection.transport.abort()
        self._schedule_sweep()


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)
