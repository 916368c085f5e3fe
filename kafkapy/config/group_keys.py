"""The keys of groups and of telemetry subscriptions (KIP-714), in Kafka 4.3's order.

A group's key takes its default from the broker key `group.<key>`, where there is one.
"""

from __future__ import annotations

from kafkapy.config.definition import ConfigKey, ConfigType
from kafkapy.config.validators import (
    ANY_ITEMS,
    AT_LEAST_0,
    AT_LEAST_1,
    OneOf,
    Range,
    share_offset_reset,
)

BOOLEAN = ConfigType.BOOLEAN
LIST = ConfigType.LIST
STRING = ConfigType.STRING
INT = ConfigType.INT

GROUP_KEYS: tuple[ConfigKey, ...] = (
    ConfigKey("consumer.session.timeout.ms", INT, 45000, AT_LEAST_1),
    ConfigKey("consumer.heartbeat.interval.ms", INT, 5000, AT_LEAST_1),
    ConfigKey("consumer.assignment.interval.ms", INT, 1000, AT_LEAST_0),
    ConfigKey("share.session.timeout.ms", INT, 45000, AT_LEAST_1),
    ConfigKey("share.heartbeat.interval.ms", INT, 5000, AT_LEAST_1),
    ConfigKey("share.record.lock.duration.ms", INT, 30000, Range(1000)),
    ConfigKey("share.delivery.count.limit", INT, 5, Range(2)),
    ConfigKey("share.partition.max.record.locks", INT, 2000, Range(100)),
    ConfigKey("share.auto.offset.reset", STRING, "latest", share_offset_reset),
    ConfigKey(
        "share.isolation.level",
        STRING,
        "read_uncommitted",
        OneOf(("read_committed", "read_uncommitted")),
    ),
    ConfigKey("share.renew.acknowledge.enable", BOOLEAN, True),
    ConfigKey("share.assignment.interval.ms", INT, 1000, AT_LEAST_0),
    ConfigKey("streams.session.timeout.ms", INT, 45000, AT_LEAST_1),
    ConfigKey("streams.heartbeat.interval.ms", INT, 5000, AT_LEAST_1),
    ConfigKey("streams.num.standby.replicas", INT, 0, AT_LEAST_0),
    ConfigKey("streams.initial.rebalance.delay.ms", INT, 3000, AT_LEAST_0),
    ConfigKey("streams.assignment.interval.ms", INT, 1000, AT_LEAST_0),
)

CLIENT_METRICS_KEYS: tuple[ConfigKey, ...] = (
    ConfigKey("metrics", LIST, (), ANY_ITEMS),
    ConfigKey("interval.ms", INT, 300000),
    ConfigKey("match", LIST, (), ANY_ITEMS),
)
