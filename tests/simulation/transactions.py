"""Transactions over several partitions, and a reader that must see all of one or nothing."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.add_partitions_to_txn import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
)
from kafkapy.wire.messages.end_txn import EndTxnRequest
from kafkapy.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kafkapy.wire.messages.find_coordinator import FindCoordinatorRequest
from kafkapy.wire.messages.init_producer_id import InitProducerIdRequest
from kafkapy.wire.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kafkapy.wire.records.batch import batches, verify_checksum
from kafkapy.wire.records.control import parse_end_txn_marker
from kafkapy.wire.records.record import Record, build_batch, records_of
from tests.simulation.checker import Ledger, Place, Value
from tests.simulation.clients import BACKOFF_S, Client, DisconnectedError
from tests.simulation.loop import EPOCH_MS

_TRANSACTION_TIMEOUT_MS = 10_000
_TRANSACTIONAL_ID = 1
_READ_COMMITTED = 1

# What a transaction may end with through no fault of the broker: it was too slow, or another
# one of the same name began.
_LOST = (
    ErrorCode.INVALID_PRODUCER_EPOCH,
    ErrorCode.PRODUCER_FENCED,
    ErrorCode.INVALID_TXN_STATE,
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    ErrorCode.TRANSACTION_ABORTABLE,
)


class _LostError(Exception):
    """The transaction is lost; the producer has to begin anew."""


class TransactionalProducer(Client):
    """Writes to some partitions at once; after any trouble it begins anew, as after a crash.

    It is either of those before KIP-890, which name their partitions to the coordinator, or of
    those after it, which are given a new epoch at the end of each transaction.
    """

    def __init__(self, *args: Any, places: list[Place], ledger: Ledger) -> None:
        super().__init__(*args)
        self.history.idempotent.add(self.name)
        self._places = places
        self._ledger = ledger
        self._is_newer = self.random.random() < 0.5
        self._next_value = 0
        self._producer_id = self._epoch = -1
        self._sequences: dict[Place, int] = {}

    async def run(self) -> None:
        while not self.is_draining:
            try:
                await self._init()
                while not self.is_draining:
                    await self._transact()
                    await self.pause(1.0)
            except (DisconnectedError, _LostError):
                await self.pause(BACKOFF_S)
        # The last one must not stay open.
        await self.insist(self._init)

    def _check(self, code: int) -> None:
        """Raise _LostError for an error, whatever it says."""
        if code != ErrorCode.NONE:
            self.expect(code, *_LOST)
            raise _LostError

    async def _init(self) -> None:
        find = FindCoordinatorRequest(key=self.name, key_type=_TRANSACTIONAL_ID)
        request = InitProducerIdRequest(
            transactional_id=self.name,
            transaction_timeout_ms=_TRANSACTION_TIMEOUT_MS,
            producer_epoch=-1,
        )
        while True:
            found = await self.call(find, self.version_of(FindCoordinatorRequest, 1, 3))
            self.expect(found.error_code)
            response = await self.call(request, self.version_of(InitProducerIdRequest, 0, 5))
            if response.error_code == ErrorCode.NONE:
                break
            # A zombie's late request of the same kind may have been in between.
            self.expect(response.error_code, *_LOST)
            await self.pause(BACKOFF_S)
        self._producer_id, self._epoch = response.producer_id, response.producer_epoch
        self._sequences = dict.fromkeys(self._places, 0)

    async def _transact(self) -> None:
        transaction = self._ledger.begin()
        for place in self.random.sample(self._places, self.random.randint(1, len(self._places))):
            if not self._is_newer:
                await self._add(place)
            for _ in range(self.random.randint(1, 2)):
                await self._write(transaction, place)
                await self.pause(0.3)
        if self.random.random() < 0.03:
            await asyncio.sleep(_TRANSACTION_TIMEOUT_MS / 1000 + 3)
        await self._end(transaction, commits=self.random.random() < 0.7)

    async def _add(self, place: Place) -> None:
        request = AddPartitionsToTxnRequest(
            v3_and_below_transactional_id=self.name,
            v3_and_below_producer_id=self._producer_id,
            v3_and_below_producer_epoch=self._epoch,
            v3_and_below_topics=[AddPartitionsToTxnTopic(place.topic, [place.partition])],
        )
        version = self.version_of(AddPartitionsToTxnRequest, 0, 3)
        while True:
            response = await self.call(request, version)
            [result] = response.results_by_topic_v3_and_below[0].results_by_partition
            if not ErrorCode(result.partition_error_code).is_retriable:
                self._check(result.partition_error_code)
                return
            await self.pause(BACKOFF_S)

    async def _write(self, transaction: int, place: Place) -> None:
        values = []
        for _ in range(self.random.randint(1, 3)):
            values.append(Value(self.name, self._next_value))
            self._next_value += 1
        self.history.sent(place, values)
        self._ledger.wrote(transaction, place, values)
        now_ms = EPOCH_MS + int(asyncio.get_running_loop().time() * 1000)
        batch = build_batch(
            [Record(0, now_ms, None, value.encode(), ()) for value in values],
            producer_id=self._producer_id,
            producer_epoch=self._epoch,
            base_sequence=self._sequences[place],
            is_transactional=True,
        )
        self._sequences[place] += len(values)
        data = TopicProduceData(place.topic, partition_data=[])
        data.partition_data.append(PartitionProduceData(place.partition, batch))
        request = ProduceRequest(self.name, acks=-1, timeout_ms=5000, topic_data=[data])
        version = 12 if self._is_newer else self.version_of(ProduceRequest, 3, 11)
        while True:
            response = await self.call(request, version)
            [result] = response.responses[0].partition_responses
            if not ErrorCode(result.error_code).is_retriable:
                self._check(result.error_code)
                return
            await self.pause(BACKOFF_S)

    async def _end(self, transaction: int, *, commits: bool) -> None:
        request = EndTxnRequest(self.name, self._producer_id, self._epoch, commits)
        version = 5 if self._is_newer else self.version_of(EndTxnRequest, 0, 4)
        if commits:
            self._ledger.committing(transaction)
        persists = self.random.random() < 0.7
        while True:
            try:
                response = await self.call(request, version)
            except DisconnectedError:
                if not persists:
                    raise
                await self.pause(BACKOFF_S)
                continue
            if not ErrorCode(response.error_code).is_retriable:
                break
            await self.pause(BACKOFF_S)
        self._check(response.error_code)
        if commits:
            self._ledger.committed(transaction)
        self.trace(f"{self.name} ended {transaction} {commits}")
        if self._is_newer:
            if response.producer_id != self._producer_id:
                self.history.producer_id(response.producer_id)
            self._producer_id, self._epoch = response.producer_id, response.producer_epoch
            self._sequences = dict.fromkeys(self._places, 0)


class CommittedReader(Client):
    """Reads what was committed, from the start of each partition."""

    def __init__(self, *args: Any, places: list[Place], ledger: Ledger) -> None:
        super().__init__(*args)
        self.positions = dict.fromkeys(places, 0)
        self.logs: dict[Place, dict[int, Value]] = {place: {} for place in places}
        self._ledger = ledger

    async def run(self) -> None:
        while not self.is_done:
            await self.poll()

    async def poll(self) -> None:
        """Fetch once."""
        request = FetchRequest(
            max_wait_ms=500,
            min_bytes=1,
            max_bytes=self.random.choice((1 << 20, 300)),
            isolation_level=_READ_COMMITTED,
        )
        for place, position in self.positions.items():
            asked = FetchPartition(
                place.partition, fetch_offset=position, partition_max_bytes=1 << 16
            )
            request.topics.append(FetchTopic(place.topic, partitions=[asked]))
        try:
            response = await self.call(request, self.version_of(FetchRequest, 4, 12))
        except DisconnectedError:
            await self.pause(BACKOFF_S)
            return
        for topic in response.responses:
            for found in topic.partitions:
                place = Place(topic.topic, found.partition_index)
                if found.error_code == ErrorCode.OFFSET_OUT_OF_RANGE:
                    self.history.out_of_range(self.name, place, self.positions[place])
                    self.positions[place] = 0
                    self.logs[place].clear()
                elif found.error_code:
                    self.expect(found.error_code)
                    await self.pause(BACKOFF_S)
                else:
                    self._take(place, found)

    def _take(self, place: Place, found: Any) -> None:
        position = self.positions[place]
        aborted = deque(
            sorted(
                (each.first_offset, each.producer_id) for each in found.aborted_transactions or ()
            )
        )
        ignored: set[int] = set()
        for header, batch in batches(found.records or b""):
            verify_checksum(batch, header)
            while aborted and aborted[0][0] <= header.last_offset:
                ignored.add(aborted.popleft()[1])
            if header.is_control:
                marker = parse_end_txn_marker(batch, header)
                if marker is not None and not marker.is_commit:
                    ignored.discard(header.producer_id)
            elif header.producer_id not in ignored:
                for record in records_of(batch, header, max_bytes=1 << 20):
                    if record.offset >= position:
                        value = Value.decode(record.value)
                        self.history.read(place, record.offset, value, record.offset)
                        self._ledger.read(value)
                        self.logs[place][record.offset] = value
            self.positions[place] = header.next_offset
