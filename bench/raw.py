"""A client that costs next to nothing: frames built before, on plain blocking sockets."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Mapping, Sequence

import crc32c

PRODUCE, FETCH, METADATA, API_VERSIONS, CREATE_TOPICS, ALTER_CONFIGS = 0, 1, 3, 18, 19, 44
_TOPIC, _SET = 2, 0  # a kind of resource, and what is done with a setting of it


def varint(value: int) -> bytes:
    """Encode a signed number in zigzag form."""
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def batch(value: bytes, count: int, keys: Sequence[bytes] = ()) -> bytes:
    """Encode `count` records of the same value in one batch without compression."""
    records = bytearray()
    for i in range(count):
        key = varint(len(keys[i])) + keys[i] if keys else varint(-1)
        body = b"\0\0" + varint(i) + key + varint(len(value)) + value + b"\0"
        records += varint(len(body)) + body
    now_ms = time.time_ns() // 1_000_000
    # attributes, last offset delta, first and last time, no producer, number of records
    rest = struct.pack(">hiqqqhii", 0, count - 1, now_ms, now_ms, -1, -1, -1, count) + records
    head = struct.pack(">qiibI", 0, len(rest) + 9, -1, 2, crc32c.crc32c(rest))
    return head + rest


def text(value: str) -> bytes:
    return struct.pack(">h", len(value)) + value.encode()


def frame(api_key: int, version: int, body: bytes) -> bytes:
    """Build a request with its size in front; all are of correlation id 7 and client `bench`."""
    payload = struct.pack(">hhi", api_key, version, 7) + text("bench") + body
    return struct.pack(">i", len(payload)) + payload


def produce_frame(topic: str, records: bytes, acks: int = 1, partition: int = 0) -> bytes:
    # Version 7 is the newest before tagged fields.
    body = struct.pack(">hhii", -1, acks, 30_000, 1) + text(topic)
    return frame(PRODUCE, 7, body + struct.pack(">iii", 1, partition, len(records)) + records)


def fetch_frame(
    topic: str, offset: int, max_bytes: int, max_wait_ms: int = 500, partition: int = 0
) -> bytes:
    # Version 4 is the oldest that Kafka 4 answers; it has no sessions.
    body = struct.pack(">iiiibi", -1, max_wait_ms, 1, max_bytes, 0, 1) + text(topic)
    return frame(FETCH, 4, body + struct.pack(">iiqi", 1, partition, offset, max_bytes))


class Connection:
    """One connection; a request is a frame, an answer the bytes after its size."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, 120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self) -> bytes:
        (size,) = struct.unpack(">i", self.exactly(4))
        return self.exactly(size)

    def exactly(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            part = self.socket.recv(min(count - len(parts), 1 << 20))
            if not part:
                raise ConnectionError("the broker closed the connection")
            parts += part
        return bytes(parts)

    def call(self, request: bytes) -> bytes:
        self.send(request)
        return self.receive()

    def close(self) -> None:
        self.socket.close()


def produce_error(answer: bytes, topic: str) -> int:
    """Give the error code of the only partition of an answer to `produce_frame`."""
    position = 4 + 4 + 2 + len(topic) + 4 + 4
    return int.from_bytes(answer[position : position + 2], "big", signed=True)


def produce_until_acknowledged(connection: Connection, topic: str, timeout_s: float = 60) -> None:
    """Let the topic come into being, as a client does, and wait for its first record."""
    ask = frame(METADATA, 4, struct.pack(">i", 1) + text(topic) + b"\1")
    write = produce_frame(topic, batch(b"first", 1))
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        connection.call(ask)
        if produce_error(connection.call(write), topic) == 0:
            return
        time.sleep(0.002)
    raise TimeoutError(f"no record was acknowledged within {timeout_s:g} s")


def create_topic(
    connection: Connection, topic: str, partitions: int, config: Mapping[str, str] | None = None
) -> None:
    """Create a topic with one replica."""
    settings = b"".join(text(key) + text(value) for key, value in (config or {}).items())
    # Version 2 is the oldest that Kafka 4 answers.
    body = struct.pack(">i", 1) + text(topic) + struct.pack(">ihi", partitions, 1, 0)
    body += struct.pack(">i", len(config or {})) + settings
    answer = connection.call(frame(CREATE_TOPICS, 2, body + struct.pack(">ib", 60_000, 0)))
    (error,) = struct.unpack_from(">h", answer, 4 + 4 + 4 + 2 + len(topic))
    if error:
        raise RuntimeError(f"the topic was not created: error {error}")


def configure_topic(connection: Connection, topic: str, config: Mapping[str, str]) -> None:
    """Change settings of a topic."""
    body = struct.pack(">ib", 1, _TOPIC) + text(topic) + struct.pack(">i", len(config))
    for key, value in config.items():
        body += text(key) + struct.pack(">b", _SET) + text(value)
    answer = connection.call(frame(ALTER_CONFIGS, 0, body + b"\0"))
    (error,) = struct.unpack_from(">h", answer, 4 + 4 + 4)
    if error:
        raise RuntimeError(f"the topic was not configured: error {error}")


def produce_to_each(
    connection: Connection, topic: str, requests: Sequence[bytes], timeout_s: float = 600
) -> None:
    """Send requests, 16 in flight, and again those that find their partition not ready."""
    deadline = time.monotonic() + timeout_s
    waiting = list(requests)
    while waiting:
        refused = []
        for at in range(len(waiting) + 16):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not all partitions took a record in {timeout_s:g} s")
            if at < len(waiting):
                connection.send(waiting[at])
            if at >= 16 and produce_error(connection.receive(), topic):
                refused.append(waiting[at - 16])
        if len(refused) == len(waiting):
            time.sleep(0.002)
        waiting = refused


def fetched(answer: bytes, topic: str) -> tuple[int, memoryview]:
    """Give the error code and the record bytes of an answer to `fetch_frame`."""
    position = 4 + 4 + 4 + 2 + len(topic) + 4 + 4
    error, _, _, aborted = struct.unpack_from(">hqqi", answer, position)
    position += 22 + max(aborted, 0) * 16
    (size,) = struct.unpack_from(">i", answer, position)
    return error, memoryview(answer)[position + 4 : position + 4 + max(size, 0)]


def next_offset(records: memoryview) -> int:
    """Give the offset after the last whole batch in fetched bytes; -1 when there is none."""
    position, after = 0, -1
    while position + 27 <= len(records):
        base, size = struct.unpack_from(">qi", records, position)
        if position + 12 + size > len(records):
            break
        (delta,) = struct.unpack_from(">i", records, position + 23)
        after = base + delta + 1
        position += 12 + size
    return after
