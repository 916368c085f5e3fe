"""A client for tests that can also say what no client says: one socket, frames in and out."""

from __future__ import annotations

import socket
import struct
from types import TracebackType
from typing import Any

from kafkapy.wire.api import API, request_header_version, response_header_version
from kafkapy.wire.compile import decode, encode
from kafkapy.wire.headers import RequestHeader, read_response_header, write_request_header
from kafkapy.wire.schema import Request

_TIMEOUT_S = 30.0


class RawClient:
    """One connection to `host:port`; every wait ends after 30 s with TimeoutError."""

    def __init__(self, address: str, *, client_id: str | None = "raw") -> None:
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), _TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client_id = client_id
        self._correlation_id = 0

    def __enter__(self) -> RawClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def call(self, request: Request, version: int) -> Any:
        """Send a request and read its response."""
        self.send(request, version)
        return self.receive(request, version)

    def send(self, request: Request, version: int) -> int:
        """Send a request without reading the response; gives its correlation id."""
        self._correlation_id += 1
        self.send_frame(self.encode(request, version, self._correlation_id))
        return self._correlation_id

    def encode(self, request: Request, version: int, correlation_id: int = 0) -> bytes:
        """Give the frame of a request, without its size."""
        key = request.__api_key__
        header = RequestHeader(key, version, correlation_id, self._client_id)
        head = write_request_header(header, request_header_version(key, version))
        return head + encode(request, version)

    def receive(self, request: Request, version: int, correlation_id: int | None = None) -> Any:
        """Read the response to a request that was sent; by default to the last one."""
        frame = self.read_frame()
        assert frame is not None, "the broker closed the connection"
        key = request.__api_key__
        found, body = read_response_header(frame, response_header_version(key, version))
        assert found == (self._correlation_id if correlation_id is None else correlation_id)
        return decode(API[key].response, frame, version, body)

    def send_frame(self, frame: bytes) -> None:
        """Send bytes with their size in front."""
        self.send_bytes(struct.pack(">i", len(frame)) + frame)

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def read_frame(self) -> bytes | None:
        """Read a frame without its size; None if the broker has closed the connection."""
        prefix = self._read(4)
        if prefix is None:
            return None
        return self._read(int.from_bytes(prefix, "big"))

    def _read(self, size: int) -> bytes | None:
        data = bytearray()
        while len(data) < size:
            try:
                piece = self.socket.recv(min(size - len(data), 1 << 20))
            except ConnectionResetError:
                return None
            if not piece:
                return None
            data += piece
        return bytes(data)

    def is_closed(self) -> bool:
        """Wait until the broker closes the connection; False if it answers instead."""
        return self.read_frame() is None
