"""ApiVersions over the wire: the table, the features, and versions that do not exist."""

from __future__ import annotations

import struct

import pytest

from kafkapy.handlers.table import TABLE
from kafkapy.metadata.features import SUPPORTED_FEATURES
from kafkapy.wire.compile import decode
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.api_versions import ApiVersionsRequest, ApiVersionsResponse
from tests.kafkapy.handlers.admin_client import admin_client


@pytest.mark.parametrize("version", range(5))
def test_every_api_that_works_is_listed_with_its_versions(version: int) -> None:
    request = ApiVersionsRequest(client_software_name="a.b-c", client_software_version="1.0-x")
    with admin_client() as client:
        response = client.call(request, version)
    assert response.error_code == 0
    listed = {api.api_key: (api.min_version, api.max_version) for api in response.api_keys}
    assert listed == {key: tuple(served.versions) for key, served in TABLE.items()}


@pytest.mark.parametrize("version", [5, 99, -1])
def test_an_unknown_version_is_answered_with_the_known_ones_in_version_0(version: int) -> None:
    with admin_client() as client:
        client.send_frame(struct.pack(">hhih", 18, version, 7, 1) + b"x\0\2a\2b\0")
        frame = client.read_frame()
    assert frame is not None
    assert frame[:4] == b"\0\0\0\7"
    response = decode(ApiVersionsResponse, frame, 0, 4)
    assert response.error_code == ErrorCode.UNSUPPORTED_VERSION
    [api] = response.api_keys
    assert (api.api_key, api.min_version, api.max_version) == (18, 0, 4)


@pytest.mark.parametrize(
    ("name", "software_version"),
    [("", "1"), ("a", ""), ("a b", "1"), ("-a", "1"), ("a-", "1"), ("é", "1"), ("a\n", "1")],
)
def test_a_software_name_that_is_not_well_formed_is_refused(
    name: str, software_version: str
) -> None:
    request = ApiVersionsRequest(
        client_software_name=name, client_software_version=software_version
    )
    with admin_client() as client:
        response = client.call(request, 3)
    assert response.error_code == ErrorCode.INVALID_REQUEST
    assert response.api_keys == []


def test_only_features_that_work_are_told_and_their_epoch_grows_with_the_metadata() -> None:
    request = ApiVersionsRequest(client_software_name="a", client_software_version="1")
    with admin_client() as client:
        before = client.call(request, 4)
        client.create("t")
        after = client.call(request, 3)
    for response, least in ((before, 0), (after, 1)):  # older clients cannot read a level 0
        supported = {
            feature.name: (feature.min_version, feature.max_version)
            for feature in response.supported_features
        }
        assert supported == {
            name: tuple(levels)
            for name, levels in SUPPORTED_FEATURES.items()
            if levels.first >= least
        }
        for feature in response.finalized_features:
            assert feature.min_version_level == feature.max_version_level
            assert feature.max_version_level in SUPPORTED_FEATURES[feature.name]
        assert len(response.finalized_features) == len(SUPPORTED_FEATURES)
    assert 0 <= before.finalized_features_epoch < after.finalized_features_epoch
