"""OffsetDelete over the wire."""

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from tests.kafkapy.handlers.group_client import GROUP, TOPIC, group_client


def request(topics: dict[str, list[int]], group: str = GROUP) -> OffsetDeleteRequest:
    return OffsetDeleteRequest(
        group,
        [
            OffsetDeleteRequestTopic(name, [OffsetDeleteRequestPartition(p) for p in partitions])
            for name, partitions in topics.items()
        ],
    )


def test_each_partition_has_its_result() -> None:
    with group_client() as client:
        client.commit(TOPIC, (0, 5))
        response = client.call(request({TOPIC: [0, 1, 9], "missing": [0]}), 0)
        assert response.error_code == 0
        assert {
            (topic.name, p.partition_index): p.error_code
            for topic in response.topics
            for p in topic.partitions
        } == {(TOPIC, 0): 0, (TOPIC, 1): 0, (TOPIC, 9): 3, ("missing", 0): 3}


def test_a_topic_that_the_group_consumes_is_kept() -> None:
    with group_client() as client:
        client.member()
        response = client.call(request({TOPIC: [0], "u": [0]}), 0)
        assert {t.name: t.partitions[0].error_code for t in response.topics} == {
            TOPIC: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
            "u": ErrorCode.NONE,
        }


@pytest.mark.parametrize(
    ("group", "error"),
    [("", ErrorCode.INVALID_GROUP_ID), ("unknown", ErrorCode.GROUP_ID_NOT_FOUND)],
)
def test_a_refusal_is_told_at_the_top(group: str, error: ErrorCode) -> None:
    with group_client() as client:
        assert client.call(request({TOPIC: [0]}, group), 0).error_code == error
