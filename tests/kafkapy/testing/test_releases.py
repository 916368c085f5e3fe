"""A broker that passes for an older release of Kafka."""

from __future__ import annotations

import pytest
from confluent_kafka import Consumer, Producer

from kafkapy.cli import parse_args
from kafkapy.handlers.table import TABLE
from kafkapy.releases import RELEASES, parse_release, table_as_of, versions_as_of
from kafkapy.testing import Broker
from kafkapy.wire.api import API, ApiKey
from kafkapy.wire.messages.api_versions import ApiVersionsRequest
from kafkapy.wire.schema import Versions
from tests.kafkapy.testing.clients import client_of, fetch_request


def test_the_newest_release_serves_what_our_table_of_apis_says_of_it() -> None:
    advertised = {key: api.advertised for key, api in API.items() if api.advertised.last >= 0}
    assert versions_as_of(RELEASES[-1]) == advertised


def test_every_version_of_a_release_is_one_that_our_messages_have() -> None:
    for release in RELEASES:
        for key, versions in versions_as_of(release).items():
            assert versions.first in API[key].versions, (release, key)
            assert versions.last in API[key].versions, (release, key)
            assert versions.first <= versions.last


def test_an_api_never_loses_its_newest_version() -> None:
    before: dict[ApiKey, Versions] = {}
    for release in RELEASES:
        now = versions_as_of(release)
        assert now.keys() >= before.keys()
        assert all(now[key].last >= before[key].last for key in before)
        before = now


# Read off the declarations of these releases.
@pytest.mark.parametrize(
    ("release", "key", "versions"),
    [
        ("0.10.0", ApiKey.PRODUCE, (0, 2)),
        ("0.10.0", ApiKey.FETCH, (0, 2)),
        ("0.10.0", ApiKey.CREATE_TOPICS, None),
        ("0.11.0", ApiKey.INIT_PRODUCER_ID, (0, 0)),
        ("1.1", ApiKey.FETCH, (0, 7)),
        ("2.1", ApiKey.PRODUCE, (0, 7)),
        ("2.4", ApiKey.FETCH, (0, 11)),
        ("2.8", ApiKey.FETCH, (0, 12)),
        ("2.8", ApiKey.METADATA, (0, 11)),
        ("3.9", ApiKey.FETCH, (0, 17)),
        ("3.9", ApiKey.PRODUCE, (0, 11)),
        ("3.9", ApiKey.LIST_OFFSETS, (0, 9)),
        ("4.0", ApiKey.PRODUCE, (0, 12)),
        ("4.0", ApiKey.FETCH, (4, 17)),
        ("4.0", ApiKey.JOIN_GROUP, (2, 9)),
        ("4.1", ApiKey.JOIN_GROUP, (0, 9)),
    ],
)
def test_releases_serve_what_they_served(
    release: str, key: ApiKey, versions: tuple[int, int] | None
) -> None:
    assert versions_as_of(release).get(key) == versions


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("3.9", "3.9"),
        ("3.9.1", "3.9"),
        ("0.10.2.2", "0.10.2"),
        ("0.11", "0.11.0"),
        ("0.11.0.3", "0.11.0"),
    ],
)
def test_the_last_numbers_of_a_release_do_not_count(text: str, release: str) -> None:
    assert parse_release(text) == release


@pytest.mark.parametrize("text", ["", "3", "0.9.0", "0.9", "5.0", "3.10", "three", "3.9.x", "3.9."])
def test_what_is_no_release_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"0\.10\.0 to 4\.3"):
        parse_release(text)
    with pytest.raises(ValueError, match=r"0\.10\.0 to 4\.3"):
        Broker(as_version=text)


def test_only_what_we_serve_is_left_of_a_release() -> None:
    table = table_as_of("2.8", TABLE)
    assert table.keys() <= TABLE.keys()
    assert ApiKey.DESCRIBE_TOPIC_PARTITIONS not in table
    assert table[ApiKey.FETCH].versions == (0, 12)
    assert table[ApiKey.FETCH].module == TABLE[ApiKey.FETCH].module


def test_the_broker_tells_and_serves_what_the_release_did() -> None:
    with Broker(as_version="2.8", topics=["topic"]) as broker, client_of(broker) as client:
        told = client.call(ApiVersionsRequest("name", "1"), 3).api_keys
        versions = {api.api_key: (api.min_version, api.max_version) for api in told}
        assert versions == {
            key: served.versions for key, served in table_as_of("2.8", TABLE).items()
        }
        broker.reset()
        assert client.call(fetch_request("topic"), 12).error_code == 0
        client.send(fetch_request("topic"), 13)
        assert client.is_closed()


@pytest.mark.parametrize(("release", "is_told"), [("3.9", False), ("4.0", True)])
def test_clients_are_told_of_no_feature_that_needs_newer_apis(release: str, is_told: bool) -> None:
    with Broker(as_version=release) as broker, client_of(broker) as client:
        for _ in range(2):
            response = client.call(ApiVersionsRequest("name", "1"), 3)
            features = [feature.name for feature in response.finalized_features]
            assert ("transaction.version" in features) is is_told
            broker.reset()


@pytest.mark.parametrize(
    "release", ["0.10.0", "0.10.2", "0.11.0", "1.0", "2.3", "2.8", "3.9", "4.0"]
)
def test_a_stock_client_works_with_every_age(release: str) -> None:
    with Broker(as_version=release, topics=["topic"]) as broker:
        address = {"bootstrap.servers": broker.bootstrap_servers}
        producer = Producer({**address, "compression.type": "lz4"})
        producer.produce("topic", b"value", key=b"key")
        assert producer.flush(30) == 0
        consumer = Consumer({**address, "group.id": "group", "auto.offset.reset": "earliest"})
        consumer.subscribe(["topic"])
        message = consumer.poll(30)
        assert message is not None
        assert message.error() is None
        assert message.value() == b"value"
        consumer.commit(message, asynchronous=False)
        consumer.close()
        assert broker.committed("group") == {("topic", 0): 1}
        newest = versions_as_of(release)[ApiKey.FETCH].last
        assert {request.version <= newest for request in broker.requests.filter("Fetch")} == {True}


def test_the_command_takes_a_release(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse_args(["--as-version", "2.8.1"], {}).as_version == "2.8"
    assert parse_args([], {}).as_version is None
    with pytest.raises(SystemExit):
        parse_args(["--as-version", "9"], {})
    assert "no release of Kafka" in capsys.readouterr().err
