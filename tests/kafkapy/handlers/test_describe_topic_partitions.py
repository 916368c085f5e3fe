"""DescribeTopicPartitions over the wire: pages in the order of names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafkapy.authorized_operations import TOPIC_OPERATIONS
from kafkapy.testing import Broker
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.describe_topic_partitions import (
    Cursor,
    DescribeTopicPartitionsRequest,
    TopicRequest,
)
from tests.kafkapy.handlers.admin_client import AdminClient, admin_client

PARTITIONS = {"a": 3, "b": 1, "c": 2}
Page = tuple[list[tuple[str, int, list[int]]], tuple[str, int] | None]


@pytest.fixture(scope="module")
def client() -> Iterator[AdminClient]:
    with admin_client() as client:
        for name, count in PARTITIONS.items():
            client.create(name, count)
        yield client


def ask(
    client: AdminClient,
    names: Sequence[str],
    limit: int = 2000,
    cursor: tuple[str, int] | None = None,
) -> Any:
    request = DescribeTopicPartitionsRequest(
        topics=[TopicRequest(name=name) for name in names],
        response_partition_limit=limit,
        cursor=cursor and Cursor(topic_name=cursor[0], partition_index=cursor[1]),
    )
    return client.call(request, 0)


def page(client: AdminClient, *args: Any, **options: Any) -> Page:
    response = ask(client, *args, **options)
    following = response.next_cursor
    return (
        [
            (topic.name, topic.error_code, [each.partition_index for each in topic.partitions])
            for topic in response.topics
        ],
        following and (following.topic_name, following.partition_index),
    )


def test_topics_come_sorted_and_once(client: AdminClient) -> None:
    everything = [("a", 0, [0, 1, 2]), ("b", 0, [0]), ("c", 0, [0, 1])]
    assert page(client, ["c", "a", "b", "a"]) == page(client, []) == (everything, None)


@given(limit=st.integers(1, 7), names=st.sets(st.sampled_from([*PARTITIONS, "aa", "zz"])))
@settings(deadline=None, max_examples=40)
def test_pages_together_are_the_whole(client: AdminClient, limit: int, names: set[str]) -> None:
    found: list[tuple[str, int]] = []
    cursor = None
    while True:
        topics, cursor = page(client, sorted(names), limit, cursor)
        assert sum(len(partitions) for _, _, partitions in topics) <= limit
        found += [(name, index) for name, _, partitions in topics for index in partitions]
        if cursor is None:
            break
    expected = names & set(PARTITIONS) if names else set(PARTITIONS)
    assert found == [(name, i) for name in sorted(expected) for i in range(PARTITIONS[name])]


@pytest.mark.parametrize("limit", [0, -1, -(2**31)])
def test_a_page_has_a_partition_at_least(client: AdminClient, limit: int) -> None:
    assert page(client, ["a", "b"], limit) == ([("a", 0, [0])], ("a", 1))


def test_the_broker_bounds_a_page() -> None:
    with admin_client(max_request_partition_size_limit="2") as client:
        client.create("t", 3)
        assert page(client, []) == ([("t", 0, [0, 1])], ("t", 2))


def test_what_is_not_a_topic_gets_an_error_of_its_own(client: AdminClient) -> None:
    response = ask(client, ["nope", "a b", "b"])
    assert [(topic.name, topic.error_code) for topic in response.topics] == [
        ("a b", ErrorCode.INVALID_TOPIC_EXCEPTION),
        ("b", ErrorCode.NONE),
        ("nope", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
    ]
    assert {topic.topic_authorized_operations for topic in response.topics} == {TOPIC_OPERATIONS}


def test_a_full_page_ends_before_a_topic_that_does_not_exist(client: AdminClient) -> None:
    assert page(client, ["a", "aa"], 3) == ([("a", 0, [0, 1, 2])], ("aa", 0))


@pytest.mark.parametrize("cursor", [("a", -1), ("aa", 0), ("", 0), ("zz", 0)])
def test_a_cursor_that_points_to_no_topic_asked_for_is_refused(
    client: AdminClient, cursor: tuple[str, int]
) -> None:
    code = ErrorCode.INVALID_REQUEST
    assert page(client, ["a", "b"], cursor=cursor) == ([("a", code, []), ("b", code, [])], None)


def test_without_names_a_cursor_may_point_between_topics(client: AdminClient) -> None:
    assert page(client, [], cursor=("bb", 5)) == ([("c", 0, [0, 1])], None)
    assert page(client, [], cursor=("a", 3), limit=2) == (
        [("a", 0, []), ("b", 0, [0]), ("c", 0, [0])],
        ("c", 1),
    )


def test_a_partition_whose_log_cannot_be_opened_has_no_leader(tmp_path: Path) -> None:
    with Broker(data_dir=tmp_path, topics=["t:2"]):
        pass
    # What a compaction left behind is damaged.
    (tmp_path / "t-1" / f"{0:020}.log.swap").write_bytes(b"damaged" * 20)
    with Broker(data_dir=tmp_path) as broker, AdminClient(broker.bootstrap_servers) as client:
        [topic] = ask(client, ["t"]).topics
        one, other = topic.partitions
        assert (one.error_code, one.leader_id, one.offline_replicas) == (0, 1, [])
        assert other.error_code == ErrorCode.LEADER_NOT_AVAILABLE
        assert (other.leader_id, other.offline_replicas) == (-1, [1])
