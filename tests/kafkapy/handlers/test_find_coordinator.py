"""FindCoordinator: this broker, at the address that the client dialled."""

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.find_coordinator import FindCoordinatorRequest
from kafkapy.wire.messages.list_groups import ListGroupsRequest
from kafkapy.wire.messages.metadata import MetadataRequest
from tests.kafkapy.handlers.group_client import group_client

GROUP, TRANSACTION, SHARE = 0, 1, 2
SHARE_KEY = "g:AAAAAAAAAAAAAAAAAAAAAQ:0"


@pytest.mark.parametrize("version", [0, 1, 2, 3])
def test_one_key_is_found_here(version: int) -> None:
    with group_client(finds_coordinator=False) as client:
        found = client.call(FindCoordinatorRequest(key="orders"), version)
        assert (found.host, found.port) == client.socket.getpeername()
        assert (found.error_code, found.node_id) == (0, 1)
        assert found.error_message == ("NONE" if version else "")


@pytest.mark.parametrize(
    ("version", "key_type", "key"),
    [
        (4, GROUP, "orders"),
        (6, GROUP, ""),
        (5, TRANSACTION, "tx"),
        (6, SHARE, SHARE_KEY),
    ],
)
def test_each_of_many_keys_is_found_here(version: int, key_type: int, key: str) -> None:
    with group_client(finds_coordinator=False) as client:
        request = FindCoordinatorRequest(key_type=key_type, coordinator_keys=[key, key])
        found = client.call(request, version).coordinators
        assert [(f.key, f.error_code, (f.host, f.port)) for f in found] == [
            (key, 0, client.socket.getpeername())
        ] * 2


@pytest.mark.parametrize(
    ("version", "key_type", "key"),
    [(5, SHARE, SHARE_KEY), (6, SHARE, "no-share-key"), (6, 9, "orders")],
)
def test_a_key_that_cannot_be_is_refused(version: int, key_type: int, key: str) -> None:
    with group_client(finds_coordinator=False) as client:
        request = FindCoordinatorRequest(key_type=key_type, coordinator_keys=[key])
        [found] = client.call(request, version).coordinators
        assert found.error_code == ErrorCode.INVALID_REQUEST
        assert (found.node_id, found.host, found.port) == (-1, "", -1)


def test_an_old_client_is_told_the_error_at_the_top() -> None:
    with group_client(finds_coordinator=False) as client:
        found = client.call(FindCoordinatorRequest(key="orders", key_type=9), 2)
        assert (found.error_code, found.node_id) == (ErrorCode.INVALID_REQUEST, -1)


def test_only_the_first_search_for_a_group_makes_the_offsets_topic() -> None:
    with group_client(finds_coordinator=False) as client:

        def topics() -> set[str]:
            return {topic.name for topic in client.call(MetadataRequest(topics=None), 12).topics}

        client.call(FindCoordinatorRequest(key="tx", key_type=TRANSACTION), 3)
        assert "__consumer_offsets" not in topics()
        assert client.call(ListGroupsRequest(), 5).groups == []
        client.call(FindCoordinatorRequest(key="orders"), 3)
        assert "__consumer_offsets" in topics()
