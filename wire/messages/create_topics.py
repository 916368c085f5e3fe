"""CreateTopics: create topics, with given or with default settings (KIP-4).

Versions: 1 validation alone and error text, 2 throttle time, 3 throttles after the answer
(KIP-219), 4 -1 for the default numbers (KIP-464), 5 returns the configuration (KIP-525), 6 limited
rate (KIP-599), 7 topic id (KIP-516).
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Request,
    Response,
    Struct,
    array,
    boolean,
    int8,
    int16,
    int32,
    string,
    uuid,
)


class CreatableReplicaAssignment(Struct):
    """The brokers that shall hold one partition, the preferred leader first."""

    partition_index: int = int32()
    broker_ids: list[int] = array(int32)


class CreatableTopicConfig(Struct):
    """A setting that differs from the default."""

    name: str = string()
    value: str | None = string(nullable="0+")


class CreatableTopic(Struct):
    """A topic to create, by numbers or by assignments, not by both."""

    name: str = string()
    num_partitions: int = int32()  # -1: the default, or as the assignments say
    replication_factor: int = int16()  # -1: the default, or as the assignments say
    assignments: list[CreatableReplicaAssignment] = array(CreatableReplicaAssignment)
    configs: list[CreatableTopicConfig] = array(CreatableTopicConfig)


class CreateTopicsRequest(Request, api_key=19, versions="0-7", flexible="5+"):
    """What to create, and how long to wait for it."""

    topics: list[CreatableTopic] = array(CreatableTopic)
    timeout_ms: int = int32(default=60000)  # how long to wait until they exist everywhere
    validate_only: bool = boolean("1+")  # check and answer, but create nothing


class CreatableTopicConfigs(Struct):
    """A setting of the new topic."""

    name: str = string("5+")
    value: str | None = string("5+", nullable="5+")
    read_only: bool = boolean("5+")
    config_source: int = int8("5+", default=-1)  # numbered as in DescribeConfigs
    is_sensitive: bool = boolean("5+")


class CreatableTopicResult(Struct):
    """One topic as created, or why it was not."""

    name: str = string()
    topic_id: bytes = uuid("7+")
    error_code: int = int16()
    error_message: str | None = string("1+", nullable="1+")
    topic_config_error_code: int = int16("5+", tag=0)  # why the fields below say nothing
    num_partitions: int = int32("5+", default=-1)  # -1: unknown
    replication_factor: int = int16("5+", default=-1)  # -1: unknown
    configs: list[CreatableTopicConfigs] | None = array(CreatableTopicConfigs, "5+", nullable="5+")


class CreateTopicsResponse(Response, api_key=19, versions="0-7", flexible="5+"):
    """One result per topic."""

    throttle_time_ms: int = int32("2+")
    topics: list[CreatableTopicResult] = array(CreatableTopicResult)
