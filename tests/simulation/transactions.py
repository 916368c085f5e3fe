"""Transactions over several partitions, which also read, and which commit offsets of a group."""

from __future__ import annotations

import asyncio
from typing import Any

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.add_offsets_to_txn import AddOffsetsToTxnRequest
from kafkapy.wire.messages.add_partitions_to_txn import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
)
from kafkapy.wire.messages.end_txn import EndTxnRequest
from kafkapy.wire.messages.find_coordinator import FindCoordinatorRequest
from kafkapy.wire.messages.init_producer_id import InitProducerIdRequest
from kafkapy.wire.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestTopic
from kafkapy.wire.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kafkapy.wire.messages.txn_offset_commit import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from kafkapy.wire.records.record import Record, build_batch
from tests.simulation.checker import Place, Value
from tests.simulation.clients import BACKOFF_S, Client, DisconnectedError
from tests.simulation.committed import View
from tests.simulation.ledger import Ledger
from tests.simulation.loop import EPOCH_MS

_TRANSACTION_TIMEOUT_MS = 10_000
_TRANSACTIONAL_ID = 1

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
    those after it, which are given a new epoch at the end of each transaction. `most` bounds how
    many transactions there are.
    """

    def __init__(
        self,
        *args: Any,
        places: list[Place],
        ledger: Ledger,
        is_newer: bool | None = None,
        most: int = 1_000_000,
    ) -> None:
        super().__init__(*args)
        self.history.idempotent.add(self.name)
        self.left = most
        self._places = places
        self._ledger = ledger
        self._is_newer = self.random.random() < 0.5 if is_newer is None else is_newer
        self._view = View(self, dict.fromkeys(places, 0), ledger)
        self._next_value = 0
        self._producer_id = self._epoch = -1
        self._sequences: dict[Place, int] = {}

    async def run(self) -> None:
        while not self.is_draining and self.left > 0:
            try:
                await self._init()
                while not self.is_draining and self.left > 0:
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
        self.left -= 1
        if self.random.random() < 0.4:
            seen = await self._view.poll(0)
            self._ledger.took(transaction, [each.value for each in seen if each.value])
        for place in self.random.sample(self._places, self.random.randint(1, len(self._places))):
            if not self._is_newer:
                await self._add(place)
            for _ in range(self.random.randint(1, 2)):
                await self._write(transaction, place, self._values(self.random.randint(1, 3)))
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

    def _values(self, count: int) -> list[Value]:
        first = self._next_value
        self._next_value += count
        return [Value(self.name, number) for number in range(first, self._next_value)]

    def _record(self, value: Value) -> Record:
        now_ms = EPOCH_MS + int(asyncio.get_running_loop().time() * 1000)
        return Record(0, now_ms, None, value.encode(), ())

    async def _write(self, transaction: int, place: Place, values: list[Value]) -> int:
        """Write records, and give the offset of the first one."""
        self.history.sent(place, values)
        self._ledger.wrote(transaction, place, values)
        batch = build_batch(
            [self._record(value) for value in values],
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
                return int(result.base_offset)
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


class Transformer(TransactionalProducer):
    """Makes one record of each that it reads, and commits how far it has read with them.

    `places` is where it writes, `sources` where it reads, all of one topic.
    """

    def __init__(self, *args: Any, sources: list[Place], group: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._sources = sources
        self._group = group

    async def _init(self) -> None:
        await super()._init()
        positions = await committed_offsets(self, self._group, self._sources)
        self._view = View(self, positions, self._ledger)

    async def _transact(self) -> None:
        seen = await self._view.poll(500)
        if not seen:
            return
        transaction = self._ledger.begin()
        self.left -= 1
        self._ledger.took(transaction, [each.value for each in seen if each.value])
        offsets: dict[Place, int] = {}
        for each in seen:
            self._ledger.consumed(transaction, each.place, [each.offset])
            offsets[each.place] = each.offset + 1
        place = self.random.choice(self._places)
        is_early = self.random.random() < 0.3
        if is_early:
            await self._commit_offsets(offsets)
        if not self._is_newer:
            await self._add(place)
        await self._write(transaction, place, self._values(len(seen)))
        if not is_early:
            await self._commit_offsets(offsets)
        is_commit = self.random.random() < 0.8
        await self._end(transaction, commits=is_commit)
        if not is_commit:
            raise _LostError  # what was read has to be read again
        for source, offset in offsets.items():
            self.history.committed(self._group, source, offset)

    async def _commit_offsets(self, offsets: dict[Place, int]) -> None:
        if not self._is_newer:
            await self._add_offsets()
        partitions = []
        for place, offset in offsets.items():
            self.history.committing(self._group, place, offset)
            partitions.append(
                TxnOffsetCommitRequestPartition(place.partition, offset, committed_metadata="")
            )
        request = TxnOffsetCommitRequest(
            transactional_id=self.name,
            group_id=self._group,
            producer_id=self._producer_id,
            producer_epoch=self._epoch,
            topics=[TxnOffsetCommitRequestTopic(self._sources[0].topic, partitions)],
        )
        version = 5 if self._is_newer else self.version_of(TxnOffsetCommitRequest, 0, 4)
        while True:
            response = await self.call(request, version)
            codes = {found.error_code for found in response.topics[0].partitions}
            if not any(ErrorCode(code).is_retriable for code in codes):
                for code in codes:
                    self._check(code)
                return
            await self.pause(BACKOFF_S)

    async def _add_offsets(self) -> None:
        request = AddOffsetsToTxnRequest(self.name, self._producer_id, self._epoch, self._group)
        version = self.version_of(AddOffsetsToTxnRequest, 0, 3)
        while True:
            response = await self.call(request, version)
            if not ErrorCode(response.error_code).is_retriable:
                self._check(response.error_code)
                return
            await self.pause(BACKOFF_S)


async def committed_offsets(client: Client, group: str, places: list[Place]) -> dict[Place, int]:
    """Ask for a group's offsets, 0 where there is none, once no transaction may change them.

    Raises DisconnectedError.
    """
    at_least = {place: client.history.last_committed(group, place) for place in places}
    topic = OffsetFetchRequestTopic(places[0].topic, [place.partition for place in places])
    request = OffsetFetchRequest(group_id=group, topics=[topic], require_stable=True)
    while True:
        # Without it the topic of the offsets may not be there.
        found = await client.call(FindCoordinatorRequest(key=group), 1)
        response = await client.call(request, 7)
        codes = {found.error_code, response.error_code}
        offsets = {}
        for each in response.topics[0].partitions if response.topics else ():
            codes.add(each.error_code)
            offsets[Place(places[0].topic, each.partition_index)] = each.committed_offset
        if codes == {ErrorCode.NONE}:
            break
        for code in codes:
            client.expect(code)
        await client.pause(BACKOFF_S)
    for place, offset in offsets.items():
        client.history.fetched(group, place, offset, at_least[place])
    return {place: max(offset, 0) for place, offset in offsets.items()}
