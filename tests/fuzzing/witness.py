"""A client that does everything right, beside the frames that do not: it must notice nothing."""

from __future__ import annotations

from random import Random

from kafkapy.wire.api import ApiKey
from kafkapy.wire.errors import WireError
from kafkapy.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kafkapy.wire.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from kafkapy.wire.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kafkapy.wire.records.batch import batches
from kafkapy.wire.records.legacy import build_message_set, records_of_message_set
from kafkapy.wire.records.record import Record, build_batch, records_of
from tests.fuzzing.errors import FuzzError
from tests.fuzzing.target import WITNESS, Target

_MAX_BYTES = 1 << 20
_FIRST_PRODUCE_WITH_BATCHES = 3
_FIRST_FETCH_WITH_BATCHES = 4
_LATEST = -1


class Witness:
    """Writes to a topic of its own, and reads all of it again."""

    def __init__(self, random: Random, target: Target) -> None:
        self._random = random
        self._target = target
        self._written: list[bytes] = []

    async def testify(self) -> None:
        """Append, read and ask for the end, in any version. Raises FuzzError."""
        await self._append()
        await self._read()
        await self._ask_for_the_end()

    def _version(self, key: ApiKey) -> int:
        versions = self._target.versions[key]
        return self._random.randint(versions.first, versions.last)

    async def _append(self) -> None:
        version = self._version(ApiKey.PRODUCE)
        value = f"value {len(self._written)}".encode()
        records = [Record(0, 1_700_000_000_000, b"key", value)]
        if version < _FIRST_PRODUCE_WITH_BATCHES:
            data = build_message_set(records, 0 if version < 2 else 1)
        else:
            data = build_batch(records, compression=self._random.choice((0, 1, 2, 3)))
        asked = TopicProduceData(
            WITNESS, self._target.topic_id(WITNESS), [PartitionProduceData(0, data)]
        )
        response = await self._target.call(ProduceRequest(None, 1, 1000, [asked]), version)
        [result] = response.responses[0].partition_responses
        if (result.error_code, result.base_offset) != (0, len(self._written)):
            raise FuzzError(f"a good record is not appended: {result}")
        self._written.append(value)

    async def _read(self) -> None:
        version = self._version(ApiKey.FETCH)
        asked = FetchPartition(0, fetch_offset=0, partition_max_bytes=_MAX_BYTES)
        topics = [FetchTopic(WITNESS, self._target.topic_id(WITNESS), [asked])]
        request = FetchRequest(max_wait_ms=0, max_bytes=_MAX_BYTES, topics=topics)
        response = await self._target.call(request, version)
        [found] = response.responses[0].partitions
        try:
            values = _values(bytes(found.records or b""), version)
        except WireError as error:
            raise FuzzError(f"good records come back damaged: {error}") from None
        if found.error_code or values != list(enumerate(self._written)):
            raise FuzzError(f"good records do not come back: {found.error_code} {values}")

    async def _ask_for_the_end(self) -> None:
        version = max(1, self._version(ApiKey.LIST_OFFSETS))
        asked = [ListOffsetsPartition(0, timestamp=_LATEST)]
        request = ListOffsetsRequest(-1, topics=[ListOffsetsTopic(WITNESS, asked)])
        response = await self._target.call(request, version)
        [found] = response.topics[0].partitions
        if (found.error_code, found.offset) != (0, len(self._written)):
            raise FuzzError(f"the end of good records is not told: {found}")


def _values(records: bytes, version: int) -> list[tuple[int, bytes | None]]:
    if version < _FIRST_FETCH_WITH_BATCHES:
        found = records_of_message_set(records, max_bytes=_MAX_BYTES)
    else:
        found = [
            record
            for header, batch in batches(records)
            for record in records_of(batch, header, max_bytes=_MAX_BYTES)
        ]
    return [(record.offset, record.value) for record in found]
