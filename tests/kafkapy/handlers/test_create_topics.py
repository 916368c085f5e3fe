"""CreateTopics over the wire: results per topic, defaults, and what comes back."""

from __future__ import annotations

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.create_topics import CreatableTopic, CreateTopicsRequest
from kafkapy.wire.schema import ZERO_UUID
from tests.kafkapy.handlers.admin_client import AdminClient, admin_client, creatable


def create(
    client: AdminClient, *topics: CreatableTopic, version: int = 7, validate_only: bool = False
) -> dict[str, int]:
    request = CreateTopicsRequest(topics=list(topics), validate_only=validate_only)
    return {each.name: each.error_code for each in client.call(request, version).topics}


@pytest.mark.parametrize("version", range(8))
def test_a_topic_is_created_in_every_version(version: int) -> None:
    with admin_client() as client:
        assert create(client, creatable("t", 3), version=version) == {"t": 0}
        assert create(client, creatable("t", 3), version=version) == {
            "t": ErrorCode.TOPIC_ALREADY_EXISTS
        }


def test_the_answer_tells_what_was_created() -> None:
    with admin_client(num_partitions="4") as client:
        topic = creatable("t", -1, {"retention.ms": " 5 "}, replicas=-1)
        [result] = client.call(CreateTopicsRequest(topics=[topic]), 7).topics
        assert (result.num_partitions, result.replication_factor) == (4, 1)
        assert result.topic_id != ZERO_UUID
        values = {entry.name: entry.value for entry in result.configs}
        assert list(values) == sorted(values)
        assert values["retention.ms"] == " 5 "
        assert client.configs(2, "t", "retention.ms") == {"retention.ms": "5"}


def test_one_that_is_refused_does_not_hinder_the_others() -> None:
    with admin_client() as client:
        client.create("old.one")
        codes = create(
            client,
            creatable("good"),
            creatable("twice"),
            creatable("twice"),
            creatable("."),
            creatable("old_one"),
            creatable("none", 0),
            creatable("three", replicas=3),
            creatable("far", -1, replicas=-1, assignments={0: [2]}),
            creatable("both", 1, assignments={0: [1]}),
            creatable("odd", configs={"bogus": "1"}),
            creatable("null", configs={"retention.ms": None}),
            creatable("__cluster_metadata"),
            creatable("placed", -1, replicas=-1, assignments={1: [1], 0: [1]}),
        )
    assert codes == {
        "good": ErrorCode.NONE,
        "twice": ErrorCode.INVALID_REQUEST,
        ".": ErrorCode.INVALID_TOPIC_EXCEPTION,
        "old_one": ErrorCode.INVALID_TOPIC_EXCEPTION,
        "none": ErrorCode.INVALID_PARTITIONS,
        "three": ErrorCode.INVALID_REPLICATION_FACTOR,
        "far": ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        "both": ErrorCode.INVALID_REQUEST,
        "odd": ErrorCode.INVALID_CONFIG,
        "null": ErrorCode.INVALID_CONFIG,
        "__cluster_metadata": ErrorCode.INVALID_REQUEST,
        "placed": ErrorCode.NONE,
    }


def test_a_refusal_has_an_empty_list_of_settings() -> None:
    # The Java client fails on null.
    with admin_client() as client:
        [result] = client.call(CreateTopicsRequest(topics=[creatable("t", 0)]), 7).topics
    assert result.configs == []
    assert (result.num_partitions, result.replication_factor) == (-1, -1)
    assert result.error_message


def test_validate_only_answers_as_if_and_creates_nothing() -> None:
    with admin_client() as client:
        for _ in range(2):
            assert create(client, creatable("t", 3), validate_only=True) == {"t": 0}
            assert create(client, creatable("u", 0), validate_only=True) == {
                "u": ErrorCode.INVALID_PARTITIONS
            }


def test_one_request_creates_a_bounded_number_of_partitions() -> None:
    with admin_client() as client:
        topics = [creatable("a", 6000), creatable("b", 6000), creatable("c", 2**31 - 1)]
        assert set(create(client, *topics).values()) == {ErrorCode.POLICY_VIOLATION}
