"""OffsetForLeaderEpoch over the wire: where an epoch ended."""

from __future__ import annotations

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.offset_for_leader_epoch import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderPartition,
    OffsetForLeaderTopic,
)
from tests.kafkapy.handlers.admin_client import AdminClient, admin_client


def ask(
    client: AdminClient, epoch: int, current: int = -1, topic: str = "t", version: int = 4
) -> tuple[int, int, int]:
    asked = OffsetForLeaderPartition(partition=0, leader_epoch=epoch, current_leader_epoch=current)
    request = OffsetForLeaderEpochRequest(
        replica_id=-1, topics=[OffsetForLeaderTopic(topic=topic, partitions=[asked])]
    )
    found = client.call(request, version).topics[0].partitions[0]
    return found.error_code, found.leader_epoch, found.end_offset


@pytest.mark.parametrize("version", range(5))
def test_the_current_epoch_ends_at_the_end_of_the_log(version: int) -> None:
    with admin_client() as client:
        client.create("t")
        client.produce("t", 1000, 2000)
        assert ask(client, 0, version=version) == (0, 0 if version >= 1 else -1, 2)


def test_an_epoch_that_is_not_known_has_no_end() -> None:
    with admin_client() as client:
        client.create("t")
        for epoch in (-1, 1, 5):
            assert ask(client, epoch) == (0, -1, -1)


@pytest.mark.parametrize(
    ("current", "code"),
    [
        (0, ErrorCode.NONE),
        (1, ErrorCode.UNKNOWN_LEADER_EPOCH),
        (-2, ErrorCode.FENCED_LEADER_EPOCH),
    ],
)
def test_a_client_with_another_epoch_is_refused(current: int, code: ErrorCode) -> None:
    with admin_client() as client:
        client.create("t")
        assert ask(client, 0, current)[0] == code


def test_what_does_not_exist_is_unknown() -> None:
    with admin_client() as client:
        assert ask(client, 0) == (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1)
