"""What may become a topic, decided without a broker."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.config.broker import BrokerConfig
from kafkapy.errors import ApiError
from kafkapy.metadata.image import Image, Topic
from kafkapy.metadata.topics import TopicPlan, check_growth, check_name, parse_topic, plan_topic
from kafkapy.storage.engine import LogId
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.internal.metadata import PartitionRecord, TopicRecord
from kafkapy.wire.messages.create_topics import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
)

ID = b"i" * 16


@pytest.fixture
def image() -> Image:
    image = Image(BrokerConfig({"num.partitions": "7"}))
    image.replay(TopicRecord(name="a.b", topic_id=b"x" * 16))
    image.replay(PartitionRecord(partition_id=0, topic_id=b"x" * 16))
    return image


def plan(
    image: Image,
    name: str = "new",
    partitions: int = 1,
    replicas: int = 1,
    assignments: dict[int, list[int]] | None = None,
    configs: list[tuple[str, str | None]] | None = None,
) -> TopicPlan:
    request = CreatableTopic(
        name=name,
        num_partitions=partitions,
        replication_factor=replicas,
        assignments=[
            CreatableReplicaAssignment(partition_index=index, broker_ids=brokers)
            for index, brokers in (assignments or {}).items()
        ],
        configs=[CreatableTopicConfig(name=key, value=value) for key, value in configs or []],
    )
    return plan_topic(request, image, node_id=1, topic_id=ID)


def refusal(image: Image, **request: object) -> ErrorCode:
    with pytest.raises(ApiError) as raised:
        plan(image, **request)  # type: ignore[arg-type]
    return raised.value.code


@pytest.mark.parametrize("name", ["a", "A.b_c-9", "...", "a" * 249, "__mine"])
def test_a_legal_name_passes(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a" * 250, "a b", "é", "a/b", "a\0", "a\n"])
def test_an_illegal_name_is_refused(name: str) -> None:
    with pytest.raises(ApiError) as raised:
        check_name(name)
    assert raised.value.code == ErrorCode.INVALID_TOPIC_EXCEPTION


@pytest.mark.parametrize(("partitions", "count"), [(3, 3), (-1, 7)])
def test_the_partition_count_is_that_asked_for_or_the_default(
    image: Image, partitions: int, count: int
) -> None:
    planned = plan(image, partitions=partitions, replicas=-1)
    assert (planned.partitions, planned.topic_id) == (count, ID)


@pytest.mark.parametrize(
    ("partitions", "replicas", "code"),
    [
        (0, 1, ErrorCode.INVALID_PARTITIONS),
        (-2, 1, ErrorCode.INVALID_PARTITIONS),
        (1, 0, ErrorCode.INVALID_REPLICATION_FACTOR),
        (1, -2, ErrorCode.INVALID_REPLICATION_FACTOR),
        (1, 2, ErrorCode.INVALID_REPLICATION_FACTOR),
        (0, 0, ErrorCode.INVALID_REPLICATION_FACTOR),
        (0, 2, ErrorCode.INVALID_PARTITIONS),
    ],
)
def test_a_count_that_cannot_be_had_is_refused(
    image: Image, partitions: int, replicas: int, code: ErrorCode
) -> None:
    assert refusal(image, partitions=partitions, replicas=replicas) == code


@pytest.mark.parametrize(
    ("assignments", "code"),
    [
        ({1: [1]}, ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        ({0: [1], 2: [1]}, ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        ({0: []}, ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        ({0: [2]}, ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        ({0: [1, 1]}, ErrorCode.INVALID_REPLICA_ASSIGNMENT),
    ],
)
def test_an_assignment_that_does_not_fit_is_refused(
    image: Image, assignments: dict[int, list[int]], code: ErrorCode
) -> None:
    assert refusal(image, partitions=-1, replicas=-1, assignments=assignments) == code


def test_an_assignment_decides_the_partition_count_alone(image: Image) -> None:
    assignments = {1: [1], 0: [1]}
    assert plan(image, partitions=-1, replicas=-1, assignments=assignments).partitions == 2
    for partitions, replicas in ((2, -1), (-1, 1)):
        code = refusal(image, partitions=partitions, replicas=replicas, assignments=assignments)
        assert code == ErrorCode.INVALID_REQUEST


def test_names_that_differ_in_dots_and_underscores_only_collide(image: Image) -> None:
    assert refusal(image, name="a_b") == ErrorCode.INVALID_TOPIC_EXCEPTION
    assert refusal(image, name="a.b") == ErrorCode.TOPIC_ALREADY_EXISTS
    assert plan(image, name="ab").name == "ab"


@pytest.mark.parametrize(
    "configs",
    [
        [("bogus", "1")],
        [("retention.ms", "x")],
        [("retention.ms", None)],
        [("cleanup.policy", "x")],
    ],
)
def test_settings_are_checked_before_counts(
    image: Image, configs: list[tuple[str, str | None]]
) -> None:
    assert refusal(image, partitions=0, configs=configs) == ErrorCode.INVALID_CONFIG


def test_the_last_of_several_values_of_a_key_wins(image: Image) -> None:
    planned = plan(image, configs=[("retention.ms", "1"), ("retention.ms", "2")])
    assert planned.overrides == {"retention.ms": "2"}
    assert planned.config.retention_ms == 2


@pytest.mark.parametrize(
    ("count", "assignments", "code"),
    [
        (2, None, ErrorCode.INVALID_PARTITIONS),
        (1, None, ErrorCode.INVALID_PARTITIONS),
        (-1, None, ErrorCode.INVALID_PARTITIONS),
        (3, [], ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        (3, [[1], [1]], ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        (3, [[]], ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        (3, [[2]], ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        (4, [[1], [1, 1]], ErrorCode.INVALID_REPLICA_ASSIGNMENT),
    ],
)
def test_a_topic_grows_only_by_what_fits(
    image: Image, count: int, assignments: list[list[int]] | None, code: ErrorCode
) -> None:
    topic = Topic("t", ID, image.topic_config({}))
    topic.partitions = [LogId("t", index, ID) for index in range(2)]
    check_growth(topic, 4, [[1], [1]], node_id=1)
    with pytest.raises(ApiError) as raised:
        check_growth(topic, count, assignments, node_id=1)
    assert raised.value.code == code


@given(st.from_regex(r"[a-z]{1,9}", fullmatch=True), st.none() | st.integers(1, 99))
def test_a_topic_is_written_as_name_and_count(name: str, count: int | None) -> None:
    assert parse_topic(name if count is None else f"{name}:{count}") == (name, count)


@pytest.mark.parametrize("text", ["", ":1", "a:", "a:0", "a:x", "a:-1", "a:\u0661"])
def test_a_topic_written_in_another_way_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="NAME"):
        parse_topic(text)
