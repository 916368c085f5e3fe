"""Sends decoded requests at a chosen version, and makes answers of two brokers comparable."""

from __future__ import annotations

import re
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from kafkapy.wire import api
from kafkapy.wire.compile import decode, encode
from kafkapy.wire.headers import RequestHeader, read_response_header, write_request_header
from kafkapy.wire.messages.api_versions import ApiVersionsRequest
from kafkapy.wire.schema import Request, Response

# What a broker says while a coordinator, a leader or the end of a transaction is on its way: the
# question is asked again.
NOT_YET = {5, 6, 14, 15, 16, 51}


class Probe:
    """One connection to one broker."""

    def __init__(self, bootstrap: str) -> None:
        host, _, port = bootstrap.split(",")[0].rpartition(":")
        self._socket = socket.create_connection((host, int(port)), 20)
        self._stream = self._socket.makefile("rb")
        self._correlation_id = 0
        try:
            listed = self.ask(ApiVersionsRequest("probe", "1"), 3).api_keys
        except BaseException:
            self.close()
            raise
        self.versions = {key.api_key: (key.min_version, key.max_version) for key in listed}

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def ask(self, request: Request, version: int) -> Response:
        """Send one request and wait for its answer."""
        entry = api.API[request.__api_key__]
        payload = self.exchange(entry.key, version, encode(request, version))
        _, offset = read_response_header(payload, api.response_header_version(entry.key, version))
        return decode(entry.response, payload, version, offset)

    def exchange(self, key: int, version: int, body: bytes) -> bytes:
        """Send a body behind a header that is right for it; gives the answer as it came."""
        self._correlation_id += 1
        header = RequestHeader(key, version, self._correlation_id, "probe")
        data = write_request_header(header, api.request_header_version(key, version)) + body
        self._socket.sendall(struct.pack(">i", len(data)) + data)
        (size,) = struct.unpack(">i", self._exactly(4))
        return self._exactly(size)

    def _exactly(self, count: int) -> bytes:
        data = self._stream.read(count)
        if len(data) < count:
            raise ConnectionError("the broker closed the connection")
        return data

    def ask_until_ready(self, request: Request, version: int, timeout_s: float = 3) -> Response:
        """Ask again as long as the answer is that something is not there yet."""
        deadline = time.monotonic() + timeout_s
        while True:
            answer = self.ask(request, version)
            codes = set(re.findall(r"error_code': (-?\d+)", str(msgspec.to_builtins(answer))))
            if not NOT_YET & set(map(int, codes)) or time.monotonic() > deadline:
                return answer
            time.sleep(0.05)


# Values that differ between any two brokers; what matters is whether there is one.
_OWN = {
    "topic_id", "member_id", "leader", "cluster_id", "host", "client_host", "port", "session_id",
    "producer_id", "log_dir", "total_bytes", "usable_bytes", "error_message", "documentation",
    "log_append_time_ms", "last_timestamp", "finalized_features_epoch", "partition_size",
    "batch_index_error_message", "transaction_start_time_ms",
}  # fmt: skip
_ABSENT = (None, "", -1, b"", bytes(16))
# Lists whose order says nothing, and what tells their entries apart.
_UNORDERED = {
    "configs": "name",
    "results": "group_id",
    "responses": "name",
    "results_by_partition": "partition_index",
}


def comparable(answer: Response) -> Any:
    """Give an answer as dicts and lists, without what belongs to one broker alone."""
    return _clean(msgspec.to_builtins(answer, builtin_types=(bytes, bytearray, memoryview)))


def _clean(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _clean(item, key) for key, item in value.items()}
    if name in _OWN:
        absent = value in _ABSENT or (name == "session_id" and value == 0)
        return value if absent else f"<{name}>"
    if isinstance(value, list):
        items = [_clean(item) for item in value]
        key = _UNORDERED.get(name)
        if key and all(isinstance(item, dict) and item.get(key, "") != "" for item in items):
            return {item[key]: item for item in items}
        return items
    return bytes(value) if isinstance(value, memoryview | bytearray) else value


def differences(kafka: Any, ours: Any, path: str = "") -> Iterator[str]:
    """Say where two comparable answers are not the same."""
    if isinstance(kafka, dict) and isinstance(ours, dict):
        for key in kafka.keys() | ours.keys():
            yield from differences(kafka.get(key), ours.get(key), f"{path}.{key}")
    elif isinstance(kafka, list) and isinstance(ours, list):
        if len(kafka) != len(ours):
            yield f"{path}: Kafka has {len(kafka)} entries, ours {len(ours)}: {kafka} / {ours}"
        else:
            for index, pair in enumerate(zip(kafka, ours, strict=True)):
                yield from differences(*pair, f"{path}[{index}]")
    elif kafka != ours:
        yield f"{path}: Kafka {kafka!r}, ours {ours!r}"
