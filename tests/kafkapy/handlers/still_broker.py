"""A broker whose time stands still, and clients that speak to its connections without sockets."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

from kafkapy.broker import Broker
from kafkapy.config.broker import BrokerConfig
from kafkapy.metadata.image import Topic
from kafkapy.server.connection import Connection
from kafkapy.server.context import Peer
from kafkapy.server.waiting import Turn
from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.engine import Append, LogId, Origin
from kafkapy.wire.api import request_header_version, response_header_version
from kafkapy.wire.compile import decode, encode
from kafkapy.wire.headers import (
    RequestHeader,
    read_response_header,
    write_request_header,
)
from kafkapy.wire.messages.create_topics import CreatableTopic
from kafkapy.wire.messages.fetch import (
    FetchPartition,
    FetchRequest,
    FetchResponse,
    FetchTopic,
    PartitionData,
)
from kafkapy.wire.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kafkapy.wire.records.control import EndTxnMarker, build_end_txn_marker
from kafkapy.wire.records.record import Record, build_batch
from kafkapy.wire.schema import Buffer, Request

TIME_MS = 1_700_000_000_000
MIB = 1 << 20
UNKNOWN_ID = bytes(range(16))
_MAX_REQUEST_BYTES = 100 << 20
_TURNS = 8


class StillLoop(asyncio.SelectorEventLoop):
    """Time moves when a test says so."""

    now_s = 1000.0

    def time(self) -> float:
        return self.now_s

    def timers(self) -> list[asyncio.TimerHandle]:
        """All that is to happen later."""
        handles: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
        return [handle for handle in handles if not handle.cancelled()]


class StillClock:
    """The time of the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def now_ms(self) -> int:
        return TIME_MS + self.monotonic_ms()

    def monotonic_ms(self) -> int:
        return round(self._loop.time() * 1000)


class Transport(asyncio.Transport):
    """Keeps what is written; `log` has what all connections write, in order."""

    def __init__(self, log: list[tuple[str, bytes]], name: str) -> None:
        super().__init__()
        self._log = log
        self._name = name
        self.is_closed = False

    def write(self, data: Buffer) -> None:
        self._log.append((self._name, bytes(data)))

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True


class StillBroker:
    """The broker, and what is done to it."""

    def __init__(self, broker: Broker, loop: StillLoop) -> None:
        self.broker = broker
        self.loop = loop
        self.turn = Turn(loop)
        self.log: list[tuple[str, bytes]] = []
        self._topic_ids: dict[str, bytes] = {}

    def connect(self, name: str) -> Client:
        """A new client, whose name is in `log`."""
        return Client(self, name)

    async def create(self, name: str, partitions: int = 2) -> Topic:
        topic = CreatableTopic(name, num_partitions=partitions, replication_factor=1)
        await self.broker.controller.create_topic(topic, validate_only=False)
        return self.topic(name)

    def topic(self, name: str = "one") -> Topic:
        topic = self.broker.image.topic(name)
        assert topic is not None
        return topic

    def topic_id(self, name: str) -> bytes:
        """The id of a topic, or the last that it had."""
        topic = self.broker.image.topic(name)
        if topic is not None:
            self._topic_ids[name] = topic.topic_id
        return self._topic_ids.get(name, UNKNOWN_ID)

    def partition(self, name: str = "one", partition: int = 0) -> LogId:
        log = self.topic(name).partition(partition)
        assert log is not None
        return log

    async def append(
        self, batch: bytes, log: LogId | None = None, origin: Origin = Origin.CLIENT
    ) -> None:
        append = Append(log or self.partition(), batch, origin)
        (result,) = await self.broker.engine.append([append])
        assert not isinstance(result, Exception), result

    async def advance(self, milliseconds: float) -> None:
        """Let time pass."""
        await self.turns()
        self.loop.now_s += milliseconds / 1000
        await self.turns()

    async def turns(self) -> None:
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    def fetch(self, offset: int = 0, *, topic: str = "one", **asked: Any) -> FetchRequest:
        """Ask for a partition by its name and its id; `topics` are others, or none."""
        ask = FetchPartition(fetch_offset=offset, partition_max_bytes=MIB)
        for name in [each.name for each in FetchPartition.__fields__ if each.name in asked]:
            setattr(ask, name, asked.pop(name))
        topics = [FetchTopic(topic, self.topic_id(topic), [ask])]
        return FetchRequest(**{"min_bytes": 1, "max_bytes": MIB, "topics": topics, **asked})

    def produce(self, batch: bytes | None = None, topic: str = "one") -> ProduceRequest:
        data = [PartitionProduceData(0, batch or batch_of())]
        return ProduceRequest(None, 1, 1000, [TopicProduceData(topic, self.topic_id(topic), data)])


class Client:
    """A connection, and what it has been sent."""

    def __init__(self, owner: StillBroker, name: str) -> None:
        self._owner = owner
        self.name = name
        self._correlation_id = 0
        self._read = 0
        self.transport = Transport(owner.log, name)
        self.connection = Connection(
            owner.broker.dispatcher,
            "PLAINTEXT",
            _MAX_REQUEST_BYTES,
            owner.loop,
            owner.turn,
            lambda _: Peer(1, "127.0.0.1", "127.0.0.1", 9092, "PLAINTEXT"),
            lambda _: None,
        )
        self.connection.connection_made(self.transport)

    @property
    def is_waiting(self) -> bool:
        """Whether it has asked for what has not been answered."""
        return not self.connection.is_idle

    def send(self, *requests: tuple[Request, int]) -> None:
        """Send requests in their versions, all at once."""
        self.connection.data_received(b"".join(self.frame(*each) for each in requests))

    def hang_up(self) -> None:
        """Cut the connection."""
        self.transport.is_closed = True
        self.connection.connection_lost(None)

    def received(self) -> bytes:
        """What came since the last call."""
        data = b"".join(data for name, data in self._owner.log if name == self.name)
        start, self._read = self._read, len(data)
        return data[start:]

    def answer(self, version: int) -> FetchResponse:
        """The only answer that came since the last call."""
        (answer,) = fetches_in(self.received(), version)
        return answer

    def call(self, request: FetchRequest, version: int) -> FetchResponse:
        """Ask for what is answered at once."""
        self.send((request, version))
        return self.answer(version)

    def frame(self, request: Request, version: int) -> bytes:
        """Encode the next request, with its size."""
        self._correlation_id += 1
        key = request.__api_key__
        header = RequestHeader(key, version, self._correlation_id, self.name)
        frame = write_request_header(header, request_header_version(key, version))
        frame += encode(request, version)
        return struct.pack(">i", len(frame)) + frame


def fetches_in(data: bytes, version: int) -> list[FetchResponse]:
    """Read answers to fetches of one version."""
    answers = []
    while data:
        end = 4 + int.from_bytes(data[:4], "big")
        frame, data = data[4:end], data[end:]
        assert len(frame) == end - 4
        _, body = read_response_header(frame, response_header_version(1, version))
        answers.append(decode(FetchResponse, frame, version, body))
    return answers


def batch_of(size: int = 10, count: int = 1, **settings: Any) -> bytes:
    records = [Record(offset, TIME_MS, b"key", b"v" * size) for offset in range(count)]
    return build_batch(records, **settings)


def begin(broker: StillBroker, version: int = 18, **asked: Any) -> tuple[Client, dict[str, int]]:
    """A client with a session, and what it says of it in its next request."""
    client = broker.connect("consumer")
    begun = client.call(broker.fetch(session_epoch=0, **asked), version)
    assert begun.session_id
    return client, {"session_id": begun.session_id, "session_epoch": 1}


def partition_of(answer: FetchResponse) -> PartitionData:
    assert not answer.error_code
    (topic,) = answer.responses
    (partition,) = topic.partitions
    return partition


def marker(producer_id: int, *, is_commit: bool) -> bytes:
    return build_end_txn_marker(
        EndTxnMarker(is_commit=is_commit, coordinator_epoch=0),
        producer_id=producer_id,
        producer_epoch=0,
        timestamp_ms=TIME_MS,
    )


def run(test: Callable[[StillBroker], Coroutine[Any, Any, Any]], **config: str) -> Any:
    """Run with a broker that has the topics `one` and `two`, and its handlers loaded."""

    async def main() -> Any:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, StillLoop)
        settings = {"listeners": "PLAINTEXT://127.0.0.1:0", **config}
        broker = Broker(BrokerConfig(settings), MemoryDisk(), clock=StillClock(loop), rng=Random(1))
        await broker.start()
        try:
            still = StillBroker(broker, loop)
            await still.create("one")
            await still.create("two")
            loading = still.connect("loading")
            loading.send((ProduceRequest(), 9), (FetchRequest(), 12))
            assert not loading.is_waiting
            return await test(still)
        finally:
            await broker.stop()

    with asyncio.Runner(loop_factory=StillLoop) as runner:
        return runner.run(main())
