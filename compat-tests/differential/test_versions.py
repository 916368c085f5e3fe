"""Which versions are offered, and what is said of those that are not."""

from __future__ import annotations

import contextlib

import pytest
from harness.probe import Probe

from kafkapy.wire.api import ApiKey
from kafkapy.wire.compile import decode
from kafkapy.wire.messages.api_versions import ApiVersionsResponse


def test_every_api_is_offered_up_to_the_version_of_kafka(
    probes: tuple[Probe, Probe], meant: dict[str, str]
) -> None:
    kafka, ours = (probe.versions for probe in probes)
    assert ours.keys() <= kafka.keys()
    for key, (oldest, newest) in ours.items():
        name = ApiKey(key).name
        assert newest == kafka[key][1], name
        assert oldest <= kafka[key][0], name
        if oldest < kafka[key][0]:
            meant[f"{name} from version {oldest}"] = "clients of before Kafka 2.1 are served too"
    for key in kafka.keys() - ours.keys():
        meant[f"{ApiKey(key).name}"] = "not offered"


def test_a_version_of_api_versions_that_is_not_known_is_answered_in_the_first_layout(
    probes: tuple[Probe, Probe],
) -> None:
    for probe in probes:
        payload = probe.exchange(ApiKey.API_VERSIONS, 99, b"\x01\x01\x00")
        answer = decode(ApiVersionsResponse, payload, 0, offset=4)
        assert answer.error_code == 35
        assert {key.api_key for key in answer.api_keys} >= {ApiKey.API_VERSIONS}


@pytest.mark.parametrize("version", [99, 14, -1])
def test_a_version_that_is_not_known_ends_the_connection(
    probes: tuple[Probe, Probe], version: int
) -> None:
    endings = []
    for probe in probes:
        endings.append("answered")
        with contextlib.suppress(OSError):
            probe.exchange(ApiKey.METADATA, version, b"\x00" * 16)
            continue
        endings[-1] = "closed"
    assert endings == ["closed", "closed"]
