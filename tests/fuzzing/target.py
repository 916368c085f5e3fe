"""A broker in this event loop, on a disk in memory, with its own time and randomness."""

from __future__ import annotations

import asyncio
import logging
import struct
import sys
import tracemalloc
from collections.abc import Mapping
from contextlib import ExitStack
from random import Random
from typing import Any

from kafkapy import eager
from kafkapy.broker import Broker
from kafkapy.config.broker import BrokerConfig
from kafkapy.server.context import Peer
from kafkapy.server.dispatch import CloseConnectionError, Dispatcher
from kafkapy.server.waiting import Poll
from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.errors import StorageError
from kafkapy.wire.api import API, ApiKey, request_header_version, response_header_version
from kafkapy.wire.compile import decode, decode_from
from kafkapy.wire.errors import CorruptRecordError, WireError
from kafkapy.wire.headers import read_request_header, read_response_header
from kafkapy.wire.messages.create_topics import CreatableTopic, CreatableTopicConfig
from kafkapy.wire.schema import Buffer, Message, Versions
from tests.fuzzing import alarm
from tests.fuzzing.errors import FuzzError
from tests.fuzzing.fetches import Session
from tests.fuzzing.frames import frame_of

MAX_FRAME_S = 1.0
# A frame may cost this many times its size, a fixed sum, and what each new partition needs. The
# fixed sum is less for a frame so small that its elements need not be counted.
MAX_MEMORY_FACTOR = 8
MAX_MEMORY_BYTES = 16 << 20
MAX_MEMORY_BYTES_IF_LARGE = 80 << 20
LARGE_FRAME_BYTES = 10_000
MAX_PARTITION_BYTES = 16 << 10

_CONFIG = {
    "listeners": "PLAINTEXT://127.0.0.1:0",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "2",
    "socket.request.max.bytes": "200000",
}
WITNESS = "witness"
_TOPICS = {
    "plain": {},
    "compacted": {"cleanup.policy": "compact"},
    "stamped": {"message.timestamp.type": "LogAppendTime", "compression.type": "gzip"},
    # Frames never name it, and it has what they might change for all topics.
    WITNESS: {"compression.type": "producer", "min.insync.replicas": "1"},
}
_LARGEST_COPY_BYTES = 4096
# How many turns of the event loop a request may wait before its client is taken to be gone.
_TURNS = 4


class ManualClock:
    """A time that moves by one millisecond whenever somebody looks."""

    def __init__(self) -> None:
        self._now = 1_700_000_000_000

    def now_ms(self) -> int:
        self._now += 1
        return self._now

    def monotonic_ms(self) -> int:
        return self.now_ms()


class ErrorLog(logging.Handler):
    """Keeps what the broker logs as an error: an exception that it did not expect.

    While it is entered nothing of the broker's log goes anywhere else.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[str] = []
        self.unexpected: list[str] = []

    def __enter__(self) -> ErrorLog:
        self._logger.addHandler(self)
        self._logger.propagate = False
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        self._logger.propagate = True

    @property
    def _logger(self) -> logging.Logger:
        return logging.getLogger("kafkapy")

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record; it is unexpected unless it is about the disk or what is on it."""
        text = logging.Formatter().format(record)
        self.errors.append(text)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not isinstance(error, StorageError | CorruptRecordError):
            self.unexpected.append(text)


async def settled(dispatcher: Dispatcher, frame: Buffer, peer: Peer) -> list[Buffer] | None:
    """Ask as a connection does; None where there is no answer.

    What waits for more than a few turns of the event loop is ended, as by a client that is gone.
    """
    answer = dispatcher.answer_now(frame)
    if isinstance(answer, list):
        return answer
    if answer is not None:
        if not await _ends(answer):
            return None
        if answer.answer is not None:
            return answer.answer
    outcome = eager.start(dispatcher.answer(frame, peer))
    if isinstance(outcome, eager.Finished):
        return outcome.value
    for _ in range(_TURNS):
        await asyncio.sleep(0)
        if outcome.done():
            return outcome.result()
    outcome.cancel()
    await asyncio.wait([outcome])
    return None if outcome.cancelled() else outcome.result()


async def _ends(poll: Poll) -> bool:
    """Whether a poll ends by itself in a few turns. Raises FuzzError if it outlives its end."""
    ended = asyncio.Event()
    references = sys.getrefcount(poll)
    poll.start(asyncio.get_running_loop().call_soon, ended.set)
    for _ in range(_TURNS):
        await asyncio.sleep(0)
        if ended.is_set():
            break
    else:
        poll.cancel()
        await asyncio.sleep(0)  # for a step that it was promised
    if sys.getrefcount(poll) > references:
        raise FuzzError("a timer or a log still knows a poll that has ended")
    return ended.is_set()


def _received(frame: bytes) -> Buffer:
    """Give a frame as it comes from a connection, where a large one is a view."""
    return frame if len(frame) <= _LARGEST_COPY_BYTES else memoryview(frame)


class Target:
    """The broker, and the ways to hand frames to it."""

    def __init__(self, seed: int) -> None:
        self._broker = Broker(
            BrokerConfig(_CONFIG), MemoryDisk(), clock=ManualClock(), rng=Random(seed)
        )
        self._peer = Peer(0, "127.0.0.1", "127.0.0.1", 9092, "PLAINTEXT")
        self._log = ErrorLog()
        self._resources = ExitStack()

    async def __aenter__(self) -> Target:
        self._resources.enter_context(self._log)
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
        self._resources.enter_context(alarm.alarms())
        return self

    async def __aexit__(self, *_: object) -> None:
        alarm.stop()
        await self._broker.stop()
        self._resources.close()
        asyncio.get_running_loop().set_exception_handler(None)
        self.check_log()

    @property
    def versions(self) -> Mapping[ApiKey, Versions]:
        """The versions of every API that is served."""
        return {key: served.versions for key, served in self._broker.dispatcher.table.items()}

    @property
    def topic_ids(self) -> dict[str, bytes]:
        """The ids of the topics that frames may name, by their names."""
        topics = self._broker.image.topics
        return {name: topics[name].topic_id for name in _TOPICS if name != WITNESS}

    @property
    def present(self) -> dict[str, bytes]:
        """The ids of the topics that are there now and that frames may name, by their names."""
        topics = self._broker.image.topics.values()
        return {each.name: each.topic_id for each in topics if each.name != WITNESS}

    @property
    def sessions(self) -> list[Session]:
        """The fetch sessions that are open, the least recently used first."""
        cached = self._broker.fetch_sessions._sessions.values()
        return [Session(each.id, each.epoch) for each in cached]

    def end(self, topic: str, partition: int) -> int:
        """The offset at which a partition ends; 0 where there is none."""
        found = self._broker.image.topic(topic)
        log = found.partition(partition) if found else None
        return self._broker.engine.bounds(log).high_watermark if log else 0

    @property
    def partition_count(self) -> int:
        """How many partitions there are in all topics."""
        return sum(len(topic.partitions) for topic in self._broker.image.topics.values())

    def topic_id(self, name: str) -> bytes:
        """The id of any topic. Raises FuzzError if it is gone."""
        topic = self._broker.image.topic(name)
        if topic is None:
            raise FuzzError(f"the topic {name} is gone")
        return topic.topic_id

    def check_log(self) -> None:
        """Raise FuzzError if an error was logged."""
        if self._log.errors:
            errors, self._log.errors = self._log.errors, []
            raise FuzzError("\n".join(errors))

    async def answer(self, frame: bytes, *, measure_memory: bool = False) -> None:
        """Hand a frame to the dispatcher, and check what comes of it. Raises FuzzError.

        Its time is not limited while memory is measured, which is slow.
        """
        partitions = self.partition_count if measure_memory else 0
        try:
            if measure_memory:
                tracemalloc.start()
            else:
                alarm.begin(MAX_FRAME_S)
            response = await self._outcome(frame)
            alarm.stop()
            if measure_memory:
                self._check_memory(frame, self.partition_count - partitions)
        finally:
            tracemalloc.stop()
        if response is not None:
            self._check_response(frame, response)

    async def call(self, request: Message, version: int) -> Any:
        """Ask as a client would that knows nothing of the fuzzer. Raises FuzzError."""
        response = await self._outcome(frame_of(request, version))
        if response is None:
            raise FuzzError("a well-behaved client gets no answer")
        key = request.__api_key__
        _, body = read_response_header(response[4:], response_header_version(key, version))
        return decode(API[key].response, response[4:], version, body)

    async def _outcome(self, frame: bytes) -> bytes | None:
        try:
            pieces = await settled(self._broker.dispatcher, _received(frame), self._peer)
        except (WireError, CloseConnectionError):
            return None
        except FuzzError:
            raise
        except Exception as error:
            raise FuzzError(f"{type(error).__name__}: {error}") from error
        return None if pieces is None else b"".join(pieces)

    def _check_memory(self, frame: bytes, new_partitions: int) -> None:
        _, peak = tracemalloc.get_traced_memory()
        is_large = len(frame) > LARGE_FRAME_BYTES
        allowed = MAX_MEMORY_FACTOR * len(frame)
        allowed += MAX_MEMORY_BYTES_IF_LARGE if is_large else MAX_MEMORY_BYTES
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
