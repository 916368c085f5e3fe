"""The settings of a topic: its own where it has them, the broker's where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kafkapy.config.broker import BrokerConfig
from kafkapy.config.definition import ConfigError, parse
from kafkapy.config.registry import TOPIC
from kafkapy.storage.config import LogConfig, TimestampType

_TIMESTAMP_TYPES = {
    "CreateTime": TimestampType.CREATE_TIME,
    "LogAppendTime": TimestampType.LOG_APPEND_TIME,
}


class TopicConfig(LogConfig, frozen=True):
    """A topic's resolved configuration: what its logs act on, and what the broker acts on."""

    min_insync_replicas: int = 1
    unclean_leader_election_enable: bool = False
    preallocate: bool = False
    leader_replication_throttled_replicas: tuple[str, ...] = ()
    follower_replication_throttled_replicas: tuple[str, ...] = ()
    remote_storage_enable: bool = False
    local_retention_ms: int = -2
    local_retention_bytes: int = -2
    remote_log_copy_disable: bool = False
    remote_log_delete_on_disable: bool = False


def topic_values(overrides: Mapping[str, str], broker: BrokerConfig) -> dict[str, Any]:
    """Give the typed value of every topic key, in the registry's order. Raises ConfigError."""
    values = {}
    for name, key in TOPIC.items():
        if name in overrides:
            values[name] = parse(key, overrides[name])
        else:
            values[name] = broker.topic_defaults.get(name, key.default)
    return values


def resolve_topic(overrides: Mapping[str, str], broker: BrokerConfig) -> TopicConfig:
    """Give a topic's configuration. Raises ConfigError for an unknown key or a bad value."""
    check_topic_names(overrides)
    values = topic_values(overrides, broker)
    # Kafka's own tests set this to get segments below the least size that `segment.bytes` allows.
    internal_segment_bytes = values.pop("internal.segment.bytes")
    if internal_segment_bytes is not None:
        values["segment.bytes"] = internal_segment_bytes
    values["cleanup.policy"] = frozenset(values["cleanup.policy"])
    values["message.timestamp.type"] = _TIMESTAMP_TYPES[values["message.timestamp.type"]]
    return TopicConfig(
        max_validated_records=broker["max.validated.records"],
        **{name.replace(".", "_"): value for name, value in values.items()},
    )


def check_topic_names(overrides: Mapping[str, str]) -> None:
    """Raise ConfigError for a key that topics do not have."""
    for name in overrides:
        if name not in TOPIC:
            raise ConfigError(f"Unknown topic config name: {name}")
