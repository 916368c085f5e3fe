"""ListConfigResources over the wire."""

from __future__ import annotations

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.incremental_alter_configs import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from kafkapy.wire.messages.list_config_resources import ListConfigResourcesRequest
from tests.kafkapy.handlers.admin_client import AdminClient, admin_client

RESOURCES = {("t", 2), ("1", 4), ("1", 8), ("m", 16), ("g", 32)}


def prepare(client: AdminClient) -> None:
    client.create("t")
    settings = [(16, "m", "interval.ms"), (32, "g", "consumer.session.timeout.ms")]
    resources = [
        AlterConfigsResource(
            resource_type=kind,
            resource_name=name,
            configs=[AlterableConfig(name=key, config_operation=0, value="50000")],
        )
        for kind, name, key in settings
    ]
    responses = client.call(IncrementalAlterConfigsRequest(resources=resources), 1).responses
    assert [each.error_code for each in responses] == [0, 0]


@pytest.mark.parametrize("types", [[], [2], [4], [8], [16], [32], [4, 8], [8, 4, 4]])
def test_the_resources_of_the_types_asked_for_are_listed(types: list[int]) -> None:
    with admin_client() as client:
        prepare(client)
        response = client.call(ListConfigResourcesRequest(resource_types=types), 1)
        listed = [(each.resource_name, each.resource_type) for each in response.config_resources]
        assert set(listed) == {each for each in RESOURCES if not types or each[1] in types}
        assert len(listed) == len(set(listed))


def test_version_0_lists_client_metrics_alone() -> None:
    with admin_client() as client:
        prepare(client)
        response = client.call(ListConfigResourcesRequest(), 0)
        assert [each.resource_name for each in response.config_resources] == ["m"]


@pytest.mark.parametrize("types", [[0], [1], [3], [64], [-1], [16, 99]])
def test_a_type_that_is_not_known_is_refused(types: list[int]) -> None:
    with admin_client() as client:
        response = client.call(ListConfigResourcesRequest(resource_types=types), 1)
        assert response.error_code == ErrorCode.UNSUPPORTED_VERSION
        assert response.config_resources == []
