"""What a handler knows besides its request."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kafkapy.broker import Broker


class Peer:
    """One client connection, as handlers see it.

    `local_host` and `local_port` are the address that the client dialled.
    """

    __slots__ = (
        "client_host",
        "client_software_name",
        "client_software_version",
        "connection_id",
        "listener",
        "local_host",
        "local_port",
    )

    def __init__(
        self, connection_id: int, client_host: str, local_host: str, local_port: int, listener: str
    ) -> None:
        self.connection_id = connection_id
        self.client_host = client_host
        self.local_host = local_host
        self.local_port = local_port
        self.listener = listener
        self.client_software_name = ""
        self.client_software_version = ""


class RequestContext:
    """The broker, the connection and the header of one request."""

    __slots__ = ("api_version", "broker", "client_id", "peer")

    def __init__(self, broker: Broker, peer: Peer, api_version: int, client_id: str | None) -> None:
        self.broker = broker
        self.peer = peer
        self.api_version = api_version
        self.client_id = client_id
