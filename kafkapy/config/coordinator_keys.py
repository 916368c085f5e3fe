"""The broker keys that act here: groups, committed offsets and transactions."""

from __future__ import annotations

from kafkapy.config.definition import ConfigKey, ConfigType, Importance, UpdateMode
from kafkapy.config.validators import AT_LEAST_0, AT_LEAST_1, SOME_ITEMS, Items, OneOf, Range

BOOLEAN = ConfigType.BOOLEAN
STRING = ConfigType.STRING
INT = ConfigType.INT
SHORT = ConfigType.SHORT
LONG = ConfigType.LONG
LIST = ConfigType.LIST
HIGH = Importance.HIGH
MEDIUM = Importance.MEDIUM
LOW = Importance.LOW
CLUSTER_WIDE = UpdateMode.CLUSTER_WIDE
MAX_INT = 2**31 - 1

COORDINATOR_KEYS: tuple[ConfigKey, ...] = (
    # Groups of all kinds.
    ConfigKey(
        "group.coordinator.rebalance.protocols",
        LIST,
        ("classic", "consumer", "streams"),
        Items(("consumer", "classic", "share", "streams"), may_be_empty=False),
    ),
    ConfigKey("group.initial.rebalance.delay.ms", INT, 3000),
    ConfigKey("group.max.session.timeout.ms", INT, 1800000),
    ConfigKey("group.max.size", INT, MAX_INT, AT_LEAST_1),
    ConfigKey("group.min.session.timeout.ms", INT, 6000),
    # Consumer groups (KIP-848).
    ConfigKey("group.consumer.assignment.interval.ms", INT, 1000, AT_LEAST_0, MEDIUM, CLUSTER_WIDE),
    ConfigKey("group.consumer.assignors", LIST, ("uniform", "range"), SOME_ITEMS),
    ConfigKey("group.consumer.heartbeat.interval.ms", INT, 5000, AT_LEAST_1),
    ConfigKey("group.consumer.max.assignment.interval.ms", INT, 15000, AT_LEAST_0),
    ConfigKey("group.consumer.max.heartbeat.interval.ms", INT, 15000, AT_LEAST_1),
    ConfigKey("group.consumer.max.session.timeout.ms", INT, 60000, AT_LEAST_1),
    ConfigKey("group.consumer.max.size", INT, MAX_INT, AT_LEAST_1),
    ConfigKey(
        "group.consumer.migration.policy",
        STRING,
        "bidirectional",
        OneOf(("DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"), ignore_case=True),
    ),
    ConfigKey("group.consumer.min.assignment.interval.ms", INT, 0, AT_LEAST_0),
    ConfigKey("group.consumer.min.heartbeat.interval.ms", INT, 5000, AT_LEAST_1),
    ConfigKey("group.consumer.min.session.timeout.ms", INT, 45000, AT_LEAST_1),
    ConfigKey("group.consumer.session.timeout.ms", INT, 45000, AT_LEAST_1),
    # Share groups (KIP-932).
    ConfigKey("group.share.assignment.interval.ms", INT, 1000, AT_LEAST_0, MEDIUM, CLUSTER_WIDE),
    ConfigKey("group.share.assignors", LIST, ("simple",), SOME_ITEMS),
    ConfigKey("group.share.delivery.count.limit", INT, 5, Range(2, 10)),
    ConfigKey("group.share.heartbeat.interval.ms", INT, 5000, AT_LEAST_1),
    ConfigKey("group.share.max.assignment.interval.ms", INT, 15000, AT_LEAST_0),
    ConfigKey("group.share.max.delivery.count.limit", INT, 10, Range(5, 25)),
    ConfigKey("group.share.max.heartbeat.interval.ms", INT, 15000, AT_LEAST_1),
    ConfigKey("group.share.max.partition.max.record.locks", INT, 4000, Range(2000, 10000)),
    ConfigKey("group.share.max.record.lock.duration.ms", INT, 60000, Range(30000, 3600000)),
    ConfigKey("group.share.max.session.timeout.ms", INT, 60000, AT_LEAST_1),
    ConfigKey("group.share.max.share.sessions", INT, 2000, AT_LEAST_1),
    ConfigKey("group.share.max.size", INT, 200, Range(1, 1000)),
    ConfigKey("group.share.min.assignment.interval.ms", INT, 0, AT_LEAST_0),
    ConfigKey("group.share.min.delivery.count.limit", INT, 2, Range(2, 5)),
    ConfigKey("group.share.min.heartbeat.interval.ms", INT, 5000, AT_LEAST_1),
    ConfigKey("group.share.min.partition.max.record.locks", INT, 100, Range(100, 2000)),
    ConfigKey("group.share.min.record.lock.duration.ms", INT, 15000, Range(1000, 30000)),
    ConfigKey("group.share.min.session.timeout.ms", INT, 45000, AT_LEAST_1),
    ConfigKey("group.share.partition.max.record.locks", INT, 2000, Range(100, 10000)),
    ConfigKey("group.share.record.lock.duration.ms", INT, 30000, Range(1000, 3600000)),
    ConfigKey("group.share.session.timeout.ms", INT, 45000, AT_LEAST_1),
    ConfigKey("share.coordinator.snapshot.update.records.per.snapshot", INT, 500, Range(0, 500)),
    ConfigKey("share.coordinator.state.topic.min.isr", SHORT, 2, AT_LEAST_1, HIGH),
    ConfigKey("share.coordinator.state.topic.num.partitions", INT, 50, AT_LEAST_1, HIGH),
    ConfigKey("share.coordinator.state.topic.replication.factor", SHORT, 3, AT_LEAST_1, HIGH),
    ConfigKey("share.coordinator.state.topic.segment.bytes", INT, 104857600, AT_LEAST_1, HIGH),
    # Streams groups (KIP-1071).
    ConfigKey("group.streams.assignment.interval.ms", INT, 1000, AT_LEAST_0, MEDIUM, CLUSTER_WIDE),
    ConfigKey("group.streams.heartbeat.interval.ms", INT, 5000, AT_LEAST_1),
    ConfigKey("group.streams.initial.rebalance.delay.ms", INT, 3000, AT_LEAST_0),
    ConfigKey("group.streams.max.assignment.interval.ms", INT, 15000, AT_LEAST_0),
    ConfigKey("group.streams.max.heartbeat.interval.ms", INT, 15000, AT_LEAST_1),
    ConfigKey("group.streams.max.session.timeout.ms", INT, 60000, AT_LEAST_1),
    ConfigKey("group.streams.max.size", INT, MAX_INT, AT_LEAST_1),
    ConfigKey("group.streams.max.standby.replicas", INT, 2, AT_LEAST_0),
    ConfigKey("group.streams.min.assignment.interval.ms", INT, 0, AT_LEAST_0),
    ConfigKey("group.streams.min.heartbeat.interval.ms", INT, 5000, AT_LEAST_1),
    ConfigKey("group.streams.min.session.timeout.ms", INT, 45000, AT_LEAST_1),
    ConfigKey("group.streams.num.standby.replicas", INT, 0, AT_LEAST_0),
    ConfigKey("group.streams.session.timeout.ms", INT, 45000, AT_LEAST_1),
    # Committed offsets.
    ConfigKey("offset.metadata.max.bytes", INT, 4096, None, HIGH),
    ConfigKey("offsets.retention.check.interval.ms", LONG, 600000, AT_LEAST_1, HIGH),
    ConfigKey("offsets.retention.minutes", INT, 10080, AT_LEAST_1, HIGH),
    ConfigKey("offsets.topic.num.partitions", INT, 50, AT_LEAST_1, HIGH),
    ConfigKey("offsets.topic.replication.factor", SHORT, 3, AT_LEAST_1, HIGH),
    ConfigKey("offsets.topic.segment.bytes", INT, 104857600, AT_LEAST_1, HIGH),
    # Transactions and idempotent producers.
    ConfigKey(
        "producer.id.expiration.check.interval.ms", INT, 600000, AT_LEAST_1, LOW, internal=True
    ),
    ConfigKey("producer.id.expiration.ms", INT, 86400000, AT_LEAST_1, LOW, CLUSTER_WIDE),
    ConfigKey(
        "transaction.abort.timed.out.transaction.cleanup.interval.ms", INT, 10000, AT_LEAST_1, LOW
    ),
    ConfigKey("transaction.max.timeout.ms", INT, 900000, AT_LEAST_1, HIGH),
    ConfigKey(
        "transaction.remove.expired.transaction.cleanup.interval.ms", INT, 3600000, AT_LEAST_1, LOW
    ),
    ConfigKey("transaction.state.log.min.isr", INT, 2, AT_LEAST_1, HIGH),
    ConfigKey("transaction.state.log.num.partitions", INT, 50, AT_LEAST_1, HIGH),
    ConfigKey("transaction.state.log.replication.factor", SHORT, 3, AT_LEAST_1, HIGH),
    ConfigKey("transaction.state.log.segment.bytes", INT, 104857600, AT_LEAST_1, HIGH),
    ConfigKey("transaction.two.phase.commit.enable", BOOLEAN, False, None, LOW),
    ConfigKey("transaction.partition.verification.enable", BOOLEAN, True, None, LOW, CLUSTER_WIDE),
    ConfigKey("transactional.id.expiration.ms", INT, 604800000, AT_LEAST_1, HIGH),
)
