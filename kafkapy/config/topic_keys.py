"""The keys of topics in Kafka 4.3's order, and the broker keys that their defaults come from."""

from __future__ import annotations

from kafkapy.config.definition import ConfigKey, ConfigType, inert
from kafkapy.config.validators import (
    AT_LEAST_0,
    AT_LEAST_1,
    Items,
    OneOf,
    Range,
    gzip_level,
    throttled_replicas,
)

BOOLEAN = ConfigType.BOOLEAN
STRING = ConfigType.STRING
INT = ConfigType.INT
LONG = ConfigType.LONG
DOUBLE = ConfigType.DOUBLE
LIST = ConfigType.LIST
MINUTE_MS = 60 * 1000
HOUR_MS = 60 * MINUTE_MS
MAX_LONG = 2**63 - 1

TOPIC_KEYS: tuple[ConfigKey, ...] = (
    ConfigKey("segment.bytes", INT, 1 << 30, Range(1 << 20)),
    ConfigKey("segment.ms", LONG, 7 * 24 * HOUR_MS, AT_LEAST_1),
    ConfigKey("segment.jitter.ms", LONG, 0, AT_LEAST_0),
    ConfigKey("segment.index.bytes", INT, 10485760, Range(4)),
    ConfigKey("flush.messages", LONG, MAX_LONG, AT_LEAST_1),
    ConfigKey("flush.ms", LONG, MAX_LONG, AT_LEAST_0),
    ConfigKey("retention.bytes", LONG, -1),
    ConfigKey("retention.ms", LONG, 7 * 24 * HOUR_MS, Range(-1)),
    ConfigKey("max.message.bytes", INT, 1048588, AT_LEAST_0),
    ConfigKey("index.interval.bytes", INT, 4096, AT_LEAST_0),
    ConfigKey("delete.retention.ms", LONG, 24 * HOUR_MS, AT_LEAST_0),
    ConfigKey("min.compaction.lag.ms", LONG, 0, AT_LEAST_0),
    ConfigKey("max.compaction.lag.ms", LONG, MAX_LONG, AT_LEAST_1),
    ConfigKey("file.delete.delay.ms", LONG, 60000, AT_LEAST_0),
    ConfigKey("min.cleanable.dirty.ratio", DOUBLE, 0.5, Range(0, 1)),
    ConfigKey("cleanup.policy", LIST, ("delete",), Items(("compact", "delete"))),
    inert("unclean.leader.election.enable", BOOLEAN, False),
    ConfigKey("min.insync.replicas", INT, 1, AT_LEAST_1),
    ConfigKey(
        "compression.type",
        STRING,
        "producer",
        OneOf(("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer")),
    ),
    ConfigKey("compression.gzip.level", INT, -1, gzip_level),
    ConfigKey("compression.lz4.level", INT, 9, Range(1, 17)),
    ConfigKey("compression.zstd.level", INT, 3, Range(-131072, 22)),
    inert("preallocate", BOOLEAN, False),
    ConfigKey(
        "message.timestamp.type", STRING, "CreateTime", OneOf(("CreateTime", "LogAppendTime"))
    ),
    ConfigKey("message.timestamp.before.max.ms", LONG, MAX_LONG, AT_LEAST_0),
    ConfigKey("message.timestamp.after.max.ms", LONG, HOUR_MS, AT_LEAST_0),
    inert("leader.replication.throttled.replicas", LIST, (), throttled_replicas),
    inert("follower.replication.throttled.replicas", LIST, (), throttled_replicas),
    inert("remote.storage.enable", BOOLEAN, False),
    inert("local.retention.ms", LONG, -2, Range(-2)),
    inert("local.retention.bytes", LONG, -2, Range(-2)),
    inert("remote.log.copy.disable", BOOLEAN, False),
    inert("remote.log.delete.on.disable", BOOLEAN, False),
    ConfigKey("internal.segment.bytes", INT, None, internal=True),
)

# The broker keys that set a topic key's default, the one that wins first, each with the number of
# the topic key's units that one of its own makes.
TOPIC_SYNONYMS: dict[str, tuple[tuple[str, int], ...]] = {
    "cleanup.policy": (("log.cleanup.policy", 1),),
    "compression.gzip.level": (("compression.gzip.level", 1),),
    "compression.lz4.level": (("compression.lz4.level", 1),),
    "compression.type": (("compression.type", 1),),
    "compression.zstd.level": (("compression.zstd.level", 1),),
    "delete.retention.ms": (("log.cleaner.delete.retention.ms", 1),),
    "file.delete.delay.ms": (("log.segment.delete.delay.ms", 1),),
    "flush.messages": (("log.flush.interval.messages", 1),),
    "flush.ms": (
        ("log.flush.interval.ms", 1),
        ("log.flush.scheduler.interval.ms", 1),
    ),
    "index.interval.bytes": (("log.index.interval.bytes", 1),),
    "local.retention.bytes": (("log.local.retention.bytes", 1),),
    "local.retention.ms": (("log.local.retention.ms", 1),),
    "max.compaction.lag.ms": (("log.cleaner.max.compaction.lag.ms", 1),),
    "max.message.bytes": (("message.max.bytes", 1),),
    "message.timestamp.after.max.ms": (("log.message.timestamp.after.max.ms", 1),),
    "message.timestamp.before.max.ms": (("log.message.timestamp.before.max.ms", 1),),
    "message.timestamp.type": (("log.message.timestamp.type", 1),),
    "min.cleanable.dirty.ratio": (("log.cleaner.min.cleanable.ratio", 1),),
    "min.compaction.lag.ms": (("log.cleaner.min.compaction.lag.ms", 1),),
    "min.insync.replicas": (("min.insync.replicas", 1),),
    "preallocate": (("log.preallocate", 1),),
    "retention.bytes": (("log.retention.bytes", 1),),
    "retention.ms": (
        ("log.retention.ms", 1),
        ("log.retention.minutes", MINUTE_MS),
        ("log.retention.hours", HOUR_MS),
    ),
    "segment.bytes": (("log.segment.bytes", 1),),
    "segment.index.bytes": (("log.index.size.max.bytes", 1),),
    "segment.jitter.ms": (
        ("log.roll.jitter.ms", 1),
        ("log.roll.jitter.hours", HOUR_MS),
    ),
    "segment.ms": (
        ("log.roll.ms", 1),
        ("log.roll.hours", HOUR_MS),
    ),
    "unclean.leader.election.enable": (("unclean.leader.election.enable", 1),),
}
