"""CreatePartitions over the wire: topics grow, and only grow."""

from __future__ import annotations

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.create_partitions import (
    CreatePartitionsAssignment,
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from kafkapy.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from tests.kafkapy.handlers.admin_client import AdminClient, admin_client


def grow(
    client: AdminClient,
    *topics: tuple[str, int, list[list[int]] | None],
    version: int = 3,
    validate_only: bool = False,
) -> dict[str, int]:
    asked = [
        CreatePartitionsTopic(
            name=name,
            count=count,
            assignments=None
            if assignments is None
            else [CreatePartitionsAssignment(broker_ids=brokers) for brokers in assignments],
        )
        for name, count, assignments in topics
    ]
    request = CreatePartitionsRequest(topics=asked, validate_only=validate_only)
    return {each.name: each.error_code for each in client.call(request, version).results}


def partitions(client: AdminClient, name: str) -> int:
    request = MetadataRequest(topics=[MetadataRequestTopic(name=name)])
    return len(client.call(request, 12).topics[0].partitions)


@pytest.mark.parametrize("version", range(4))
def test_a_topic_grows_in_every_version(version: int) -> None:
    with admin_client() as client:
        client.create("t", 2)
        assert grow(client, ("t", 3, None), version=version) == {"t": 0}
        assert grow(client, ("t", 5, [[1], [1]]), version=version) == {"t": 0}
        assert partitions(client, "t") == 5
        client.produce("t", 1000, partition=4)


@pytest.mark.parametrize("validate_only", [True, False])
def test_each_topic_gets_its_own_answer(validate_only: bool) -> None:
    with admin_client() as client:
        for name in ("same", "less", "short", "far", "twice", "good"):
            client.create(name, 2)
        codes = grow(
            client,
            ("same", 2, None),
            ("less", 1, None),
            ("short", 4, [[1]]),
            ("far", 3, [[9]]),
            ("twice", 3, None),
            ("twice", 4, None),
            ("nope", 3, None),
            ("good", 3, None),
            validate_only=validate_only,
        )
        assert codes == {
            "same": ErrorCode.INVALID_PARTITIONS,
            "less": ErrorCode.INVALID_PARTITIONS,
            "short": ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "far": ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "twice": ErrorCode.INVALID_REQUEST,
            "nope": ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
            "good": ErrorCode.NONE,
        }
        assert partitions(client, "good") == (2 if validate_only else 3)


def test_one_request_adds_a_bounded_number_of_partitions() -> None:
    with admin_client() as client:
        client.create("t")
        client.create("u")
        assert grow(client, ("t", 2**31 - 1, None)) == {"t": ErrorCode.POLICY_VIOLATION}
        codes = grow(client, ("t", 6001, None), ("u", 6001, None), validate_only=True)
        assert codes == {"t": ErrorCode.NONE, "u": ErrorCode.POLICY_VIOLATION}
