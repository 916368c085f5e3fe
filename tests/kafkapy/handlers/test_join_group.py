"""JoinGroup over the wire, in its versions."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from kafkapy.coordinator.classic.groups import Client
from kafkapy.handlers import join_group
from kafkapy.server.context import Peer, RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.describe_groups import DescribeGroupsRequest
from kafkapy.wire.messages.join_group import (
    JoinGroupRequest,
    JoinGroupRequestProtocol,
    JoinGroupResponse,
)
from tests.kafkapy.handlers.group_client import GROUP, group_client


def request(**fields: object) -> JoinGroupRequest:
    made = JoinGroupRequest(
        group_id=GROUP,
        session_timeout_ms=30_000,
        protocol_type="consumer",
        protocols=[JoinGroupRequestProtocol("range", b"m")],
    )
    for name, value in fields.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize("version", range(10))
def test_a_member_joins_in_every_version(version: int) -> None:
    with group_client() as client:
        joined = client.join(version)
        assert (joined.error_code, joined.generation_id) == (0, 1)
        assert joined.leader == joined.member_id
        assert joined.member_id.startswith("raw-")
        assert joined.protocol_name == "range"
        assert joined.protocol_type == ("consumer" if version >= 7 else None)
        [member] = joined.members
        assert member.member_id == joined.member_id


@pytest.mark.parametrize("version", [3, 4])
def test_from_version_4_on_a_member_has_to_come_with_its_id(version: int) -> None:
    with group_client() as client:
        response = client.call(request(rebalance_timeout_ms=60_000), version)
        expected = ErrorCode.MEMBER_ID_REQUIRED if version >= 4 else ErrorCode.NONE
        assert response.error_code == expected
        assert response.member_id


@pytest.mark.parametrize(("version", "timeout_ms"), [(0, 30_000), (1, 60_000)])
def test_before_version_1_the_session_timeout_is_the_rebalance_timeout(
    version: int, timeout_ms: int
) -> None:
    seen: list[int] = []

    async def join(asked: JoinGroupRequest, _: Client) -> JoinGroupResponse:
        seen.append(asked.rebalance_timeout_ms)
        return JoinGroupResponse()

    broker: Any = SimpleNamespace(groups=SimpleNamespace(join=join))
    peer = Peer(1, "10.0.0.1", "10.0.0.2", 9092, "PLAINTEXT")
    context = RequestContext(broker, peer, version, None)
    asyncio.run(join_group.handle(request(rebalance_timeout_ms=60_000), context))
    assert seen == [timeout_ms]


def test_the_host_of_a_member_is_shown_as_java_prints_it() -> None:
    with group_client() as client:
        client.member()
        [group] = client.call(DescribeGroupsRequest([GROUP]), 5).groups
        assert group.members[0].client_host == f"/{client.socket.getsockname()[0]}"


@pytest.mark.parametrize(("version", "name"), [(6, ""), (7, None)])
@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"group_id": ""}, ErrorCode.INVALID_GROUP_ID),
        ({"member_id": "nobody"}, ErrorCode.UNKNOWN_MEMBER_ID),
    ],
)
def test_a_refusal_has_no_protocol(
    version: int, name: str | None, fields: dict[str, str], error: ErrorCode
) -> None:
    with group_client() as client:
        refused = client.call(request(**fields), version)
        assert (refused.error_code, refused.generation_id) == (error, -1)
        assert (refused.protocol_name, refused.leader) == (name, "")
        assert refused.member_id == fields.get("member_id", "")
