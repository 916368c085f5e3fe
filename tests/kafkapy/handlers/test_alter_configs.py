"""AlterConfigs over the wire: what is not named is no longer set."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.alter_configs import (
    AlterableConfig,
    AlterConfigsRequest,
    AlterConfigsResource,
)
from tests.kafkapy.handlers.admin_client import AdminClient, admin_client

TOPIC, BROKER, LOGGER = 2, 4, 8


def alter(
    client: AdminClient,
    kind: int,
    name: str,
    configs: Mapping[str, str | None],
    *,
    version: int = 2,
    validate_only: bool = False,
) -> int:
    entries = [AlterableConfig(name=key, value=value) for key, value in configs.items()]
    resource = AlterConfigsResource(resource_type=kind, resource_name=name, configs=entries)
    request = AlterConfigsRequest(resources=[resource], validate_only=validate_only)
    code: int = client.call(request, version).responses[0].error_code
    return code


@pytest.mark.parametrize("version", range(3))
def test_all_settings_of_a_topic_are_replaced(version: int) -> None:
    keys = ("retention.ms", "cleanup.policy")
    with admin_client() as client:
        client.create("t", retention_ms="5")
        before = client.configs(TOPIC, "t", *keys)
        new = {"cleanup.policy": "compact"}
        assert alter(client, TOPIC, "t", new, version=version, validate_only=True) == 0
        assert client.configs(TOPIC, "t", *keys) == before
        assert alter(client, TOPIC, "t", new, version=version) == 0
        assert client.configs(TOPIC, "t", *keys) == new | {"retention.ms": "604800000"}


@pytest.mark.parametrize(
    ("configs", "code"),
    [
        ({"retention.ms": "x"}, ErrorCode.INVALID_CONFIG),
        ({"retention.ms": None}, ErrorCode.INVALID_REQUEST),
        ({"cleanup.policy": "compact", "bogus": "1"}, ErrorCode.INVALID_CONFIG),
    ],
)
def test_a_topic_that_is_refused_stays_as_it_was(
    configs: Mapping[str, str | None], code: ErrorCode
) -> None:
    with admin_client() as client:
        client.create("t", retention_ms="5")
        before = client.configs(TOPIC, "t")
        assert alter(client, TOPIC, "t", configs) == code
        assert client.configs(TOPIC, "t") == before


def test_the_settings_of_brokers_are_replaced() -> None:
    with admin_client() as client:
        assert alter(client, BROKER, "", {"num.io.threads": "9", "log.retention.ms": "5"}) == 0
        assert alter(client, BROKER, "", {"num.io.threads": "7"}) == 0
        assert client.configs(BROKER, "") == {"num.io.threads": "7"}
        assert alter(client, BROKER, "1", {}) == 0
        assert alter(client, BROKER, "2", {}) == ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize(("kind", "name"), [(LOGGER, "1"), (0, "x"), (99, "x"), (TOPIC, "")])
def test_other_resources_are_refused(kind: int, name: str) -> None:
    with admin_client() as client:
        assert alter(client, kind, name, {"a": "1"}) == ErrorCode.INVALID_REQUEST
