"""IncrementalAlterConfigs over the wire: single settings, all of a resource or none."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.incremental_alter_configs import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from tests.kafkapy.handlers.admin_client import AdminClient, admin_client

SET, DELETE, APPEND, SUBTRACT = range(4)
TOPIC, BROKER, LOGGER, GROUP = 2, 4, 8, 32
Change = tuple[str, int, str | None]


@pytest.fixture
def client() -> Iterator[AdminClient]:
    with admin_client() as client:
        client.create("t")
        yield client


def alter(
    client: AdminClient,
    *resources: tuple[int, str, list[Change]],
    version: int = 1,
    validate_only: bool = False,
) -> list[int]:
    asked = [
        AlterConfigsResource(
            resource_type=kind,
            resource_name=name,
            configs=[
                AlterableConfig(name=key, config_operation=operation, value=value)
                for key, operation, value in changes
            ],
        )
        for kind, name, changes in resources
    ]
    request = IncrementalAlterConfigsRequest(resources=asked, validate_only=validate_only)
    responses = client.call(request, version).responses
    assert [(each.resource_type, each.resource_name) for each in responses] == [
        (kind, name) for kind, name, _ in resources
    ]
    return [each.error_code for each in responses]


def policy(client: AdminClient) -> str | None:
    return client.configs(TOPIC, "t", "cleanup.policy")["cleanup.policy"]


@pytest.mark.parametrize("version", range(2))
def test_a_setting_is_set_and_unset(client: AdminClient, version: int) -> None:
    for operation, value, expected in ((SET, "5", "5"), (DELETE, None, "604800000")):
        change = ("retention.ms", operation, value)
        assert alter(client, (TOPIC, "t", [change]), version=version) == [0]
        assert client.configs(TOPIC, "t", "retention.ms") == {"retention.ms": expected}


def test_lists_are_appended_to_and_subtracted_from(client: AdminClient) -> None:
    for operation, value, expected in (
        (APPEND, "compact", "delete,compact"),
        (APPEND, "compact", "delete,compact"),
        (SUBTRACT, "delete", "compact"),
        (DELETE, None, "delete"),
    ):
        assert alter(client, (TOPIC, "t", [("cleanup.policy", operation, value)])) == [0]
        assert policy(client) == expected


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ([("retention.ms", SET, "x")], ErrorCode.INVALID_CONFIG),
        ([("retention.ms", SET, None)], ErrorCode.INVALID_REQUEST),
        ([("retention.ms", APPEND, "1")], ErrorCode.INVALID_CONFIG),
        ([("retention.ms", 4, "1")], ErrorCode.INVALID_REQUEST),
        ([("retention.ms", SET, "1"), ("retention.ms", SET, "2")], ErrorCode.INVALID_REQUEST),
        ([("retention.ms", SET, "1"), ("cleanup.policy", SET, "x")], ErrorCode.INVALID_CONFIG),
        ([("bogus", SET, "1")], ErrorCode.INVALID_CONFIG),
    ],
)
def test_a_resource_that_is_refused_stays_as_it_was(
    client: AdminClient, changes: list[Change], code: ErrorCode
) -> None:
    before = client.configs(TOPIC, "t")
    assert alter(client, (TOPIC, "t", changes)) == [code]
    assert client.configs(TOPIC, "t") == before


def test_each_resource_is_changed_by_itself(client: AdminClient) -> None:
    change: list[Change] = [("retention.ms", SET, "5")]
    assert alter(client, (TOPIC, "nope", change), (TOPIC, "", change), (TOPIC, "t", change)) == [
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode.INVALID_REQUEST,
        ErrorCode.NONE,
    ]
    assert client.configs(TOPIC, "t", "retention.ms") == {"retention.ms": "5"}


def test_a_resource_that_is_named_twice_is_not_changed(client: AdminClient) -> None:
    resources = [(TOPIC, "t", [("retention.ms", SET, value)]) for value in "56"]
    assert alter(client, *resources) == [ErrorCode.INVALID_REQUEST] * 2
    assert client.configs(TOPIC, "t", "retention.ms") == {"retention.ms": "604800000"}


def test_validate_only_changes_nothing(client: AdminClient) -> None:
    change: list[Change] = [("cleanup.policy", SET, "compact")]
    assert alter(client, (TOPIC, "t", change), validate_only=True) == [0]
    assert policy(client) == "delete"


def test_a_broker_setting_is_the_default_of_topics_at_once(client: AdminClient) -> None:
    change: list[Change] = [("log.retention.ms", SET, "9")]
    assert alter(client, (BROKER, "", change)) == [0]
    assert client.configs(TOPIC, "t", "retention.ms") == {"retention.ms": "9"}
    assert client.configs(BROKER, "1", "log.retention.ms") == {"log.retention.ms": "9"}
    assert client.configs(BROKER, "") == {"log.retention.ms": "9"}


@pytest.mark.parametrize(
    ("kind", "name", "change", "code"),
    [
        (BROKER, "1", ("node.id", SET, "3"), ErrorCode.INVALID_REQUEST),
        (BROKER, "2", ("num.io.threads", SET, "3"), ErrorCode.INVALID_REQUEST),
        (GROUP, "g", ("consumer.session.timeout.ms", SET, "1"), ErrorCode.INVALID_CONFIG),
        (GROUP, "g", ("consumer.session.timeout.ms", SET, "50000"), ErrorCode.NONE),
        (99, "x", ("a", SET, "1"), ErrorCode.INVALID_REQUEST),
    ],
)
def test_other_resources_have_rules_of_their_own(
    client: AdminClient, kind: int, name: str, change: Change, code: ErrorCode
) -> None:
    assert alter(client, (kind, name, [change])) == [code]


def test_a_logger_gets_a_level(client: AdminClient) -> None:
    logger = logging.getLogger("kafkapy.broker")
    before = logger.level
    try:
        change: Change = ("kafkapy.broker", SET, "ERROR")
        assert alter(client, (LOGGER, "1", [change]), validate_only=True) == [0]
        assert logger.level == before
        assert alter(client, (LOGGER, "1", [change])) == [0]
        assert logger.level == logging.ERROR
        assert client.configs(LOGGER, "1", "kafkapy.broker") == {"kafkapy.broker": "ERROR"}
    finally:
        logger.setLevel(before)
