"""DeleteGroups over the wire, in its versions."""

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.delete_groups import DeleteGroupsRequest
from kafkapy.wire.messages.list_groups import ListGroupsRequest
from tests.kafkapy.handlers.group_client import GROUP, TOPIC, group_client


@pytest.mark.parametrize("version", range(3))
def test_each_group_has_its_result_once(version: int) -> None:
    with group_client() as client:
        client.member()
        client.commit(TOPIC, (0, 5), group_id="simple")
        request = DeleteGroupsRequest(["simple", GROUP, "unknown", "simple"])
        results = client.call(request, version).results
        assert [(result.group_id, result.error_code) for result in results] == [
            ("simple", 0),
            (GROUP, ErrorCode.NON_EMPTY_GROUP),
            ("unknown", ErrorCode.GROUP_ID_NOT_FOUND),
        ]
        assert [g.group_id for g in client.call(ListGroupsRequest(), 5).groups] == [GROUP]
