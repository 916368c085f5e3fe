"""The broker keys that act here: network, security, storage and topics.

Defaults are Kafka 4.3's; `defaults` names those that this broker changes.
"""

from __future__ import annotations

from kafkapy.config.definition import ConfigKey, ConfigType, Importance, UpdateMode
from kafkapy.config.validators import (
    ANY_ITEMS,
    AT_LEAST_0,
    AT_LEAST_1,
    SOME_ITEMS,
    Items,
    OneOf,
    Range,
    gzip_level,
)

BOOLEAN = ConfigType.BOOLEAN
STRING = ConfigType.STRING
INT = ConfigType.INT
LONG = ConfigType.LONG
DOUBLE = ConfigType.DOUBLE
LIST = ConfigType.LIST
PASSWORD = ConfigType.PASSWORD
HIGH = Importance.HIGH
MEDIUM = Importance.MEDIUM
LOW = Importance.LOW
CLUSTER_WIDE = UpdateMode.CLUSTER_WIDE
PER_BROKER = UpdateMode.PER_BROKER
MAX_INT = 2**31 - 1
MAX_LONG = 2**63 - 1

# Kafka does not have these, so that a client's list of keys shows them only where they are set.
OWN_KEYS: tuple[ConfigKey, ...] = (
    ConfigKey("max.request.elements", INT, 50000, Range(10000), internal=True),
    ConfigKey("max.validated.records", INT, 1, Range(-1), internal=True),
)

BROKER_KEYS: tuple[ConfigKey, ...] = (
    # Identity and listeners.
    ConfigKey("advertised.listeners", LIST, None, SOME_ITEMS, HIGH),
    ConfigKey("broker.id", INT, -1, None, HIGH),
    ConfigKey("broker.rack", STRING, None),
    ConfigKey("controller.listener.names", LIST, None, SOME_ITEMS, HIGH),
    ConfigKey(
        "listener.security.protocol.map",
        STRING,
        "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT",
        None,
        LOW,
        PER_BROKER,
    ),
    ConfigKey("listeners", LIST, ("PLAINTEXT://:9092",), SOME_ITEMS, HIGH, PER_BROKER),
    ConfigKey("node.id", INT, None, AT_LEAST_0, HIGH),
    ConfigKey(
        "process.roles", LIST, None, Items(("broker", "controller"), may_be_empty=False), HIGH
    ),
    # Connections.
    ConfigKey("connection.failed.authentication.delay.ms", INT, 100, AT_LEAST_0, LOW),
    ConfigKey("connections.max.idle.ms", LONG, 600000),
    ConfigKey("connections.max.reauth.ms", LONG, 0),
    ConfigKey("max.connection.creation.rate", INT, MAX_INT, AT_LEAST_0, MEDIUM, CLUSTER_WIDE),
    ConfigKey("max.connections", INT, MAX_INT, AT_LEAST_0, MEDIUM, CLUSTER_WIDE),
    ConfigKey("max.connections.per.ip", INT, MAX_INT, AT_LEAST_0, MEDIUM, CLUSTER_WIDE),
    ConfigKey("max.connections.per.ip.overrides", STRING, "", None, MEDIUM, CLUSTER_WIDE),
    ConfigKey("queued.max.request.bytes", LONG, -1),
    ConfigKey("queued.max.requests", INT, 500, AT_LEAST_1, HIGH),
    ConfigKey("socket.listen.backlog.size", INT, 50, AT_LEAST_1),
    ConfigKey("socket.receive.buffer.bytes", INT, 102400, None, HIGH),
    ConfigKey("socket.request.max.bytes", INT, 104857600, AT_LEAST_1, HIGH),
    ConfigKey("socket.send.buffer.bytes", INT, 102400, None, HIGH),
    # Limits of requests, quotas and telemetry.
    ConfigKey("controller.quota.window.num", INT, 11, AT_LEAST_1, LOW),
    ConfigKey("controller.quota.window.size.seconds", INT, 1, AT_LEAST_1, LOW),
    ConfigKey("fetch.max.bytes", INT, 57671680, Range(1024)),
    ConfigKey("max.incremental.fetch.session.cache.slots", INT, 1000, AT_LEAST_0),
    ConfigKey("max.request.partition.size.limit", INT, 2000, AT_LEAST_1),
    ConfigKey("quota.window.num", INT, 11, AT_LEAST_1, LOW),
    ConfigKey("quota.window.size.seconds", INT, 1, AT_LEAST_1, LOW),
    ConfigKey("telemetry.max.bytes", INT, 1048576, AT_LEAST_1, LOW),
    # Security. Most can be set for one listener: `listener.name.<listener>.<key>`.
    ConfigKey("authorizer.class.name", STRING, "", None, LOW),
    ConfigKey("sasl.enabled.mechanisms", LIST, ("GSSAPI",), ANY_ITEMS, MEDIUM, PER_BROKER),
    ConfigKey("sasl.jaas.config", PASSWORD, None, None, MEDIUM, PER_BROKER),
    ConfigKey("sasl.oauthbearer.clock.skew.seconds", INT, 30, None, LOW),
    ConfigKey("sasl.oauthbearer.expected.audience", LIST, (), ANY_ITEMS, HIGH),
    ConfigKey("sasl.oauthbearer.expected.issuer", STRING, None, None, HIGH),
    ConfigKey("sasl.oauthbearer.jwks.endpoint.url", STRING, None),
    ConfigKey("sasl.oauthbearer.scope.claim.name", STRING, "scope", None, LOW),
    ConfigKey("sasl.oauthbearer.sub.claim.name", STRING, "sub", None, LOW),
    ConfigKey("sasl.server.max.receive.size", INT, 524288),
    ConfigKey("ssl.cipher.suites", LIST, (), ANY_ITEMS, MEDIUM, PER_BROKER),
    ConfigKey(
        "ssl.client.auth",
        STRING,
        "none",
        OneOf(("required", "requested", "none")),
        MEDIUM,
        PER_BROKER,
    ),
    ConfigKey("ssl.enabled.protocols", LIST, ("TLSv1.2", "TLSv1.3"), ANY_ITEMS, MEDIUM, PER_BROKER),
    ConfigKey("ssl.key.password", PASSWORD, None, None, MEDIUM, PER_BROKER),
    ConfigKey("ssl.keystore.certificate.chain", PASSWORD, None, None, MEDIUM, PER_BROKER),
    ConfigKey("ssl.keystore.key", PASSWORD, None, None, MEDIUM, PER_BROKER),
    ConfigKey("ssl.keystore.location", STRING, None, None, MEDIUM, PER_BROKER),
    ConfigKey("ssl.keystore.password", PASSWORD, None, None, MEDIUM, PER_BROKER),
    ConfigKey("ssl.keystore.type", STRING, "JKS", None, MEDIUM, PER_BROKER),
    ConfigKey("ssl.principal.mapping.rules", STRING, "DEFAULT", None, LOW),
    ConfigKey("ssl.truststore.certificates", PASSWORD, None, None, MEDIUM, PER_BROKER),
    ConfigKey("ssl.truststore.location", STRING, None, None, MEDIUM, PER_BROKER),
    ConfigKey("ssl.truststore.password", PASSWORD, None, None, MEDIUM, PER_BROKER),
    ConfigKey("ssl.truststore.type", STRING, "JKS", None, MEDIUM, PER_BROKER),
    # Storage.
    ConfigKey("log.cleaner.backoff.ms", LONG, 15000, AT_LEAST_0, MEDIUM, CLUSTER_WIDE),
    ConfigKey("log.cleaner.dedupe.buffer.size", LONG, 134217728, None, MEDIUM, CLUSTER_WIDE),
    ConfigKey("log.cleaner.enable", BOOLEAN, True),
    ConfigKey("log.cleaner.io.buffer.load.factor", DOUBLE, 0.9, None, MEDIUM, CLUSTER_WIDE),
    ConfigKey(
        "log.cleaner.io.max.bytes.per.second",
        DOUBLE,
        1.7976931348623157e308,
        None,
        MEDIUM,
        CLUSTER_WIDE,
    ),
    ConfigKey("log.dir", LIST, ("/tmp/kafka-logs",), SOME_ITEMS, HIGH),
    ConfigKey("log.dirs", LIST, None, SOME_ITEMS, HIGH),
    ConfigKey("log.flush.offset.checkpoint.interval.ms", INT, 60000, AT_LEAST_0, HIGH),
    ConfigKey("log.initial.task.delay.ms", LONG, 30000, AT_LEAST_0, LOW, internal=True),
    ConfigKey("log.retention.check.interval.ms", LONG, 300000, AT_LEAST_1),
    # Topics.
    ConfigKey("auto.create.topics.enable", BOOLEAN, True, None, HIGH),
    ConfigKey("default.replication.factor", INT, 1),
    ConfigKey("delete.topic.enable", BOOLEAN, True, None, HIGH),
    ConfigKey("num.partitions", INT, 1, AT_LEAST_1),
    # Defaults of topic keys.
    ConfigKey("compression.gzip.level", INT, -1, gzip_level, MEDIUM, CLUSTER_WIDE),
    ConfigKey("compression.lz4.level", INT, 9, Range(1, 17), MEDIUM, CLUSTER_WIDE),
    ConfigKey(
        "compression.type",
        STRING,
        "producer",
        OneOf(("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer")),
        HIGH,
        CLUSTER_WIDE,
    ),
    ConfigKey("compression.zstd.level", INT, 3, Range(-131072, 22), MEDIUM, CLUSTER_WIDE),
    ConfigKey("log.cleaner.delete.retention.ms", LONG, 86400000, AT_LEAST_0, MEDIUM, CLUSTER_WIDE),
    ConfigKey(
        "log.cleaner.max.compaction.lag.ms", LONG, MAX_LONG, AT_LEAST_1, MEDIUM, CLUSTER_WIDE
    ),
    ConfigKey("log.cleaner.min.cleanable.ratio", DOUBLE, 0.5, Range(0, 1), MEDIUM, CLUSTER_WIDE),
    ConfigKey("log.cleaner.min.compaction.lag.ms", LONG, 0, AT_LEAST_0, MEDIUM, CLUSTER_WIDE),
    ConfigKey(
        "log.cleanup.policy", LIST, ("delete",), Items(("compact", "delete")), MEDIUM, CLUSTER_WIDE
    ),
    ConfigKey("log.flush.interval.messages", LONG, MAX_LONG, AT_LEAST_1, HIGH, CLUSTER_WIDE),
    ConfigKey("log.flush.interval.ms", LONG, None, None, HIGH, CLUSTER_WIDE),
    ConfigKey("log.flush.scheduler.interval.ms", LONG, MAX_LONG, None, HIGH),
    ConfigKey("log.index.interval.bytes", INT, 4096, AT_LEAST_0, MEDIUM, CLUSTER_WIDE),
    ConfigKey("log.index.size.max.bytes", INT, 10485760, Range(4), MEDIUM, CLUSTER_WIDE),
    ConfigKey(
        "log.message.timestamp.after.max.ms", LONG, 3600000, AT_LEAST_0, MEDIUM, CLUSTER_WIDE
    ),
    ConfigKey(
        "log.message.timestamp.before.max.ms", LONG, MAX_LONG, AT_LEAST_0, MEDIUM, CLUSTER_WIDE
    ),
    ConfigKey(
        "log.message.timestamp.type",
        STRING,
        "CreateTime",
        OneOf(("CreateTime", "LogAppendTime")),
        MEDIUM,
        CLUSTER_WIDE,
    ),
    ConfigKey("log.retention.bytes", LONG, -1, None, HIGH, CLUSTER_WIDE),
    ConfigKey("log.retention.hours", INT, 168, None, HIGH),
    ConfigKey("log.retention.minutes", INT, None, None, HIGH),
    ConfigKey("log.retention.ms", LONG, None, None, HIGH, CLUSTER_WIDE),
    ConfigKey("log.roll.hours", INT, 168, AT_LEAST_1, HIGH),
    ConfigKey("log.roll.jitter.hours", INT, 0, AT_LEAST_0, HIGH),
    ConfigKey("log.roll.jitter.ms", LONG, None, None, HIGH, CLUSTER_WIDE),
    ConfigKey("log.roll.ms", LONG, None, None, HIGH, CLUSTER_WIDE),
    ConfigKey("log.segment.bytes", INT, 1073741824, Range(1048576), HIGH, CLUSTER_WIDE),
    ConfigKey("log.segment.delete.delay.ms", LONG, 60000, AT_LEAST_0, HIGH, CLUSTER_WIDE),
    ConfigKey("message.max.bytes", INT, 1048588, AT_LEAST_0, HIGH, CLUSTER_WIDE),
    ConfigKey("min.insync.replicas", INT, 1, AT_LEAST_1, HIGH, CLUSTER_WIDE),
)

# Keys that belong to Kafka's authorizer: its broker takes them, but does not know their types.
AUTHORIZER_KEYS: tuple[ConfigKey, ...] = (
    ConfigKey("allow.everyone.if.no.acl.found", BOOLEAN, False),
    ConfigKey("super.users", STRING, ""),
)
