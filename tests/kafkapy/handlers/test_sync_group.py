"""SyncGroup over the wire, in its versions."""

import pytest

from kafkapy.wire.error_codes import ErrorCode
from tests.kafkapy.handlers.group_client import group_client


@pytest.mark.parametrize("version", range(6))
def test_the_leader_gets_its_own_assignment(version: int) -> None:
    with group_client() as client:
        synced = client.sync(client.join(), version)
        assert (synced.error_code, synced.assignment) == (0, b"all")
        named = ("consumer", "range") if version >= 5 else (None, None)
        assert (synced.protocol_type, synced.protocol_name) == named


@pytest.mark.parametrize("field", ["protocol_type", "protocol_name"])
def test_from_version_5_on_the_protocol_must_be_named(field: str) -> None:
    with group_client() as client:
        refused = client.sync(client.join(), 5, **{field: None})
        assert refused.error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"group_id": ""}, ErrorCode.INVALID_GROUP_ID),
        ({"generation_id": 9}, ErrorCode.ILLEGAL_GENERATION),
        ({"member_id": "nobody"}, ErrorCode.UNKNOWN_MEMBER_ID),
        ({"group_instance_id": "nobody"}, ErrorCode.UNKNOWN_MEMBER_ID),
    ],
)
def test_a_refusal_is_told(fields: dict[str, object], error: ErrorCode) -> None:
    with group_client() as client:
        assert client.sync(client.join(), **fields).error_code == error
