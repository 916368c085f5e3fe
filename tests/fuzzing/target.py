"""A broker in this event loop, on a disk in memory, with its own time and randomness."""

from __future__ import annotations

import asyncio
import logging
import signal
import struct
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, NoReturn

from kafkapy import eager
from kafkapy.broker import Broker
from kafkapy.config.broker import BrokerConfig
from kafkapy.server.context import Peer
from kafkapy.server.dispatch import CloseConnectionError
from kafkapy.storage.disk import MemoryDisk
from kafkapy.wire.api import API, ApiKey, request_header_version, response_header_version
from kafkapy.wire.compile import decode_from, encode
from kafkapy.wire.errors import WireError
from kafkapy.wire.headers import (
    RequestHeader,
    read_request_header,
    read_response_header,
    write_request_header,
)
from kafkapy.wire.messages.create_topics import CreatableTopic, CreatableTopicConfig
from kafkapy.wire.schema import Message

MAX_FRAME_S = 1.0
# A frame may cost this many times its size, a fixed sum, and what each new partition needs.
MAX_MEMORY_FACTOR = 8
MAX_MEMORY_BYTES = 8 << 20
MAX_PARTITION_BYTES = 16 << 10

_CONFIG = {
    "listeners": "PLAINTEXT://127.0.0.1:0",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "2",
    "socket.request.max.bytes": "200000",
}
_TOPICS = {
    "plain": {},
    "compacted": {"cleanup.policy": "compact"},
    "stamped": {"message.timestamp.type": "LogAppendTime", "compression.type": "gzip"},
}
# How many turns of the event loop a request may wait before its client is taken to be gone.
_TURNS = 4


class FuzzError(AssertionError):
    """The broker did what it must not do."""


class ManualClock:
    """A time that moves by one millisecond whenever somebody looks."""

    def __init__(self) -> None:
        self._now = 1_700_000_000_000

    def now_ms(self) -> int:
        self._now += 1
        return self._now

    def monotonic_ms(self) -> int:
        return self.now_ms()


class _ErrorLog(logging.Handler):
    """Keeps what the broker logs as an error: an exception that it did not expect."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.errors.append(logging.Formatter().format(record))


def frame_of(request: Message, version: int, correlation_id: int = 1) -> bytes:
    """Encode a request with its header, without the size in front."""
    key = request.__api_key__
    header = RequestHeader(key, version, correlation_id, "fuzzer")
    return write_request_header(header, request_header_version(key, version)) + encode(
        request, version
    )


@contextmanager
def _limited_time() -> Iterator[None]:
    """Interrupt what takes too long, measured in CPU time and so whatever else the machine does."""

    def interrupt(*_: object) -> NoReturn:
        raise FuzzError(f"a frame takes more than {MAX_FRAME_S} s of CPU")

    before = signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, MAX_FRAME_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


class Target:
    """The broker, and the ways to hand frames to it."""

    def __init__(self, seed: int) -> None:
        self._broker = Broker(
            BrokerConfig(_CONFIG), MemoryDisk(), clock=ManualClock(), rng=Random(seed)
        )
        self._peer = Peer(0, "127.0.0.1", "127.0.0.1", 9092, "PLAINTEXT")
        self._log = _ErrorLog()

    async def __aenter__(self) -> Target:
        logger = logging.getLogger("kafkapy")
        logger.addHandler(self._log)
        logger.propagate = False
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: self._log.errors.append(repr(context))
        )
        await self._broker.start()
        for name, overrides in _TOPICS.items():
            configs = [CreatableTopicConfig(name=key, value=overrides[key]) for key in overrides]
            request = CreatableTopic(
                name=name, num_partitions=2, replication_factor=1, configs=configs
            )
            await self._broker.controller.create_topic(request, validate_only=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._broker.stop()
        logger = logging.getLogger("kafkapy")
        logger.removeHandler(self._log)
        logger.propagate = True
        asyncio.get_running_loop().set_exception_handler(None)
        self.check_log()

    @property
    def apis(self) -> list[tuple[ApiKey, int]]:
        """Every API that is served, with each of its versions."""
        table = self._broker.dispatcher.table
        return [
            (key, version)
            for key, served in table.items()
            for version in range(served.versions.first, served.versions.last + 1)
        ]

    @property
    def topic_ids(self) -> list[bytes]:
        """The ids of the topics that were there from the start."""
        return [topic.topic_id for topic in self._broker.image.topics.values()]

    @property
    def partition_count(self) -> int:
        """How many partitions there are in all topics."""
        return sum(len(topic.partitions) for topic in self._broker.image.topics.values())

    def check_log(self) -> None:
        """Raise FuzzError if an error was logged."""
        if self._log.errors:
            errors, self._log.errors = self._log.errors, []
            raise FuzzError("\n".join(errors))

    async def answer(self, frame: bytes, *, measure_memory: bool = False) -> None:
        """Hand a frame to the dispatcher, and check what comes of it. Raises FuzzError."""
        partitions = self.partition_count
        if measure_memory:
            tracemalloc.start()
        try:
            with _limited_time():
                response = await self._outcome(frame)
            if measure_memory:
                self._check_memory(frame, self.partition_count - partitions)
        finally:
            tracemalloc.stop()
        if response is not None:
            self._check_response(frame, response)

    async def _outcome(self, frame: bytes) -> bytes | None:
        try:
            outcome = eager.start(self._broker.dispatcher.answer(frame, self._peer))
            if isinstance(outcome, eager.Finished):
                pieces = outcome.value
            else:
                pieces = await self._patiently(outcome)
        except (WireError, CloseConnectionError):
            return None
        except Exception as error:
            raise FuzzError(f"{type(error).__name__}: {error}") from error
        return None if pieces is None else b"".join(pieces)

    async def _patiently(self, task: asyncio.Future[Any]) -> Any:
        for _ in range(_TURNS):
            await asyncio.sleep(0)
            if task.done():
                return task.result()
        task.cancel()
        await asyncio.wait([task])
        return None if task.cancelled() else task.result()

    def _check_memory(self, frame: bytes, new_partitions: int) -> None:
        _, peak = tracemalloc.get_traced_memory()
        allowed = MAX_MEMORY_FACTOR * len(frame) + MAX_MEMORY_BYTES
        allowed += MAX_PARTITION_BYTES * max(new_partitions, 0)
        if peak > allowed:
            raise FuzzError(f"{peak} bytes of memory, where {allowed} are allowed")

    def _check_response(self, frame: bytes, response: bytes) -> None:
        """A client must be able to read the response."""
        header, _ = read_request_header(frame, request_header_version)
        key, version = header.api_key, header.api_version
        if version not in self._broker.dispatcher.table[ApiKey(key)].versions:
            version = 0
        size = int.from_bytes(response[:4], "big")
        correlation_id, body = read_response_header(
            response[4:], response_header_version(key, version)
        )
        _, end = decode_from(API[key].response, response[4:], version, body)
        if (size, end, correlation_id) != (
            len(response) - 4,
            len(response) - 4,
            header.correlation_id,
        ):
            raise FuzzError("the response does not have the size or correlation id that it should")

    async def send(self, chunks: list[bytes]) -> None:
        """Send bytes on a connection of their own, and hang up. Raises FuzzError."""
        endpoint = self._broker.endpoints[0]
        _, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
        try:
            for chunk in chunks:
                writer.write(chunk)
                await writer.drain()
                await asyncio.sleep(0)
        except ConnectionError:
            pass  # hanging up is one of Kafka's answers
        finally:
            writer.transport.abort()
        self.check_log()

    async def ping(self) -> None:
        """Ask for the API versions on a new connection. Raises FuzzError without an answer."""
        endpoint = self._broker.endpoints[0]
        reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
        request = struct.pack(">hhih", ApiKey.API_VERSIONS, 0, 7, -1)
        writer.write(len(request).to_bytes(4, "big") + request)
        try:
            size, correlation_id, error_code = struct.unpack(">iih", await reader.readexactly(10))
            await reader.readexactly(size - 6)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise FuzzError("the next client is not served") from error
        finally:
            writer.transport.abort()
        if (correlation_id, error_code) != (7, 0):
            raise FuzzError("the next client gets a wrong answer")
        self.check_log()
