"""What may become a topic: names, partition counts, replica assignments, settings.

Pure decisions: each takes the image and gives a plan, or raises the error that the client gets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kafkapy.config.alter import Operation, OperationType, alter_topic
from kafkapy.config.topic import TopicConfig
from kafkapy.errors import ApiError
from kafkapy.metadata.image import Image, Topic
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.create_topics import CreatableReplicaAssignment, CreatableTopic

_MAX_NAME_LENGTH = 249
_LEGAL_NAME = re.compile(r"[a-zA-Z0-9._-]+", re.ASCII)
# Kafka's bound on what one request may create.
MAX_PARTITIONS_PER_REQUEST = 10_000


class TopicPlan(NamedTuple):
    """A topic that may be created."""

    name: str
    topic_id: bytes
    partitions: int
    overrides: Mapping[str, str]
    config: TopicConfig


def parse_topic(text: str) -> tuple[str, int | None]:
    """Read `NAME` or `NAME:PARTITIONS`. Raises ValueError."""
    name, colon, count = text.partition(":")
    if not name or (colon and not (count.isascii() and count.isdigit() and int(count[:10]) > 0)):
        raise ValueError(f"{text!r} is not NAME or NAME:PARTITIONS")
    return name, int(count) if colon else None


def check_name(name: str) -> None:
    """Refuse what Kafka does not allow as a topic's name. Raises ApiError."""
    if not name:
        raise _invalid_name("the name is empty")
    if name in (".", ".."):
        raise _invalid_name(f"a topic cannot be named '{name}'")
    if len(name) > _MAX_NAME_LENGTH:
        raise _invalid_name(f"the name is longer than {_MAX_NAME_LENGTH} characters: {name}")
    if not _LEGAL_NAME.fullmatch(name):
        raise _invalid_name(
            f"'{name}' has a character other than ASCII letters, digits, '.', '_' and '-'"
        )


def plan_topic(request: CreatableTopic, image: Image, node_id: int, topic_id: bytes) -> TopicPlan:
    """Decide whether a topic may be created, and how. Raises ApiError."""
    name = request.name
    check_name(name)
    if name in image.topics:
        raise ApiError(ErrorCode.TOPIC_ALREADY_EXISTS, f"Topic '{name}' already exists.")
    _check_collision(name, image)
    overrides = _overrides(request, image)
    if request.assignments:
        partitions = _check_assignments(request, node_id)
    else:
        partitions = _partition_count(request, image)
    return TopicPlan(name, topic_id, partitions, overrides, image.topic_config(overrides))


def check_growth(
    topic: Topic, count: int, assignments: Sequence[Sequence[int]] | None, node_id: int
) -> None:
    """Decide whether a topic may grow to `count` partitions. Raises ApiError."""
    existing = len(topic.partitions)
    if count <= existing:
        wish = "already has" if count == existing else "cannot shrink below its"
        raise ApiError(
            ErrorCode.INVALID_PARTITIONS, f"The topic {topic.name} {wish} {existing} partition(s)."
        )
    if assignments is None:
        return
    if len(assignments) != count - existing:
        raise ApiError(
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            f"{count - existing} partition(s) would be added, but {len(assignments)} are assigned.",
        )
    for replicas in assignments:
        _check_replicas(replicas, node_id)


def _invalid_name(reason: str) -> ApiError:
    return ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Topic name is invalid: {reason}")


def _check_collision(name: str, image: Image) -> None:
    # Metric names replace dots by underscores, so Kafka refuses two topics that differ only there.
    if "." not in name and "_" not in name:
        return
    flattened = name.replace(".", "_")
    for other in image.topics:
        if other.replace(".", "_") == flattened:
            raise ApiError(
                ErrorCode.INVALID_TOPIC_EXCEPTION,
                f"Topic '{name}' collides with existing topic: {other}",
            )


def _partition_count(request: CreatableTopic, image: Image) -> int:
    count, factor = request.num_partitions, request.replication_factor
    if factor < 1 and factor != -1:
        raise ApiError(
            ErrorCode.INVALID_REPLICATION_FACTOR,
            "The replication factor must be positive, or -1 for the default.",
        )
    if count < 1 and count != -1:
        raise ApiError(
            ErrorCode.INVALID_PARTITIONS,
            "The number of partitions must be positive, or -1 for the default.",
        )
    if factor > 1:
        raise ApiError(
            ErrorCode.INVALID_REPLICATION_FACTOR,
            f"A replication factor of {factor} cannot be reached: 1 broker is registered.",
        )
    return int(image.broker_config["num.partitions"]) if count == -1 else count


def _check_assignments(request: CreatableTopic, node_id: int) -> int:
    if request.num_partitions != -1 or request.replication_factor != -1:
        raise ApiError(
            ErrorCode.INVALID_REQUEST,
            "With a manual assignment the partition count and replication factor must be -1.",
        )
    assignments: list[CreatableReplicaAssignment] = request.assignments
    indexes = sorted(assignment.partition_index for assignment in assignments)
    if indexes != list(range(len(indexes))):
        raise ApiError(
            ErrorCode.INVALID_REPLICA_ASSIGNMENT, "Partitions must be assigned once each, from 0."
        )
    for assignment in assignments:
        _check_replicas(assignment.broker_ids, node_id)
    return len(indexes)


def _check_replicas(replicas: Sequence[int], node_id: int) -> None:
    if not replicas:
        raise ApiError(
            ErrorCode.INVALID_REPLICA_ASSIGNMENT, "The manual assignment has an empty replica list."
        )
    if len(set(replicas)) != len(replicas):
        raise ApiError(
            ErrorCode.INVALID_REPLICA_ASSIGNMENT, "The manual assignment names a broker twice."
        )
    unknown = [replica for replica in replicas if replica != node_id]
    if unknown:
        raise ApiError(
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            f"The manual assignment names broker {unknown[0]}, which is not registered.",
        )


def _overrides(request: CreatableTopic, image: Image) -> dict[str, str]:
    missing = [entry.name for entry in request.configs if entry.value is None]
    if missing:
        raise ApiError(
            ErrorCode.INVALID_CONFIG,
            f"Null value not supported for topic configs: {','.join(missing)}",
        )
    # Unlike the APIs that change settings, this one lets the last of several values win.
    values = {entry.name: entry.value for entry in request.configs}
    operations = [Operation(OperationType.SET, name, value) for name, value in values.items()]
    return alter_topic({}, operations, image.broker_config)
