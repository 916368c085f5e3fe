"""Brokers that are not in the process of the test: one that it starts, or one that is there."""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from kafkapy.errors import ApiError
from kafkapy.wire.api import API, request_header_version, response_header_version
from kafkapy.wire.compile import decode, encode
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.headers import RequestHeader, read_response_header, write_request_header
from kafkapy.wire.messages.create_topics import (
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from kafkapy.wire.schema import Request

_HOST = "127.0.0.1"
_TIMEOUT_S = 30.0
_SIZE = struct.Struct(">i")
# Old enough for every Kafka since 1.0, and what 4.x still takes.
_CREATE_TOPICS_VERSION = 2


class ExistingBroker:
    """Any Kafka at an address, kafkapy or not."""

    def __init__(self, bootstrap_servers: str) -> None:
        self.bootstrap_servers = bootstrap_servers

    def create_topic(
        self, name: str, partitions: int = 1, config: Mapping[str, str] | None = None
    ) -> None:
        """Create a topic. Raises ApiError where Kafka refuses that, OSError without a Kafka."""
        configs = [CreatableTopicConfig(name=k, value=v) for k, v in (config or {}).items()]
        topic = CreatableTopic(
            name=name, num_partitions=partitions, replication_factor=1, configs=configs
        )
        request = CreateTopicsRequest(topics=[topic], timeout_ms=int(_TIMEOUT_S * 1000))
        [result] = self._ask(request, _CREATE_TOPICS_VERSION).topics
        if result.error_code:
            raise ApiError(ErrorCode(result.error_code), result.error_message)

    def _ask(self, request: Request, version: int) -> Any:
        key = request.__api_key__
        header = RequestHeader(key, version, 0, "kafkapy-testing")
        head = write_request_header(header, request_header_version(key, version))
        content = head + encode(request, version)
        host, _, port = self.bootstrap_servers.split(",")[0].rpartition(":")
        address = host.strip("[] "), int(port)
        with socket.create_connection(address, _TIMEOUT_S) as sock, sock.makefile("rb") as file:
            sock.sendall(_SIZE.pack(len(content)) + content)
            prefix = file.read(_SIZE.size)
            if len(prefix) < _SIZE.size:
                raise ConnectionResetError(f"{self.bootstrap_servers} has hung up")
            frame = file.read(*_SIZE.unpack(prefix))
        _, body = read_response_header(frame, response_header_version(key, version))
        return decode(API[key].response, frame, version, body)


class BrokerProcess(ExistingBroker):
    """`python -m kafkapy` in a process of its own, in memory; a context manager."""

    def __init__(
        self,
        config: Mapping[str, str] | None = None,
        *,
        port: int = 0,
        topics: Sequence[str] = (),
        as_version: str | None = None,
    ) -> None:
        super().__init__("")
        settings = {"group.initial.rebalance.delay.ms": "0", **(config or {})}
        self._command = [sys.executable, "-m", "kafkapy", "--memory", "--port", str(port)]
        self._command += [f"--override={key}={value}" for key, value in settings.items()]
        self._command += [f"--topic={topic}" for topic in topics]
        self._command += [] if as_version is None else [f"--as-version={as_version}"]
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """The number of its process, or -1 without one."""
        return -1 if self._process is None else self._process.pid

    def start(self) -> BrokerProcess:
        """Start, and return when clients are accepted.

        Raises RuntimeError where it ends instead; it has said why on standard error.
        """
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            _, ready, address = line.strip().partition(" is ready on ")
            if ready:
                self.bootstrap_servers = f"{_HOST}:{address.rpartition(':')[2]}"
                return self
        status = self._process.wait()
        self.stop()
        raise RuntimeError(f"the broker ended with status {status}: {' '.join(self._command)}")

    def stop(self) -> None:
        """Stop cleanly; the second time does nothing."""
        process, self._process = self._process, None
        if process is not None:
            with process:
                process.terminate()
                try:
                    process.wait(_TIMEOUT_S)
                except subprocess.TimeoutExpired:
                    process.kill()

    def __enter__(self) -> BrokerProcess:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
