"""The settings of a group: its own where it has them, the broker's where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from kafkapy.config.broker import BrokerConfig
from kafkapy.config.checks import group_bounds
from kafkapy.config.definition import ConfigError, parse
from kafkapy.config.registry import GROUP, group_synonym


class GroupConfig(msgspec.Struct, frozen=True):
    """A group's resolved configuration, for whichever kind of group it is (KIP-848, 932, 1071)."""

    consumer_session_timeout_ms: int
    consumer_heartbeat_interval_ms: int
    consumer_assignment_interval_ms: int
    share_session_timeout_ms: int
    share_heartbeat_interval_ms: int
    share_record_lock_duration_ms: int
    share_delivery_count_limit: int
    share_partition_max_record_locks: int
    share_auto_offset_reset: str
    share_isolation_level: str
    share_renew_acknowledge_enable: bool
    share_assignment_interval_ms: int
    streams_session_timeout_ms: int
    streams_heartbeat_interval_ms: int
    streams_num_standby_replicas: int
    streams_initial_rebalance_delay_ms: int
    streams_assignment_interval_ms: int


def group_values(overrides: Mapping[str, str], broker: BrokerConfig) -> dict[str, Any]:
    """Give the typed value of every group key. Raises ConfigError for an unknown key or value."""
    for name in overrides:
        if name not in GROUP:
            raise ConfigError(f"Unknown group config name: {name}")
    values = {}
    for name, key in GROUP.items():
        synonym = group_synonym(name)
        if name in overrides:
            values[name] = parse(key, overrides[name])
        else:
            values[name] = key.default if synonym is None else broker[synonym]
    return values


def resolve_group(overrides: Mapping[str, str], broker: BrokerConfig) -> GroupConfig:
    """Give a group's configuration. Raises ConfigError.

    A value that was fine when it was set, and that the broker's bounds have since excluded,
    becomes the nearest one that they allow.
    """
    values = group_values(overrides, broker)
    for name in overrides:
        low, high = group_bounds(name)
        if low:
            values[name] = max(values[name], broker[low])
        if high:
            values[name] = min(values[name], broker[high])
    return GroupConfig(**{name.replace(".", "_"): value for name, value in values.items()})
