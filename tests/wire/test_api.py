import subprocess
import sys

import pytest

from kafkapy.wire.api import API, Api, ApiKey, request_header_version, response_header_version
from kafkapy.wire.errors import UnsupportedVersionError
from kafkapy.wire.messages.produce import ProduceRequest, ProduceResponse
from kafkapy.wire.schema import NO_VERSIONS, Versions


def test_every_api_key_is_in_the_table_in_order() -> None:
    assert list(API) == sorted(ApiKey)
    assert len(API) == 77
    assert all(API[key].key is key for key in ApiKey)


def test_an_api_has_the_name_that_kafka_gives_it() -> None:
    assert API[0].name == "Produce"
    assert API[23].name == "OffsetForLeaderEpoch"
    assert API[ApiKey.ADD_PARTITIONS_TO_TXN].name == "AddPartitionsToTxn"


def test_an_api_finds_the_classes_of_its_messages() -> None:
    assert API[ApiKey.PRODUCE].request is ProduceRequest
    assert API[ApiKey.PRODUCE].response is ProduceResponse


def test_importing_the_table_imports_no_message() -> None:
    program = (
        "import sys, kafkapy.wire.api;"
        "print([name for name in sys.modules if name.startswith('kafkapy.wire.messages')])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert found.stdout.strip() == b"[]"


@pytest.mark.parametrize("api", API.values(), ids=lambda api: api.name)
def test_only_versions_that_can_be_read_are_advertised(api: Api) -> None:
    if api.advertised != NO_VERSIONS:
        assert api.versions.first <= api.advertised.first <= api.advertised.last
        assert api.advertised.last <= api.versions.last


def test_dropped_and_unstable_versions_can_be_read_but_are_not_advertised() -> None:
    assert API[ApiKey.FETCH].versions == Versions(0, 18)
    assert API[ApiKey.FETCH].advertised == Versions(4, 18)
    assert API[ApiKey.INIT_PRODUCER_ID].versions == Versions(0, 6)
    assert API[ApiKey.INIT_PRODUCER_ID].advertised == Versions(0, 5)


def test_produce_is_advertised_from_version_0() -> None:
    assert API[ApiKey.PRODUCE].advertised == Versions(0, 13)


def test_telemetry_is_not_advertised_by_itself() -> None:
    hidden = {api.key for api in API.values() if api.advertised == NO_VERSIONS}
    assert hidden == {ApiKey.GET_TELEMETRY_SUBSCRIPTIONS, ApiKey.PUSH_TELEMETRY}


@pytest.mark.parametrize(
    ("api_key", "version", "request_header", "response_header"),
    [
        (ApiKey.PRODUCE, 8, 1, 0),
        (ApiKey.PRODUCE, 9, 2, 1),
        (ApiKey.SASL_HANDSHAKE, 1, 1, 0),
        (ApiKey.DESCRIBE_CLUSTER, 0, 2, 1),
        (ApiKey.API_VERSIONS, 2, 1, 0),
        (ApiKey.API_VERSIONS, 3, 2, 0),
        (ApiKey.API_VERSIONS, 99, 2, 0),
    ],
)
def test_flexible_versions_have_headers_with_tagged_fields(
    api_key: int, version: int, request_header: int, response_header: int
) -> None:
    assert request_header_version(api_key, version) == request_header
    assert response_header_version(api_key, version) == response_header


@pytest.mark.parametrize("api_key", [-1, 4, 52, 93])
def test_an_unknown_api_has_no_header_version(api_key: int) -> None:
    with pytest.raises(UnsupportedVersionError):
        request_header_version(api_key, 0)
    with pytest.raises(UnsupportedVersionError):
        response_header_version(api_key, 0)
