"""Readers that are shown only what was committed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kafkapy.wire.records.batch import batches, verify_checksum
from kafkapy.wire.records.control import parse_end_txn_marker
from kafkapy.wire.records.record import Record, records_of
from tests.simulation.checker import Place, Value
from tests.simulation.clients import BACKOFF_S, Client, DisconnectedError
from tests.simulation.ledger import Ledger

_READ_COMMITTED = 1


class Seen(NamedTuple):
    """A record that was read; a tombstone has no value."""

    place: Place
    offset: int
    key: bytes | None
    value: Value | None


class View:
    """What one client has read of some partitions, transactions that were aborted left out."""

    def __init__(self, client: Client, positions: Mapping[Place, int], ledger: Ledger) -> None:
        self.positions = dict(positions)
        self.logs: dict[Place, dict[int, Value]] = {place: {} for place in positions}
        # By the offset of the marker of a commit: one of the records that it made count.
        self.marks: dict[Place, dict[int, Value]] = {place: {} for place in positions}
        # Up to where there was something to read, when it was last asked.
        self.stable: dict[Place, int] = dict.fromkeys(positions, -1)
        self._open: dict[tuple[Place, int], Value] = {}
        self._starts = dict(positions)
        self._client = client
        self._ledger = ledger

    async def poll(self, max_wait_ms: int) -> list[Seen]:
        """Fetch once. Raises DisconnectedError."""
        client = self._client
        request = FetchRequest(
            max_wait_ms=max_wait_ms,
            min_bytes=1,
            max_bytes=client.random.choice((1 << 20, 300)),
            isolation_level=_READ_COMMITTED,
        )
        for place, position in self.positions.items():
            asked = FetchPartition(
                place.partition, fetch_offset=position, partition_max_bytes=1 << 16
            )
            request.topics.append(FetchTopic(place.topic, partitions=[asked]))
        try:
            response = await client.call(request, client.version_of(FetchRequest, 4, 12))
        except DisconnectedError:
            self._rewind()
            raise
        seen: list[Seen] = []
        for topic in response.responses:
            for found in topic.partitions:
                place = Place(topic.topic, found.partition_index)
                if found.error_code == ErrorCode.OFFSET_OUT_OF_RANGE:
                    client.history.out_of_range(client.name, place, self.positions[place])
                    self.positions[place] = self._starts[place]
                    self.logs[place].clear()
                elif found.error_code:
                    client.expect(found.error_code)
                    await client.pause(BACKOFF_S)
                else:
                    self.stable[place] = found.last_stable_offset
                    seen += self._take(place, found)
        return seen

    def _rewind(self) -> None:
        """Go back to the last record that counts, all before which must be durable.

        What followed it, markers and aborted records, may be lost where the power was cut.
        """
        for place, log in self.logs.items():
            self.positions[place] = max(log) + 1 if log else self._starts[place]

    def _take(self, place: Place, found: Any) -> list[Seen]:
        position = self.positions[place]
        aborted = deque(
            sorted(
                (each.first_offset, each.producer_id) for each in found.aborted_transactions or ()
            )
        )
        ignored: set[int] = set()
        seen = []
        for header, batch in batches(found.records or b""):
            verify_checksum(batch, header)
            while aborted and aborted[0][0] <= header.last_offset:
                ignored.add(aborted.popleft()[1])
            if header.is_control:
                marker = parse_end_txn_marker(batch, header)
                if marker is not None:
                    ignored.discard(header.producer_id)
                    value = self._open.pop((place, header.producer_id), None)
                    if value is not None and marker.is_commit:
                        self.marks[place][header.base_offset] = value
            elif header.producer_id not in ignored:
                for record in records_of(batch, header, max_bytes=1 << 20):
                    if record.offset >= position:
                        seen.append(self._see(place, header.producer_id, record))
            self.positions[place] = header.next_offset
        return seen

    def _see(self, place: Place, producer_id: int, record: Record) -> Seen:
        if record.value is None:
            return Seen(place, record.offset, record.key, None)
        value = Value.decode(record.value)
        self._client.history.read(place, record.offset, value, record.offset)
        self._ledger.read(value)
        self.logs[place][record.offset] = value
        self._open[place, producer_id] = value
        return Seen(place, record.offset, record.key, value)


class CommittedReader(Client):
    """Reads what was committed, from the start of each partition."""

    def __init__(self, *args: Any, places: list[Place], ledger: Ledger) -> None:
        super().__init__(*args)
        self.view = View(self, dict.fromkeys(places, 0), ledger)

    @property
    def positions(self) -> dict[Place, int]:
        """Up to where everything was read."""
        return self.view.positions

    async def run(self) -> None:
        while not self.is_done:
            await self.poll()

    async def poll(self) -> None:
        """Fetch once."""
        try:
            await self.view.poll(500)
        except DisconnectedError:
            await asyncio.sleep(self.random.random() * BACKOFF_S)
