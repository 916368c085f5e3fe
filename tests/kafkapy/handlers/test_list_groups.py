"""ListGroups over the wire, in its versions."""

import pytest

from kafkapy.wire.messages.list_groups import ListGroupsRequest
from tests.kafkapy.handlers.group_client import TOPIC, group_client


@pytest.mark.parametrize("version", range(6))
def test_groups_are_listed_in_every_version(version: int) -> None:
    with group_client() as client:
        client.member()
        client.commit(TOPIC, (0, 5), group_id="simple")
        listed = {
            group.group_id: (group.protocol_type, group.group_state, group.group_type)
            for group in client.call(ListGroupsRequest(), version).groups
        }
        type_ = "classic" if version >= 5 else ""
        assert listed == {
            "orders": ("consumer", "Stable" if version >= 4 else "", type_),
            "simple": ("", "Empty" if version >= 4 else "", type_),
        }


def test_filters_choose_by_state_and_type() -> None:
    with group_client() as client:
        client.member()
        client.commit(TOPIC, (0, 5), group_id="simple")

        def listed(states: list[str], types: list[str]) -> list[str]:
            groups = client.call(ListGroupsRequest(states, types), 5).groups
            return [group.group_id for group in groups]

        assert listed(["EMPTY"], ["Classic"]) == ["simple"]
        assert listed(["Stable"], []) == ["orders"]
        assert listed([], ["share"]) == []
