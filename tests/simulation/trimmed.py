"""Topics whose records are deleted, by their age, their size or a request, and who reads them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.delete_records import (
    DeleteRecordsPartition,
    DeleteRecordsRequest,
    DeleteRecordsTopic,
)
from kafkapy.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kafkapy.wire.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from tests.simulation.checker import History, Place, Value
from tests.simulation.clients import BACKOFF_S, Client, DisconnectedError, Producer, records_in

_EARLIEST = -2
_LATEST = -1
# How much later than it is the broker may take it to be.
_CLOCK_ERROR_S = 2.0


class Known(NamedTuple):
    """Where a partition started when somebody asked for it, and in which life of the broker."""

    life: int
    start: int


class Starts:
    """Where partitions start: never before where they did, nor after what may have been deleted.

    A crash may undo what was not acknowledged, although a reader saw it. `retention_s` has the age
    that records must have reached to be deleted, -inf where the size decides; in partitions that
    are not in it, only what was asked for may be deleted.
    """

    def __init__(self, history: History, retention_s: Mapping[Place, float]) -> None:
        self._history = history
        self._retention_s = retention_s
        self._life = 0
        self._start: dict[Place, int] = {}
        self._acknowledged: dict[Place, int] = {}
        self._furthest: dict[Place, int] = {}
        self._asked: dict[Place, int] = {}
        self._sent_s: dict[tuple[Place, Value], float] = {}

    @property
    def deleted(self) -> int:
        """How many offsets are gone."""
        return sum(self._furthest.values())

    def crash(self) -> None:
        """Expect what was acknowledged."""
        self._life += 1
        self._start = dict(self._acknowledged)

    def forget(self) -> None:
        """Expect nothing of what a power cut may have undone."""
        self._start.clear()
        self._acknowledged.clear()

    def sent(self, place: Place, values: list[Value]) -> None:
        """Note records before they are sent."""
        now_s = self._history.now_s()
        self._sent_s.update({(place, value): now_s for value in values})

    def asking(self, place: Place, offset: int) -> None:
        """Note the deletion of what is before an offset, before it is asked for."""
        self._asked[place] = max(self._asked.get(place, 0), offset)

    def known(self, place: Place) -> Known:
        """Give where a partition starts at least."""
        return Known(self._life, self._start.get(place, 0))

    def found(
        self, place: Place, start: int, known: Known, *, is_acknowledged: bool = False
    ) -> None:
        """Check where a partition was said to start; `known` was so when that was asked."""
        if known.life != self._life:
            return  # nobody knows which of the brokers has answered
        if start < known.start:
            self._history.violation(f"start moved back: {place} from {known.start} to {start}")
        self._check_deleted(place, start)
        self._start[place] = max(self._start.get(place, 0), start)
        if is_acknowledged:
            self._acknowledged[place] = max(self._acknowledged.get(place, 0), start)

    def _check_deleted(self, place: Place, start: int) -> None:
        furthest = self._furthest.get(place, 0)
        if start <= furthest:
            return
        retention_s = self._retention_s.get(place)
        if retention_s is None:
            if start > self._asked.get(place, 0):
                self._history.violation(f"deleted too much: {place} starts at {start}")
        else:
            now_s = self._history.now_s()
            for offset in range(furthest, start):
                value = self._history.acknowledged.get((place, offset))
                sent_s = self._sent_s[place, value] if value is not None else 0.0
                if now_s - sent_s < retention_s - _CLOCK_ERROR_S:
                    self._history.violation(f"deleted too early: {value} at {place} {offset}")
        self._furthest[place] = start


class TrimmedProducer(Producer):
    """Writes what will be deleted."""

    def __init__(self, *args: Any, starts: Starts, **options: Any) -> None:
        super().__init__(*args, **options)
        self._starts = starts

    def new_values(self, place: Place) -> list[Value]:
        values = super().new_values(place)
        self._starts.sent(place, values)
        return values


class _Bounds(Client):
    """Asks where partitions start and end."""

    def __init__(self, *args: Any, places: list[Place], starts: Starts) -> None:
        super().__init__(*args)
        self._places = places
        self._starts = starts

    async def _bound(self, place: Place, timestamp: int) -> int | None:
        known = self._starts.known(place)
        partition = ListOffsetsPartition(place.partition, timestamp=timestamp)
        request = ListOffsetsRequest(-1, topics=[ListOffsetsTopic(place.topic, [partition])])
        response = await self.call(request, self.version_of(ListOffsetsRequest, 1, 5))
        [found] = response.topics[0].partitions
        self.expect(found.error_code)
        if found.error_code:
            return None
        if timestamp == _EARLIEST:
            self._starts.found(place, found.offset, known)
        return int(found.offset)


class Trimmer(_Bounds):
    """Deletes the front of its partitions; sometimes it asks for more than there is."""

    async def run(self) -> None:
        while not self.is_draining:
            with contextlib.suppress(DisconnectedError):
                await self._trim(self.random.choice(self._places))
            await self.pause(3.0)

    async def _trim(self, place: Place) -> None:
        start, end = await self._bound(place, _EARLIEST), await self._bound(place, _LATEST)
        if start is None or end is None or end < start:
            return
        offset = self.random.randint(start, end)
        is_too_far = self.random.random() < 0.1
        if is_too_far:
            offset = end + 1_000_000
        else:
            self._starts.asking(place, offset)
        known = self._starts.known(place)
        partition = DeleteRecordsPartition(place.partition, offset)
        request = DeleteRecordsRequest([DeleteRecordsTopic(place.topic, [partition])], 5000)
        response = await self.call(request, self.version_of(DeleteRecordsRequest, 0, 2))
        [result] = response.topics[0].partitions
        if result.error_code == ErrorCode.NONE:
            self._starts.found(place, result.low_watermark, known, is_acknowledged=True)
        else:
            self.expect(result.error_code, ErrorCode.OFFSET_OUT_OF_RANGE)


class TrimmedReader(_Bounds):
    """Reads its partitions; what is out of range it takes up again where they start."""

    def __init__(self, *args: Any, places: list[Place], starts: Starts) -> None:
        super().__init__(*args, places=places, starts=starts)
        self.positions = dict.fromkeys(places, 0)
        self.logs: dict[Place, dict[int, Value]] = {place: {} for place in places}
        self.resets = 0

    async def run(self) -> None:
        while not self.is_done:
            await self.poll()
            await self.pause(2.0)  # so that records go before they were read

    async def poll(self) -> None:
        """Fetch once."""
        request = FetchRequest(max_wait_ms=200, min_bytes=1, max_bytes=1 << 16)
        for place, position in self.positions.items():
            asked = FetchPartition(
                place.partition, fetch_offset=position, partition_max_bytes=1 << 12
            )
            request.topics.append(FetchTopic(place.topic, partitions=[asked]))
        known = {place: self._starts.known(place) for place in self._places}
        try:
            response = await self.call(request, self.version_of(FetchRequest, 5, 12))
            for topic in response.responses:
                for found in topic.partitions:
                    place = Place(topic.topic, found.partition_index)
                    await self._take(place, found, known[place])
        except DisconnectedError:
            await self.pause(BACKOFF_S)

    async def _take(self, place: Place, found: Any, known: Known) -> None:
        if found.error_code == ErrorCode.OFFSET_OUT_OF_RANGE:
            await self._reset(place)
        elif found.error_code:
            self.expect(found.error_code)
            await self.pause(BACKOFF_S)
        else:
            self._starts.found(place, found.log_start_offset, known)
            for record in records_in(found.records, self.positions[place]):
                value = Value.decode(record.value)
                self.history.read(place, record.offset, value, self.positions[place])
                self.positions[place] = record.offset + 1
                self.logs[place][record.offset] = value

    async def _reset(self, place: Place) -> None:
        start = await self._bound(place, _EARLIEST)
        if start is None:
            return
        if start <= self.positions[place]:
            self.history.out_of_range(self.name, place, self.positions[place])
        self.resets += 1
        self.positions[place] = start
        self.logs[place].clear()
