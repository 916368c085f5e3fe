"""A compacted topic: who writes its keys, and who checks that the last value of each is there."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.records.record import Record, build_batch
from tests.simulation.checker import History, Place, Value
from tests.simulation.clients import BACKOFF_S, Client, DisconnectedError, IdempotentProducer
from tests.simulation.committed import Seen, View
from tests.simulation.ledger import Ledger
from tests.simulation.loop import EPOCH_MS
from tests.simulation.transactions import TransactionalProducer

_KEYS = 6


class _Last(NamedTuple):
    """Where a key was written last, as far as that was acknowledged."""

    offset: int
    is_tombstone: bool


class Table:
    """The last acknowledged record of each key. A tombstone may go, with all that it deleted."""

    def __init__(self, history: History) -> None:
        self.losses = 0
        self.compacted = 0  # how many records of an earlier scan were gone in a later one
        self._history = history
        self._last: dict[Place, dict[bytes, _Last]] = {}

    def forget(self) -> None:
        """Expect nothing of what a power cut may have taken."""
        self.losses += 1
        self._last.clear()

    def wrote(self, place: Place, base_offset: int, records: list[Record]) -> None:
        """Note records that were acknowledged, of a transaction when it was committed."""
        last = self._last.setdefault(place, {})
        for offset, record in enumerate(records, base_offset):
            assert record.key is not None
            known = last.get(record.key)
            if known is None or known.offset < offset:
                last[record.key] = _Last(offset, record.value is None)

    def last(self, place: Place) -> dict[bytes, _Last]:
        """Give what a scan that begins now has to find at least."""
        return dict(self._last.get(place, {}))

    def scanned(self, place: Place, found: dict[bytes, Seen], expected: dict[bytes, _Last]) -> None:
        """Check what was found of each key at last."""
        for key, (offset, is_tombstone) in expected.items():
            seen = found.get(key)
            if seen is None:
                if not is_tombstone:
                    self._history.violation(f"key lost: {key!r} of {place}, written at {offset}")
            elif seen.offset < offset:
                what = "came back" if is_tombstone else "lost its last value"
                self._history.violation(
                    f"key {what}: {key!r} of {place}: {seen.offset} where {offset} was written"
                )


class _Keys:
    """Makes the records of one writer: few keys, and a tombstone now and then."""

    def __init__(self, client: Client) -> None:
        self._random = client.random

    def record(self, value: Value) -> Record:
        now_ms = EPOCH_MS + int(asyncio.get_running_loop().time() * 1000)
        key = b"key%d" % self._random.randrange(_KEYS)
        is_tombstone = self._random.random() < 0.15
        return Record(0, now_ms, key, None if is_tombstone else value.encode(), ())


class KeyedProducer(IdempotentProducer):
    """Writes keyed records, one request at a time."""

    def __init__(self, *args: Any, places: list[Place], table: Table) -> None:
        super().__init__(*args, places=places)
        self._table = table
        self._keys = _Keys(self)
        self._producers: dict[Place, tuple[int, int]] = {}  # id and next sequence

    async def _produce(self, place: Place) -> None:
        while not self.is_draining:
            await self.write(place)
            await self.pause(0.5)

    async def write(self, place: Place) -> None:
        """Write a few records, and return when they are acknowledged or cannot be."""
        producer_id, sequence = self._producers.get(place) or (await self._new_id(), 0)
        records = [self._keys.record(value) for value in self.new_values(place)]
        batch = build_batch(
            records, producer_id=producer_id, producer_epoch=0, base_sequence=sequence
        )
        self._producers[place] = producer_id, sequence + len(records)
        if not await self._persist(place, batch, records):
            self.gaps += 1
            del self._producers[place]

    async def _persist(self, place: Place, batch: bytes, records: list[Record]) -> bool:
        """Send a batch until it is acknowledged; False where its producer was forgotten."""
        request = self.request(place, batch)
        while True:
            response = await self.insist(lambda: self.call(request, self.version))
            [result] = response.responses[0].partition_responses
            if result.error_code == ErrorCode.NONE:
                self._table.wrote(place, result.base_offset, records)
                return True
            if result.error_code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER:
                self.history.forgot_producer(self.name, place)
                return False
            self.expect(result.error_code)
            await self.pause(BACKOFF_S)


class KeyedTransactions(TransactionalProducer):
    """Writes keyed records in transactions."""

    def __init__(self, *args: Any, table: Table, **options: Any) -> None:
        super().__init__(*args, **options)
        self._table = table
        self._keys = _Keys(self)
        self._made: list[Record] = []
        self._wrote: list[tuple[Place, int, list[Record]]] = []

    def _record(self, value: Value) -> Record:
        record = self._keys.record(value)
        self._made.append(record)
        return record

    async def _write(self, transaction: int, place: Place, values: list[Value]) -> int:
        self._made = []
        base_offset = await super()._write(transaction, place, values)
        self._wrote.append((place, base_offset, self._made))
        return base_offset

    async def _transact(self) -> None:
        self._wrote = []
        await super()._transact()

    async def _end(self, transaction: int, *, commits: bool) -> None:
        losses = self._table.losses
        await super()._end(transaction, commits=commits)
        if commits and losses == self._table.losses:
            for wrote in self._wrote:
                self._table.wrote(*wrote)


class TableReader(Client):
    """Reads a compacted topic from its start to its end, again and again."""

    def __init__(self, *args: Any, places: list[Place], table: Table, ledger: Ledger) -> None:
        super().__init__(*args)
        self._places = places
        self._table = table
        self._ledger = ledger
        self._offsets: dict[Place, set[int]] = {place: set() for place in places}

    async def run(self) -> None:
        while not self.is_done:
            await self.scan(self.random.choice(self._places))
            await self.pause(1.0)

    async def scan(self, place: Place) -> bool:
        """Read one partition, and check it; False where something came between."""
        expected, losses = self._table.last(place), self._table.losses
        end = max((last.offset for last in expected.values()), default=-1) + 1
        view = View(self, {place: 0}, self._ledger)
        found: dict[bytes, Seen] = {}
        offsets: set[int] = set()
        while view.positions[place] < max(end, view.stable[place]) or view.stable[place] < 0:
            try:
                for seen in await view.poll(500):
                    assert seen.key is not None
                    found[seen.key] = seen
                    offsets.add(seen.offset)
            except DisconnectedError:
                await self.pause(BACKOFF_S)
                return False
            if self.is_done or losses != self._table.losses:
                return False
        self._table.scanned(place, found, expected)
        self._table.compacted += len(self._offsets[place] - offsets)
        self._offsets[place] = offsets
        return True
