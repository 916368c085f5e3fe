"""Clients that behave as stock ones do: they reconnect, send again, and give up nothing."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from random import Random
from typing import Any

from kafkapy.wire.api import API, request_header_version, response_header_version
from kafkapy.wire.compile import decode, encode
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.framing import FrameSplitter
from kafkapy.wire.headers import RequestHeader, read_response_header, write_request_header
from kafkapy.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kafkapy.wire.messages.init_producer_id import InitProducerIdRequest
from kafkapy.wire.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kafkapy.wire.records.batch import batches, verify_checksum
from kafkapy.wire.records.record import Record, build_batch, records_of
from kafkapy.wire.schema import Request
from tests.simulation.checker import History, Place, Value
from tests.simulation.loop import EPOCH_MS, Trace
from tests.simulation.network import Network, SimulatedTransport

PORT = 9092
_MAX_FRAME_BYTES = 1 << 24
_REQUEST_TIMEOUT_S = 8.0
BACKOFF_S = 0.3


class DisconnectedError(Exception):
    """A connection ended, or an answer did not come in time: nobody knows what was done."""


class _Wire(asyncio.Protocol):
    """A client's side of one connection; answers must come in order."""

    def __init__(self, client_id: str, history: History) -> None:
        self.is_lost = False
        self._client_id = client_id
        self._history = history
        self._transport: asyncio.BaseTransport
        self._frames = FrameSplitter(_MAX_FRAME_BYTES)
        self._pending: deque[tuple[int, Request, int, asyncio.Future[Any]]] = deque()
        self._next_id = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        for *_, future in self._pending:
            if not future.done():
                future.set_exception(DisconnectedError())
                future.exception()

    def send(self, request: Request, version: int, *, is_answered: bool = True) -> Any:
        """Send a request; gives a future of the answer."""
        future = asyncio.get_running_loop().create_future()
        key = request.__api_key__
        self._next_id += 1
        header = RequestHeader(key, version, self._next_id, self._client_id)
        frame = write_request_header(header, request_header_version(key, version))
        frame += encode(request, version)
        if self.is_lost:
            future.set_exception(DisconnectedError())
            future.exception()
            return future
        if is_answered:
            self._pending.append((self._next_id, request, version, future))
        assert isinstance(self._transport, SimulatedTransport)
        self._transport.write(struct.pack(">i", len(frame)) + frame)
        return future

    def data_received(self, data: bytes) -> None:
        self._frames.feed(data)
        while (frame := self._frames.next_frame()) is not None:
            expected, request, version, future = self._pending.popleft()
            key = request.__api_key__
            found, body = read_response_header(frame, response_header_version(key, version))
            if found != expected:
                self._history.violation(f"answer {found} where {expected} was due")
            if not future.done():
                future.set_result(decode(API[key].response, frame, version, body))

    def hang_up(self) -> None:
        """End the connection; what was sent may arrive all the same."""
        self.is_lost = True
        self._transport.close()


class Client:
    """One client of the simulation, with one connection at a time."""

    def __init__(self, name: str, network: Network, history: History, random: Random) -> None:
        self.name = name
        self.random = random
        self.history = history
        self.trace: Trace = network.trace
        self.is_draining = False  # whether it makes no more trouble, and nothing new
        self.is_done = False
        self._network = network
        self._wire: _Wire | None = None
        self._versions: dict[int, int] = {}

    async def run(self) -> None:
        """Do what this client does, until it is drained."""
        raise NotImplementedError

    @property
    def is_network_calm(self) -> bool:
        """Whether answers come at once."""
        return self._network.is_calm

    def version_of(self, request: type[Request], first: int, last: int) -> int:
        """Choose a version of an API for as long as the client lives."""
        key = request.__api_key__
        return self._versions.setdefault(key, self.random.randint(first, last))

    async def pause(self, longest_s: float) -> None:
        """Wait for a time that chance decides."""
        await asyncio.sleep(self.random.random() * longest_s)

    async def connected(self) -> _Wire:
        """Give the connection, made anew where it was lost."""
        while self._wire is None or self._wire.is_lost:
            wire = _Wire(self.name, self.history)
            try:
                await self._network.connect(PORT, wire)
            except ConnectionRefusedError:
                await self.pause(BACKOFF_S)
            else:
                self._wire = wire
        return self._wire

    def hang_up(self) -> None:
        """End the connection."""
        if self._wire is not None and not self._wire.is_lost:
            self._wire.hang_up()

    async def call(
        self, request: Request, version: int, timeout_s: float = _REQUEST_TIMEOUT_S
    ) -> Any:
        """Send a request and wait for its answer. Raises DisconnectedError."""
        wire = await self.connected()
        return await self.answer(wire, wire.send(request, version), timeout_s)

    async def answer(
        self, wire: _Wire, future: asyncio.Future[Any], timeout_s: float = _REQUEST_TIMEOUT_S
    ) -> Any:
        """Wait for an answer; hang up where it takes too long. Raises DisconnectedError."""
        try:
            return await asyncio.wait_for(future, timeout_s)
        except TimeoutError:
            if not wire.is_lost:
                wire.hang_up()
            raise DisconnectedError from None

    async def insist(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Ask again until there is an answer."""
        while True:
            try:
                return await ask()
            except DisconnectedError:
                await self.pause(BACKOFF_S)

    def expect(self, code: int, *allowed: ErrorCode) -> None:
        """Note an error that a client should never be told here."""
        error = ErrorCode(code)
        if not error.is_retriable and error not in (ErrorCode.NONE, *allowed):
            self.history.violation(f"unexpected error: {self.name} was told {error.name}")


def _batch(values: Iterable[Value], producer_id: int, sequence: int) -> bytes:
    now_ms = EPOCH_MS + int(asyncio.get_running_loop().time() * 1000)
    records = [Record(0, now_ms, None, value.encode(), ()) for value in values]
    if producer_id < 0:
        return build_batch(records)
    return build_batch(records, producer_id=producer_id, producer_epoch=0, base_sequence=sequence)


class Producer(Client):
    """Writes to its partitions, one request at a time; sends again what was not acknowledged.

    With acks=0 it never learns what became of a record.
    """

    def __init__(self, *args: Any, places: list[Place], acks: int) -> None:
        super().__init__(*args)
        self._places = places
        self._acks = acks
        self._next = dict.fromkeys(places, 0)

    async def run(self) -> None:
        while not self.is_draining:
            await self.write(self.random.choice(self._places))
            await self.pause(0.5)

    async def write(self, place: Place) -> None:
        """Write a few records, and return when they are acknowledged."""
        values = self.new_values(place)
        request = self.request(place, _batch(values, -1, -1))
        if self._acks == 0:
            (await self.connected()).send(request, self.version, is_answered=False)
            return
        while True:
            response = await self.insist(lambda: self.call(request, self.version))
            [result] = response.responses[0].partition_responses
            if result.error_code == ErrorCode.NONE:
                self.acked(place, result.base_offset, values)
                return
            self.expect(result.error_code)
            await self.pause(BACKOFF_S)

    def new_values(self, place: Place) -> list[Value]:
        """Make up a few records."""
        first = self._next[place]
        self._next[place] += self.random.randint(1, 4)
        values = [Value(self.name, number) for number in range(first, self._next[place])]
        self.history.sent(place, values)
        return values

    def request(self, place: Place, batch: bytes) -> ProduceRequest:
        """Make a request with one batch."""
        data = TopicProduceData(place.topic, partition_data=[])
        data.partition_data.append(PartitionProduceData(place.partition, batch))
        return ProduceRequest(acks=self._acks, timeout_ms=5000, topic_data=[data])

    @property
    def version(self) -> int:
        """The version of its produce requests."""
        return self.version_of(ProduceRequest, 3, 12)

    def acked(self, place: Place, base_offset: int, values: list[Value]) -> None:
        """Note what was written."""
        self.trace(f"{self.name} wrote {place.partition} {base_offset} {len(values)}")
        self.history.acked(place, base_offset, values)


class IdempotentProducer(Producer):
    """Writes with sequence numbers, several requests at a time, and begins anew after a gap."""

    def __init__(self, *args: Any, places: list[Place]) -> None:
        super().__init__(*args, places=places, acks=-1)
        self.history.idempotent.add(self.name)
        self._most = self.random.randint(1, 5)
        self.gaps = 0

    async def run(self) -> None:
        await asyncio.gather(*[self._produce(place) for place in self._places])

    async def _new_id(self) -> int:
        version = self.version_of(InitProducerIdRequest, 0, 5)
        request = InitProducerIdRequest(
            transactional_id=None, transaction_timeout_ms=60_000, producer_epoch=-1
        )
        while True:
            response = await self.insist(lambda: self.call(request, version))
            if response.error_code == ErrorCode.NONE:
                self.history.producer_id(response.producer_id)
                return int(response.producer_id)
            self.expect(response.error_code)
            await self.pause(BACKOFF_S)

    async def _produce(self, place: Place) -> None:
        producer_id, sequence = await self._new_id(), 0
        unacked: deque[tuple[int, list[Value]]] = deque()
        while unacked or not self.is_draining:
            while len(unacked) < self._most and not self.is_draining:
                values = self.new_values(place)
                unacked.append((sequence, values))
                sequence += len(values)
                if self.random.random() < 0.5:
                    break
            if not await self._send(place, producer_id, unacked):
                # What was not acknowledged may be there or not; it cannot be sent once more.
                self.gaps += 1
                producer_id, sequence = await self._new_id(), 0
                unacked.clear()
            await self.pause(0.5)

    async def _send(
        self, place: Place, producer_id: int, unacked: deque[tuple[int, list[Value]]]
    ) -> bool:
        """Send everything at once, and take out what was acknowledged; False after a gap."""
        wire = await self.connected()
        futures = []
        for sequence, values in unacked:
            request = self.request(place, _batch(values, producer_id, sequence))
            futures.append(wire.send(request, self.version))
        is_first = True
        for future in futures:
            try:
                response = await self.answer(wire, future)
            except DisconnectedError:
                return True
            [result] = response.responses[0].partition_responses
            if result.error_code == ErrorCode.NONE and is_first:
                self.acked(place, result.base_offset, unacked.popleft()[1])
            elif result.error_code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER:
                if is_first:
                    return False
            elif result.error_code != ErrorCode.NONE:
                self.expect(result.error_code)
                is_first = False
        return True


class Consumer(Client):
    """Reads all partitions from their start, in an incremental fetch session."""

    def __init__(self, *args: Any, places: list[Place]) -> None:
        super().__init__(*args)
        self.positions = dict.fromkeys(places, 0)
        self.logs: dict[Place, dict[int, Value]] = {place: {} for place in places}
        self._is_named = dict.fromkeys(places, False)
        self._session_id = 0
        self._session_epoch = 0

    async def run(self) -> None:
        while not self.is_done:
            await self.poll()

    async def poll(self) -> None:
        """Fetch once."""
        version = self.version_of(FetchRequest, 7, 12)
        request = FetchRequest(
            max_wait_ms=self.random.choice((50, 500, 5000)),
            min_bytes=self.random.choice((1, 1, 500)),
            max_bytes=self.random.choice((1 << 20, 200)),
            session_id=self._session_id,
            session_epoch=self._session_epoch,
        )
        for place, position in self.positions.items():
            if not self._is_named[place]:
                asked = FetchPartition(
                    place.partition, fetch_offset=position, partition_max_bytes=1 << 16
                )
                request.topics.append(FetchTopic(place.topic, partitions=[asked]))
                self._is_named[place] = True
        may_tell_late = request.min_bytes > 1 or not self.is_network_calm
        try:
            response = await self.call(request, version)
        except DisconnectedError:
            self._new_session()
            await self.pause(BACKOFF_S)
            return
        if response.error_code:
            self._new_session()
            return
        self._session_id = response.session_id
        self._session_epoch += 1
        if not self._session_id:
            self._new_session()
        # Without a pause in between: what was read before a power cut must be noted before it.
        outcomes = [
            self._take(Place(topic.topic, found.partition_index), found)
            for topic in response.responses
            for found in topic.partitions
        ]
        if not all(outcomes):
            await self.pause(BACKOFF_S)
        if not response.responses and not may_tell_late:
            for place, position in self.positions.items():
                self.history.found_nothing(place, position)

    def _new_session(self) -> None:
        self._session_id = self._session_epoch = 0
        self._is_named = dict.fromkeys(self._is_named, False)

    def _take(self, place: Place, found: Any) -> bool:
        """Note what was found; False where it is better to wait."""
        self._is_named[place] = False
        if found.error_code == ErrorCode.OFFSET_OUT_OF_RANGE:
            self.history.out_of_range(self.name, place, self.positions[place])
            self.positions[place] = 0
            self.logs[place].clear()
        elif found.error_code:
            self.expect(found.error_code)
            return False
        else:
            for record in records_in(found.records, self.positions[place]):
                value = Value.decode(record.value)
                self.history.read(place, record.offset, value, self.positions[place])
                self.positions[place] = record.offset + 1
                self.logs[place][record.offset] = value
        return True


def records_in(data: Any, position: int) -> list[Record]:
    """Read what a fetch returned, from a position on. Raises CorruptRecordError."""
    records = []
    for header, batch in batches(data or b""):
        verify_checksum(batch, header)
        found = records_of(batch, header, max_bytes=1 << 20)
        records += [record for record in found if record.offset >= position]
    return records
