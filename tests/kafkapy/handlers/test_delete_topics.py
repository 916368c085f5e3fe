"""DeleteTopics over the wire: by name, by id, and named more than once."""

from __future__ import annotations

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.delete_topics import DeleteTopicsRequest, DeleteTopicState
from kafkapy.wire.messages.metadata import MetadataRequest
from kafkapy.wire.schema import ZERO_UUID
from tests.kafkapy.handlers.admin_client import UNKNOWN_ID, AdminClient, admin_client


def delete(
    client: AdminClient, *topics: tuple[str | None, bytes]
) -> list[tuple[str | None, bytes, int]]:
    states = [DeleteTopicState(name=name, topic_id=topic_id) for name, topic_id in topics]
    response = client.call(DeleteTopicsRequest(topics=states), 6)
    return [(each.name, each.topic_id, each.error_code) for each in response.responses]


def topics(client: AdminClient) -> set[str]:
    return {topic.name for topic in client.call(MetadataRequest(topics=None), 12).topics}


@pytest.mark.parametrize("version", range(6))
def test_topics_are_deleted_by_name_in_the_older_versions(version: int) -> None:
    with admin_client() as client:
        for name in ("a", "b", "c"):
            client.create(name)
        request = DeleteTopicsRequest(topic_names=["a", "nope", "b", "b"])
        response = client.call(request, version)
        assert {each.name: each.error_code for each in response.responses} == {
            "a": ErrorCode.NONE,
            "nope": ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
            "b": ErrorCode.INVALID_REQUEST,
        }
        assert topics(client) == {"b", "c"}


def test_a_deleted_topic_comes_back_with_name_and_id() -> None:
    with admin_client() as client:
        a, b = client.create("a"), client.create("b")
        assert delete(client, ("a", ZERO_UUID), (None, b)) == [("a", a, 0), ("b", b, 0)]
        assert topics(client) == set()


def test_a_topic_that_is_named_twice_or_ambiguously_stays() -> None:
    with admin_client() as client:
        a, b, c = (client.create(name) for name in "abc")
        invalid = ErrorCode.INVALID_REQUEST
        assert delete(client, ("a", ZERO_UUID), (None, a)) == [("a", ZERO_UUID, invalid)]
        assert delete(client, (None, b), (None, b)) == [(None, b, invalid)]
        assert delete(client, ("c", c)) == [("c", c, invalid)]
        assert delete(client, (None, ZERO_UUID)) == [(None, ZERO_UUID, invalid)]
        assert topics(client) == {"a", "b", "c"}


def test_an_unknown_topic_is_told_by_what_it_was_named() -> None:
    with admin_client() as client:
        assert delete(client, ("nope", ZERO_UUID), (None, UNKNOWN_ID)) == [
            ("nope", ZERO_UUID, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
            (None, UNKNOWN_ID, ErrorCode.UNKNOWN_TOPIC_ID),
        ]


@pytest.mark.parametrize(
    ("version", "code"),
    [(1, ErrorCode.INVALID_REQUEST), (3, ErrorCode.TOPIC_DELETION_DISABLED)],
)
def test_deletion_can_be_disabled(version: int, code: ErrorCode) -> None:
    with admin_client(delete_topic_enable="false") as client:
        client.create("a")
        response = client.call(DeleteTopicsRequest(topic_names=["a", "nope"]), version)
        assert [(each.name, each.error_code) for each in response.responses] == [
            ("a", code),
            ("nope", code),
        ]
        assert topics(client) == {"a"}
