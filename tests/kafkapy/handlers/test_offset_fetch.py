"""OffsetFetch over the wire, in its versions."""

from typing import Any

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.delete_topics import DeleteTopicsRequest
from kafkapy.wire.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
    OffsetFetchRequestTopics,
)
from tests.kafkapy.handlers.group_client import GROUP, TOPIC, group_client


def places(topics: list[Any]) -> list[tuple[Any, ...]]:
    return [
        (t.name, p.partition_index, p.committed_offset, p.committed_leader_epoch, p.metadata)
        for t in topics
        for p in t.partitions
        if p.error_code == 0
    ]


@pytest.mark.parametrize("version", range(8))
def test_one_group_is_asked_until_version_7(version: int) -> None:
    with group_client() as client:
        client.commit(TOPIC, (1, 6))
        request = OffsetFetchRequest(GROUP, [OffsetFetchRequestTopic(TOPIC, [0, 1])])
        response = client.call(request, version)
        epoch = 7 if version >= 5 else -1
        assert response.error_code == 0
        assert places(response.topics) == [(TOPIC, 0, -1, -1, ""), (TOPIC, 1, 6, epoch, "m")]


@pytest.mark.parametrize("version", [8, 9])
def test_many_groups_are_asked_from_version_8_on(version: int) -> None:
    with group_client() as client:
        client.commit(TOPIC, (1, 6))
        asked = [OffsetFetchRequestTopics(TOPIC, partition_indexes=[1])]
        groups = [OffsetFetchRequestGroup(name, topics=asked) for name in (GROUP, "unknown")]
        response = client.call(OffsetFetchRequest(groups=groups), version)
        assert [(g.group_id, g.error_code, places(g.topics)) for g in response.groups] == [
            (GROUP, 0, [(TOPIC, 1, 6, 7, "m")]),
            ("unknown", 0, [(TOPIC, 1, -1, -1, "")]),
        ]


def test_topics_are_asked_by_id_from_version_10_on() -> None:
    with group_client() as client:
        client.commit(TOPIC, (1, 6))
        known, unknown = client.topic_id(), b"x" * 16
        asked = [
            OffsetFetchRequestTopics(topic_id=topic_id, partition_indexes=[1])
            for topic_id in (unknown, known)
        ]
        group = OffsetFetchRequestGroup(GROUP, topics=asked)
        [answer] = client.call(OffsetFetchRequest(groups=[group]), 10).groups
        found = {t.topic_id: t.partitions[0] for t in answer.topics}
        assert found[known].committed_offset == 6
        assert found[unknown].error_code == ErrorCode.UNKNOWN_TOPIC_ID
        assert found[unknown].committed_offset == -1


@pytest.mark.parametrize("version", [2, 7, 8, 10])
def test_null_topics_ask_for_all(version: int) -> None:
    with group_client() as client:
        client.commit(TOPIC, (0, 5), (1, 6))
        client.commit("u", (0, 7))
        group = OffsetFetchRequestGroup(GROUP, topics=None)
        response = client.call(OffsetFetchRequest(GROUP, None, [group]), version)
        topics = response.topics if version < 8 else response.groups[0].topics
        assert [(p[1], p[2]) for p in places(topics)] == [(0, 5), (1, 6), (0, 7)]
        if version == 10:
            assert [t.topic_id for t in topics] == [client.topic_id(), client.topic_id("u")]


def test_the_offsets_of_a_deleted_topic_are_gone() -> None:
    with group_client() as client:
        client.commit(TOPIC, (0, 5))
        client.commit("u", (0, 7))
        client.call(DeleteTopicsRequest(topic_names=[TOPIC], timeout_ms=1_000), 5)
        group = OffsetFetchRequestGroup(GROUP, topics=None)
        [answer] = client.call(OffsetFetchRequest(groups=[group]), 8).groups
        assert [place[:3] for place in places(answer.topics)] == [("u", 0, 7)]


@pytest.mark.parametrize("version", [1, 2, 7, 8])
def test_an_error_is_told_where_the_version_has_a_place_for_it(version: int) -> None:
    with group_client(finds_coordinator=False) as client:
        request = OffsetFetchRequest(GROUP, [OffsetFetchRequestTopic(TOPIC, [0])])
        request.groups = [OffsetFetchRequestGroup(GROUP, topics=[])]
        response = client.call(request, version)
        if version == 1:
            told = response.topics[0].partitions[0].error_code
        else:
            told = response.error_code if version < 8 else response.groups[0].error_code
        assert told == ErrorCode.NOT_COORDINATOR
