"""DescribeConfigs over the wire: keys, values, sources, and which resources there are."""

from __future__ import annotations

from typing import Any

import pytest

from kafkapy.config.registry import GROUP, TOPIC
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.describe_configs import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
)
from tests.kafkapy.handlers.admin_client import AdminClient, admin_client


def ask(
    client: AdminClient,
    kind: int,
    name: str,
    keys: list[str] | None = None,
    version: int = 4,
    **options: bool,
) -> Any:
    resource = DescribeConfigsResource(
        resource_type=kind, resource_name=name, configuration_keys=keys
    )
    request = DescribeConfigsRequest(resources=[resource], **options)
    [result] = client.call(request, version).results
    assert (result.resource_type, result.resource_name) == (kind, name)
    return result


@pytest.mark.parametrize("version", range(5))
def test_a_topic_has_every_key_with_its_source(version: int) -> None:
    with admin_client() as client:
        client.create("t", retention_ms="5")
        result = ask(client, 2, "t", version=version, include_synonyms=True)
        assert (result.error_code, result.error_message) == (0, "")
        entries = {entry.name: entry for entry in result.configs}
        assert set(entries) == {name for name, key in TOPIC.items() if not key.internal}
        own = entries["retention.ms"]
        assert own.value == "5"
        if version == 0:
            assert not own.is_default
            assert entries["segment.ms"].is_default
        else:
            assert (own.config_source, entries["segment.ms"].config_source) == (1, 5)
            assert (own.synonyms[0].name, own.synonyms[0].source) == ("retention.ms", 1)
        assert own.config_type == (5 if version >= 3 else 0)


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        (["retention.ms"], {"retention.ms"}),
        (["retention.ms", "bogus", "retention.ms"], {"retention.ms"}),
        (["bogus"], set()),
    ],
)
def test_only_the_keys_asked_for_are_described(keys: list[str], names: set[str]) -> None:
    with admin_client() as client:
        client.create("t")
        configs = ask(client, 2, "t", keys).configs
        assert {entry.name for entry in configs} == names
        assert len(configs) == len(names)


def test_an_empty_list_of_keys_asks_for_all() -> None:
    with admin_client() as client:
        client.create("t")
        assert len(ask(client, 2, "t", []).configs) == len(ask(client, 2, "t").configs) > 30


@pytest.mark.parametrize(("kind", "name"), [(2, "t"), (4, "1"), (32, "g"), (16, "m")])
def test_documentation_comes_when_asked_for(kind: int, name: str) -> None:
    with admin_client() as client:
        client.create("t")
        described = ask(client, kind, name, include_documentation=True).configs
        assert described
        assert all(entry.documentation for entry in described)
        assert all(entry.documentation is None for entry in ask(client, kind, name).configs)


def test_a_group_need_not_exist() -> None:
    with admin_client() as client:
        assert {entry.name for entry in ask(client, 32, "g").configs} == set(GROUP)


@pytest.mark.parametrize(
    ("kind", "name", "code"),
    [
        (2, "nope", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        (2, "", ErrorCode.INVALID_TOPIC_EXCEPTION),
        (2, "a b", ErrorCode.INVALID_TOPIC_EXCEPTION),
        (4, "", ErrorCode.NONE),
        (4, "1", ErrorCode.NONE),
        (4, "2", ErrorCode.INVALID_REQUEST),
        (4, "x", ErrorCode.INVALID_REQUEST),
        (8, "1", ErrorCode.NONE),
        (8, "", ErrorCode.INVALID_REQUEST),
        (8, "2", ErrorCode.INVALID_REQUEST),
        (16, "", ErrorCode.INVALID_REQUEST),
        (32, "", ErrorCode.INVALID_REQUEST),
        *[(kind, "x", ErrorCode.INVALID_REQUEST) for kind in (-1, 0, 1, 3, 5, 64, 99)],
    ],
)
def test_a_resource_that_has_no_settings_is_refused(kind: int, name: str, code: ErrorCode) -> None:
    with admin_client() as client:
        result = ask(client, kind, name)
        assert result.error_code == code
        assert bool(result.error_message) == bool(code)
        assert not (code and result.configs)


def test_loggers_are_described_with_their_levels() -> None:
    with admin_client() as client:
        result = ask(client, 8, "1", include_documentation=True)
        assert "root" in {entry.name for entry in result.configs}
        for entry in result.configs:
            assert entry.value in {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}
            assert (entry.config_source, entry.is_sensitive, entry.read_only) == (6, False, False)


def test_a_resource_that_is_asked_for_twice_is_described_twice() -> None:
    """As often as it is asked for, with the keys that each asks for."""
    with admin_client() as client:
        client.create("t")
        wanted = [["retention.ms"], ["segment.ms"], ["retention.ms"], []]
        request = DescribeConfigsRequest(
            resources=[
                DescribeConfigsResource(resource_type=2, resource_name="t", configuration_keys=keys)
                for keys in wanted
            ]
        )
        results = client.call(request, 4).results
        names = [[entry.name for entry in result.configs] for result in results]
        assert names[:3] == wanted[:3]
        assert len(names[3]) > 30
