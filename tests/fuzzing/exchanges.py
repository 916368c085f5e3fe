"""Requests that go deep: records to topics that exist, read back in any version, found by time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

from kafkapy.wire.api import ApiKey
from kafkapy.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kafkapy.wire.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from kafkapy.wire.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kafkapy.wire.schema import Message, Versions
from tests.fuzzing.records import any_batch, any_set

_FIRST_PRODUCE_WITH_BATCHES = 3
_MANY_BYTES = 1 << 20
_OFFSETS = (0, 0, 1, 2, 3, 5, 10, 30, 100, -1, 2**62)
_TIMES = (-1, -2, -3, -4, -5, -6, -7, 0, 1, 1_700_000_000_000, 1_700_000_000_500, 2**62)


class Exchanges:
    """Makes requests of Produce, Fetch and ListOffsets for topics with these ids."""

    def __init__(
        self, random: Random, versions: Mapping[ApiKey, Versions], topic_ids: Mapping[str, bytes]
    ) -> None:
        self._random = random
        self._versions = versions
        self._topic_ids = topic_ids

    def requests(self) -> Iterator[tuple[Message, int]]:
        """Give requests, each with its version, that belong together."""
        topic = self._random.choice(list(self._topic_ids))
        partition = self._random.choice((0, 0, 0, 1))
        yield self._produce(topic, partition)
        yield self._fetch(topic, partition)
        if self._random.random() < 0.5:
            yield self._list_offsets(topic, partition)

    def _version(self, key: ApiKey) -> int:
        versions = self._versions[key]
        return self._random.randint(versions.first, versions.last)

    def _produce(self, topic: str, partition: int) -> tuple[Message, int]:
        random = self._random
        version = self._version(ApiKey.PRODUCE)
        make = any_batch if version >= _FIRST_PRODUCE_WITH_BATCHES else any_set
        data = [PartitionProduceData(partition, make(random))]
        if random.random() < 0.1:
            data.append(PartitionProduceData(1 - partition, make(random)))
        asked = TopicProduceData(topic, self._topic_ids[topic], data)
        transaction = "txn" if random.random() < 0.05 else None
        acks = random.choice((-1, 1, 1, 0))
        return ProduceRequest(transaction, acks, 1000, [asked]), version

    def _fetch(self, topic: str, partition: int) -> tuple[Message, int]:
        random = self._random
        asked = FetchPartition(partition, fetch_offset=random.choice(_OFFSETS))
        asked.partition_max_bytes = random.choice((1, 100, _MANY_BYTES))
        topics = [FetchTopic(topic, self._topic_ids[topic], [asked])]
        request = FetchRequest(max_wait_ms=0, max_bytes=_MANY_BYTES, topics=topics)
        request.isolation_level = random.choice((0, 1))
        return request, self._version(ApiKey.FETCH)

    def _list_offsets(self, topic: str, partition: int) -> tuple[Message, int]:
        time = self._random.choice(_TIMES)
        asked = [ListOffsetsPartition(partition, timestamp=time, max_num_offsets=3)]
        request = ListOffsetsRequest(-1, topics=[ListOffsetsTopic(topic, asked)])
        return request, self._version(ApiKey.LIST_OFFSETS)
