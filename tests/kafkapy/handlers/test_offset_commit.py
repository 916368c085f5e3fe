"""OffsetCommit over the wire, in its versions."""

import pytest

from kafkapy.wire.error_codes import ErrorCode
from tests.kafkapy.handlers.group_client import TOPIC, group_client

OK, UNKNOWN = ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


@pytest.mark.parametrize("version", range(11))
def test_a_consumer_without_a_group_commits_in_every_version(version: int) -> None:
    with group_client() as client:
        topic_id = client.topic_id() if version >= 10 else bytes(16)
        name = "" if version >= 10 else TOPIC
        assert client.commit(name, (0, 5), (1, 6), version=version, topic_id=topic_id) == [OK, OK]


@pytest.mark.parametrize("version", [1, 7, 10])
def test_a_member_commits_with_its_generation(version: int) -> None:
    with group_client() as client:
        member = client.member()
        topic_id = client.topic_id() if version >= 10 else bytes(16)
        name = "" if version >= 10 else TOPIC
        fields = {"member_id": member.member_id, "generation_id_or_member_epoch": 1}
        committed = client.commit(name, (0, 5), version=version, topic_id=topic_id, **fields)
        assert committed == [OK]


def test_what_does_not_exist_is_refused_and_the_rest_committed() -> None:
    with group_client() as client:
        assert client.commit(TOPIC, (0, 5), (9, 5), (-1, 5), (1, 6)) == [OK, UNKNOWN, UNKNOWN, OK]
        assert client.commit("missing", (0, 5)) == [UNKNOWN]
        assert client.commit("", (0, 5), version=10, topic_id=b"x" * 16) == [
            ErrorCode.UNKNOWN_TOPIC_ID
        ]


def test_an_error_of_the_group_is_told_for_each_partition() -> None:
    with group_client() as client:
        client.member()
        assert client.commit(TOPIC, (0, 5), (9, 5)) == [ErrorCode.UNKNOWN_MEMBER_ID, UNKNOWN]


@pytest.mark.parametrize(
    ("version", "error"), [(8, ErrorCode.ILLEGAL_GENERATION), (9, ErrorCode.GROUP_ID_NOT_FOUND)]
)
def test_a_generation_of_an_unknown_group_is_refused(version: int, error: ErrorCode) -> None:
    with group_client() as client:
        fields = {"member_id": "m", "generation_id_or_member_epoch": 1}
        assert client.commit(TOPIC, (0, 5), version=version, **fields) == [error]


def test_metadata_may_be_null_but_not_too_long() -> None:
    with group_client() as client:
        assert client.commit(TOPIC, (0, 5), metadata=None) == [OK]
        too_long = client.commit(TOPIC, (0, 5), metadata="x" * 4097)
        assert too_long == [ErrorCode.OFFSET_METADATA_TOO_LARGE]


def test_without_a_coordinator_the_client_has_to_look_for_one() -> None:
    with group_client(finds_coordinator=False) as client:
        assert client.commit(TOPIC, (0, 5)) == [ErrorCode.NOT_COORDINATOR]
