"""Changes of the cluster's metadata, one at a time.

A topic's logs are made before the records that name them, and deleted after the record that
removes it: what the metadata names always exists, and a log that it does not name is litter of a
crash, which the start removes. So a change that was begun is ended, although its client hangs up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

from kafkapy.clock import Clock
from kafkapy.config.alter import Operation
from kafkapy.eager import uninterrupted
from kafkapy.errors import ApiError, error_code
from kafkapy.metadata.features import SUPPORTED_FEATURES
from kafkapy.metadata.image import TOPIC, Image, Topic, partition_record
from kafkapy.metadata.log import METADATA_LOG, MetadataLog
from kafkapy.metadata.resources import plan_change
from kafkapy.metadata.topics import TopicPlan, check_growth, plan_topic
from kafkapy.storage.config import LogConfig
from kafkapy.storage.engine import Engine, LogId
from kafkapy.storage.errors import StorageError
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.internal.metadata import (
    ConfigRecord,
    FeatureLevelRecord,
    ProducerIdsRecord,
    RemoveTopicRecord,
    TopicRecord,
)
from kafkapy.wire.messages.create_topics import CreatableTopic, CreatableTopicConfig
from kafkapy.wire.schema import Data

_LOG = logging.getLogger(__name__)

# In Kafka's texts of ids a first character "-" would look like an option to a command.
_DASH = 62
# Producer ids are taken from the log in blocks, as in Kafka, so that most cost no record.
_PRODUCER_ID_BLOCK = 1000


class Controller:
    """Makes every change of metadata: checks it, makes it durable, applies it."""

    def __init__(
        self,
        engine: Engine,
        image: Image,
        clock: Clock,
        node_id: int,
        new_uuid: Callable[[], bytes],
    ) -> None:
        self.image = image
        self.deleted_listeners: list[Callable[[Collection[str]], Awaitable[None]]] = []
        self._engine = engine
        self._log = MetadataLog(engine, image)
        self._clock = clock
        self._node_id = node_id
        self._new_uuid = new_uuid
        self._lock = asyncio.Lock()
        self._next_producer_id = 0
        self._last_producer_id = -1

    async def load(self) -> None:
        """Replay the metadata log, and make the logs those that it names. Raises StorageError.

        What a crash left without a topic goes; what someone removed is empty, as in Kafka.
        """
        await self._engine.adopt([METADATA_LOG])
        await self._log.load()
        await self._log.compact(self._clock.now_ms())
        await self._commit(
            [
                FeatureLevelRecord(name=name, feature_level=levels.last)
                for name, levels in SUPPORTED_FEATURES.items()
                if name not in self.image.features
            ]
        )
        known = {METADATA_LOG, *self.image.logs()}
        await self._engine.adopt(self.image.logs())
        await self._engine.delete([log for log in self._engine.logs() if log not in known])
        found = set(self._engine.logs())
        for topic in self.image.topics.values():
            missing = [log for log in topic.partitions if log not in found]
            await self._engine.create(missing, topic.config)
            await self._configure(topic)

    @uninterrupted
    async def create_topic(self, request: CreatableTopic, *, validate_only: bool) -> TopicPlan:
        """Create a topic, or only say whether that would succeed. Raises ApiError."""
        async with self._change():
            plan = plan_topic(request, self.image, self._node_id, self._new_topic_id())
            if not validate_only:
                await self._create(plan)
            return plan

    async def create_missing(
        self, name: str, partitions: int = -1, overrides: Mapping[str, str] | None = None
    ) -> Topic:
        """Give the topic, created if need be: auto-creation and internal topics."""
        topic = self.image.topics.get(name)
        if topic is not None:
            return topic
        if name == METADATA_LOG.topic:
            raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        configs = [CreatableTopicConfig(name=k, value=v) for k, v in (overrides or {}).items()]
        request = CreatableTopic(
            name=name, num_partitions=partitions, replication_factor=-1, configs=configs
        )
        try:
            await self.create_topic(request, validate_only=False)
        except ApiError as error:
            if error.code != ErrorCode.TOPIC_ALREADY_EXISTS:
                raise
        return self.image.topics[name]

    @uninterrupted
    async def delete_topic(self, topic: Topic) -> None:
        """Delete a topic with all its logs. Raises ApiError."""
        async with self._change():
            self._check_exists(topic)
            await self._commit([RemoveTopicRecord(topic_id=topic.topic_id)])
            await self._engine.delete(topic.partitions)
        for listener in self.deleted_listeners:
            await listener([topic.name])

    @uninterrupted
    async def create_partitions(
        self,
        topic: Topic,
        count: int,
        assignments: Sequence[Sequence[int]] | None,
        *,
        validate_only: bool,
    ) -> None:
        """Let a topic grow to `count` partitions. Raises ApiError."""
        async with self._change():
            self._check_exists(topic)
            check_growth(topic, count, assignments, self._node_id)
            if validate_only:
                return
            indexes = range(len(topic.partitions), count)
            logs = [LogId(topic.name, index, topic.topic_id) for index in indexes]
            await self._add_partitions(logs, topic.config, [])

    @uninterrupted
    async def change_config(
        self,
        resource_type: int,
        name: str,
        operations: Sequence[Operation],
        *,
        replace: bool,
        validate_only: bool,
    ) -> None:
        """Change settings of one resource; with `replace`, drop those it has. Raises ApiError."""
        async with self._change():
            changes = plan_change(resource_type, name, operations, self.image, replace=replace)
            if validate_only:
                return
            await self._commit(
                [
                    ConfigRecord(
                        resource_type=resource_type, resource_name=name, name=key, value=value
                    )
                    for key, value in changes.items()
                ]
            )
            topics = self.image.topics
            affected = [topics[name]] if resource_type == TOPIC else topics.values()
            for topic in affected:
                await self._configure(topic)

    @uninterrupted
    async def next_producer_id(self) -> int:
        """Give a producer id that nobody was given before, over restarts too. Raises ApiError."""
        async with self._change():
            if self._next_producer_id > self._last_producer_id:
                first = self.image.next_producer_id
                last = first + _PRODUCER_ID_BLOCK
                record = ProducerIdsRecord(broker_id=self._node_id, next_producer_id=last)
                await self._commit([record])
                self._next_producer_id, self._last_producer_id = first, last - 1
            producer_id = self._next_producer_id
            self._next_producer_id += 1
            return producer_id

    @property
    def metadata_offset(self) -> int:
        """The offset of the last change; the epoch of the features, among others."""
        return self._log.offset

    @asynccontextmanager
    async def _change(self) -> AsyncIterator[None]:
        """Let one change at a time in; what storage refuses becomes an ApiError."""
        async with self._lock:
            try:
                yield
            except StorageError as error:
                raise ApiError(error_code(error), str(error)) from error

    def _check_exists(self, topic: Topic) -> None:
        if self.image.topic_by_id(topic.topic_id) is None:
            raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)

    def _new_topic_id(self) -> bytes:
        while True:
            topic_id = self._new_uuid()
            if topic_id[0] >> 2 != _DASH and self.image.topic_by_id(topic_id) is None:
                return topic_id

    async def _configure(self, topic: Topic) -> None:
        for log in topic.partitions:
            try:
                await self._engine.configure(log, topic.config)
            except StorageError as error:
                # One damaged log must not take the others with it.
                _LOG.warning("%s stays offline: %s", log, error)

    async def _create(self, plan: TopicPlan) -> None:
        logs = [LogId(plan.name, index, plan.topic_id) for index in range(plan.partitions)]
        records: list[Data] = [
            ConfigRecord(resource_type=TOPIC, resource_name=plan.name, name=key, value=value)
            for key, value in plan.overrides.items()
        ]
        records.append(TopicRecord(name=plan.name, topic_id=plan.topic_id))
        await self._add_partitions(logs, plan.config, records)

    async def _add_partitions(
        self, logs: Sequence[LogId], config: LogConfig, records: Sequence[Data]
    ) -> None:
        """Make logs, then the records that lead to them; or neither."""
        await self._engine.create(logs, config)
        try:
            partitions = [partition_record(log, self._node_id) for log in logs]
            await self._commit([*records, *partitions])
        except BaseException:
            await self._engine.delete(logs)
            raise

    async def _commit(self, records: Sequence[Data]) -> None:
        await self._log.commit(records, self._clock.now_ms())
