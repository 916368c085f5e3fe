"""Configs, log directories and the cluster."""

from __future__ import annotations

from kafkapy.wire.api import ApiKey
from kafkapy.wire.messages import (
    alter_configs,
    describe_cluster,
    describe_configs,
    describe_log_dirs,
    incremental_alter_configs,
    list_config_resources,
)
from kafkapy.wire.schema import Request
from stories.telling import Story, batch, created, producing, story

TOPIC, BROKER = 2, 4


@story(ApiKey.DESCRIBE_CONFIGS, ApiKey.ALTER_CONFIGS, ApiKey.INCREMENTAL_ALTER_CONFIGS)
def configs_are_changed(name: str) -> Story:
    yield from created(name, segment_ms="5000")

    def describing(name: str, keys: list[str] | None = None, kind: int = TOPIC) -> Request:
        resource = describe_configs.DescribeConfigsResource(kind, name, keys)
        return describe_configs.DescribeConfigsRequest([resource], True, True)

    def replacing(name: str, validate: bool = False, **values: str | None) -> Request:
        configs = [
            alter_configs.AlterableConfig(key.replace("_", "."), v) for key, v in values.items()
        ]
        resource = alter_configs.AlterConfigsResource(TOPIC, name, configs)
        return alter_configs.AlterConfigsRequest([resource], validate)

    def changing(name: str, operation: int, **values: str | None) -> Request:
        kind = incremental_alter_configs.AlterableConfig
        configs = [kind(key.replace("_", "."), operation, v) for key, v in values.items()]
        resource = incremental_alter_configs.AlterConfigsResource(TOPIC, name, configs)
        return incremental_alter_configs.IncrementalAlterConfigsRequest([resource], False)

    yield describing(name)
    yield describing(name, ["retention.ms", "no.such.key"])
    yield describing(name, [])
    yield describing(f"{name}-absent")
    yield describing("no broker", kind=BROKER)
    yield describing("1", ["message.max.bytes", "log.retention.hours"], kind=BROKER)
    yield changing(name, 0, retention_ms="1000", cleanup_policy="delete")
    yield changing(name, 2, cleanup_policy="compact")
    yield describing(name, ["retention.ms", "cleanup.policy", "segment.ms"])
    yield changing(name, 3, cleanup_policy="delete")
    yield changing(name, 1, retention_ms=None)
    yield changing(name, 2, retention_ms="5")
    yield changing(name, 0, retention_ms="soon")
    yield changing(name, 0, retention_ms=None)
    yield changing(name, 9, retention_ms="1")
    yield changing(name, 0, no_such_key="1")
    yield changing(f"{name}-absent", 0, retention_ms="1")
    yield describing(name, ["retention.ms", "cleanup.policy", "segment.ms"])
    yield replacing(name, retention_ms="2000")
    yield replacing(name, validate=True, retention_ms="3000")
    yield replacing(name, retention_ms="soon")
    yield replacing(name, no_such_key="1")
    yield replacing(f"{name}-absent", retention_ms="1")
    yield describing(name, ["retention.ms", "cleanup.policy", "segment.ms"])


@story(ApiKey.LIST_CONFIG_RESOURCES)
def groups_with_configs(name: str) -> Story:
    yield list_config_resources.ListConfigResourcesRequest([16])
    yield list_config_resources.ListConfigResourcesRequest([99])


@story(ApiKey.DESCRIBE_LOG_DIRS)
def the_size_of_a_topic(name: str) -> Story:
    topic_id = yield from created(name)
    yield producing(name, topic_id, batch(1000, 2000))
    topics = [describe_log_dirs.DescribableLogDirTopic(name, [0, 5])]
    yield describe_log_dirs.DescribeLogDirsRequest(topics)


@story(ApiKey.DESCRIBE_CLUSTER)
def the_cluster(name: str) -> Story:
    for kind in (1, 2):
        for operations in (False, True):
            yield describe_cluster.DescribeClusterRequest(operations, kind)
