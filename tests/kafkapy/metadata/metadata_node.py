"""A controller over a memory disk, for the tests of metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from kafkapy.config.alter import Operation, OperationType
from kafkapy.config.broker import BrokerConfig
from kafkapy.metadata.controller import Controller
from kafkapy.metadata.image import Image, Topic
from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.local import LocalEngine
from kafkapy.wire.messages.create_topics import CreatableTopic, CreatableTopicConfig

NODE_ID = 1


class FixedClock:
    """A clock that stands still."""

    def now_ms(self) -> int:
        return 1_700_000_000_000

    def monotonic_ms(self) -> int:
        return 0


class Node:
    """An engine and the metadata in it; another node on the same disk goes on with both."""

    def __init__(self, disk: MemoryDisk, seed: int = 0) -> None:
        clock = FixedClock()
        self.engine = LocalEngine(disk, now_ms=clock.now_ms)
        self.image = Image(BrokerConfig({}))
        new_uuid = Random(seed).randbytes
        self.controller = Controller(self.engine, self.image, clock, NODE_ID, lambda: new_uuid(16))

    async def start(self) -> Node:
        await self.engine.start()
        await self.controller.load()
        return self

    async def create(
        self, name: str, partitions: int = 1, configs: Mapping[str, str] | None = None
    ) -> Topic:
        await self.controller.create_topic(
            creatable(name, partitions, configs), validate_only=False
        )
        return self.image.topics[name]

    async def change(self, kind: int, name: str, key: str, value: str | None) -> None:
        operation = OperationType.DELETE if value is None else OperationType.SET
        await self.controller.change_config(
            kind, name, [Operation(operation, key, value)], replace=False, validate_only=False
        )


def creatable(
    name: str, partitions: int = 1, configs: Mapping[str, str] | None = None
) -> CreatableTopic:
    return CreatableTopic(
        name=name,
        num_partitions=partitions,
        replication_factor=-1,
        configs=[CreatableTopicConfig(name=k, value=v) for k, v in (configs or {}).items()],
    )


def summary(image: Image) -> object:
    """All that an image says, as values that compare."""
    kinds: Sequence[int] = (2, 4, 16, 32)
    return (
        {
            name: (topic.topic_id, list(topic.partitions), topic.config)
            for name, topic in image.topics.items()
        },
        {
            (kind, name): dict(image.overrides(kind, name))
            for kind in kinds
            for name in image.resources(kind)
        },
        dict(image.broker_config.dynamic_broker),
        dict(image.broker_config.dynamic_default),
        image.next_producer_id,
        image.features,
    )
