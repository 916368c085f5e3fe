"""How a story is told, and what many of them begin with.

A story is a generator of requests that is given the answer to each.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from kafkapy.wire.api import ApiKey
from kafkapy.wire.messages import create_topics, fetch, produce
from kafkapy.wire.records.record import Record, build_batch
from kafkapy.wire.schema import Request, Response

Story = Generator[Request, Response, None]
STORIES: dict[ApiKey, list[Callable[[str], Story]]] = {}


def story(*keys: ApiKey) -> Callable[[Callable[[str], Story]], Callable[[str], Story]]:
    def add(tell: Callable[[str], Story]) -> Callable[[str], Story]:
        for key in keys:
            STORIES.setdefault(key, []).append(tell)
        return tell

    return add


def batch(*times_ms: int, key: bytes | None = None, **options: int) -> bytes:
    return build_batch(
        [Record(timestamp_ms=t, key=key, value=b"v%d" % t) for t in times_ms], **options
    )


def new_topic(name: str, partitions: int = 1, **configs: str) -> create_topics.CreateTopicsRequest:
    settings = [
        create_topics.CreatableTopicConfig(key.replace("_", "."), value)
        for key, value in configs.items()
    ]
    topic = create_topics.CreatableTopic(name, partitions, 1, [], settings)
    return create_topics.CreateTopicsRequest([topic])


def created(name: str, partitions: int = 1, **configs: str) -> Generator[Request, Response, bytes]:
    """Create a topic and give its id."""
    answer = yield new_topic(name, partitions, **configs)
    return answer.topics[0].topic_id


def producing(
    name: str, topic_id: bytes, records: bytes | None, partition: int = 0, acks: int = -1
) -> produce.ProduceRequest:
    data = [produce.PartitionProduceData(partition, records)]
    return produce.ProduceRequest(
        None, acks, 10_000, [produce.TopicProduceData(name, topic_id, data)]
    )


def fetching(name: str, topic_id: bytes, offset: int, **options: int) -> fetch.FetchRequest:
    limits = {
        "max_wait_ms": 0,
        "min_bytes": 0,
        "max_bytes": 1 << 20,
        "partition_max_bytes": 1 << 20,
    }
    limits |= {"partition": 0, "isolation_level": 0, "current_leader_epoch": -1, **options}
    part = fetch.FetchPartition(
        partition=limits["partition"],
        current_leader_epoch=limits["current_leader_epoch"],
        fetch_offset=offset,
        partition_max_bytes=limits["partition_max_bytes"],
    )
    return fetch.FetchRequest(
        max_wait_ms=limits["max_wait_ms"],
        min_bytes=limits["min_bytes"],
        max_bytes=limits["max_bytes"],
        isolation_level=limits["isolation_level"],
        topics=[fetch.FetchTopic(name, topic_id, [part])],
    )
