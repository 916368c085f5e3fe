"""Heartbeat over the wire, in its versions."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from kafkapy.errors import ApiError
from kafkapy.handlers import heartbeat
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.heartbeat import HeartbeatRequest
from tests.kafkapy.handlers.group_client import GROUP, group_client


@pytest.mark.parametrize("version", range(5))
def test_a_member_says_that_it_lives(version: int) -> None:
    with group_client() as client:
        member = client.member()
        request = HeartbeatRequest(GROUP, member.generation_id, member.member_id)
        assert client.call(request, version).error_code == 0


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (HeartbeatRequest("", 1, "m"), ErrorCode.INVALID_GROUP_ID),
        (HeartbeatRequest(GROUP, 1, "m"), ErrorCode.UNKNOWN_MEMBER_ID),
    ],
)
def test_a_refusal_is_told(request_: HeartbeatRequest, error: ErrorCode) -> None:
    with group_client() as client:
        assert client.call(request_, 4).error_code == error


def answer_to(error: ErrorCode) -> Any:
    def refuse(_: HeartbeatRequest) -> Any:
        raise ApiError(error)

    context: Any = SimpleNamespace(broker=SimpleNamespace(groups=SimpleNamespace(heartbeat=refuse)))
    return asyncio.run(heartbeat.handle(HeartbeatRequest(), context))


def test_while_the_group_is_loaded_a_heartbeat_succeeds() -> None:
    assert answer_to(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS).error_code == 0
    with pytest.raises(ApiError, match="NOT_COORDINATOR"):
        answer_to(ErrorCode.NOT_COORDINATOR)
