"""What the cluster has agreed on: topics, partitions, configuration.

An image changes only in `replay`, by the records of the cluster metadata log, which are Kafka's
own (KIP-500, KIP-631); so that what a broker knows after a restart is what it knew before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping

from kafkapy.config.broker import BrokerConfig
from kafkapy.config.topic import TopicConfig, resolve_topic
from kafkapy.storage.engine import LogId
from kafkapy.wire.internal import metadata as records
from kafkapy.wire.schema import Data

_LOG = logging.getLogger(__name__)

# The resource types of ConfigRecord and of the configuration APIs.
TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP = 2, 4, 8, 16, 32

INTERNAL_TOPICS = frozenset({"__consumer_offsets", "__transaction_state", "__share_group_state"})


class Topic:
    """One topic: its partitions' logs by index, and its settings."""

    __slots__ = ("config", "name", "partitions", "topic_id")

    def __init__(self, name: str, topic_id: bytes, config: TopicConfig) -> None:
        self.name = name
        self.topic_id = topic_id
        self.partitions: list[LogId] = []
        self.config = config

    @property
    def is_internal(self) -> bool:
        """Whether the broker keeps its own state in it."""
        return self.name in INTERNAL_TOPICS

    def partition(self, index: int) -> LogId | None:
        """Give the log of a partition, or None where there is no such partition."""
        return self.partitions[index] if 0 <= index < len(self.partitions) else None


def partition_record(log: LogId, node_id: int) -> records.PartitionRecord:
    """Give the record of a partition, whose one replica is on this node."""
    return records.PartitionRecord(
        partition_id=log.partition,
        topic_id=log.topic_id,
        replicas=[node_id],
        isr=[node_id],
        leader=node_id,
        leader_epoch=0,
        partition_epoch=0,
    )


class Image:
    """The state machine of the cluster metadata log."""

    def __init__(self, broker_config: BrokerConfig) -> None:
        self.broker_config = broker_config
        self.topics: dict[str, Topic] = {}
        self.features: dict[str, int] = {}
        self.next_producer_id = 0
        self._by_id: dict[bytes, Topic] = {}
        self._overrides: dict[tuple[int, str], dict[str, str]] = {}
        self._replayers: dict[type[Data], Callable[..., None]] = {
            records.TopicRecord: self._replay_topic,
            records.PartitionRecord: self._replay_partition,
            records.RemoveTopicRecord: self._replay_remove_topic,
            records.ConfigRecord: self._replay_config,
            records.ProducerIdsRecord: self._replay_producer_ids,
            records.FeatureLevelRecord: self._replay_feature_level,
        }

    def topic(self, name: str) -> Topic | None:
        """Find a topic by its name."""
        return self.topics.get(name)

    def topic_by_id(self, topic_id: bytes) -> Topic | None:
        """Find a topic by its id (KIP-516)."""
        return self._by_id.get(topic_id)

    def overrides(self, resource_type: int, name: str) -> Mapping[str, str]:
        """Give the settings that were made for one resource, as text."""
        return self._overrides.get((resource_type, name), {})

    def resources(self, resource_type: int) -> list[str]:
        """Name every resource of a type that has settings of its own."""
        return [name for kind, name in self._overrides if kind == resource_type]

    def topic_config(self, overrides: Mapping[str, str]) -> TopicConfig:
        """Resolve a topic's settings: its own, then the broker's, then Kafka's."""
        return resolve_topic(overrides, self.broker_config)

    def logs(self) -> Iterable[LogId]:
        """Every partition's log."""
        for topic in self.topics.values():
            yield from topic.partitions

    def snapshot(self) -> Iterator[Data]:
        """Give records that make this image out of an empty one, or leave it as it is."""
        for name, level in self.features.items():
            yield records.FeatureLevelRecord(name=name, feature_level=level)
        for (kind, resource), overrides in self._overrides.items():
            for key, value in overrides.items():
                yield records.ConfigRecord(
                    resource_type=kind, resource_name=resource, name=key, value=value
                )
        for topic in self.topics.values():
            yield records.TopicRecord(name=topic.name, topic_id=topic.topic_id)
            for log in topic.partitions:
                yield partition_record(log, self.broker_config.node_id)
        if self.next_producer_id:
            yield records.ProducerIdsRecord(
                broker_id=self.broker_config.node_id, next_producer_id=self.next_producer_id
            )

    def replay(self, record: Data) -> None:
        """Apply one record."""
        replayer = self._replayers.get(type(record))
        if replayer is None:
            _LOG.warning("ignored a metadata record of type %s", type(record).__name__)
        else:
            replayer(record)

    def _replay_topic(self, record: records.TopicRecord) -> None:
        overrides = self.overrides(TOPIC, record.name)
        topic = Topic(record.name, record.topic_id, self.topic_config(overrides))
        self.topics[topic.name] = self._by_id[topic.topic_id] = topic

    def _replay_partition(self, record: records.PartitionRecord) -> None:
        topic = self._by_id[record.topic_id]
        topic.partitions.append(LogId(topic.name, record.partition_id, topic.topic_id))

    def _replay_remove_topic(self, record: records.RemoveTopicRecord) -> None:
        topic = self._by_id.pop(record.topic_id)
        del self.topics[topic.name]
        self._overrides.pop((TOPIC, topic.name), None)

    def _replay_config(self, record: records.ConfigRecord) -> None:
        key = (record.resource_type, record.resource_name)
        overrides = self._overrides.setdefault(key, {})
        if record.value is None:
            overrides.pop(record.name, None)
            if not overrides:
                del self._overrides[key]
        else:
            overrides[record.name] = record.value
        if record.resource_type == TOPIC and (topic := self.topics.get(record.resource_name)):
            topic.config = self.topic_config(overrides)
        elif record.resource_type == BROKER:
            self._replay_broker_config()

    def _replay_broker_config(self) -> None:
        node = str(self.broker_config.node_id)
        self.broker_config = self.broker_config.with_dynamic(
            self.overrides(BROKER, node), self.overrides(BROKER, "")
        )
        for topic in self.topics.values():
            topic.config = self.topic_config(self.overrides(TOPIC, topic.name))

    def _replay_feature_level(self, record: records.FeatureLevelRecord) -> None:
        if record.feature_level:
            self.features[record.name] = record.feature_level
        else:
            self.features.pop(record.name, None)

    def _replay_producer_ids(self, record: records.ProducerIdsRecord) -> None:
        self.next_producer_id = record.next_producer_id
