"""Every API in every version can fail with every error, and its answer tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kafkapy.handlers.table import TABLE
from kafkapy.testing import Broker
from kafkapy.wire.api import API, ApiKey
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.describe_log_dirs import DescribeLogDirsRequest
from kafkapy.wire.messages.describe_topic_partitions import DescribeTopicPartitionsRequest
from kafkapy.wire.messages.metadata import MetadataRequest
from kafkapy.wire.schema import FieldType, Kind, Request, Struct
from tests.kafkapy.testing.clients import client_of

TOPIC = "topic"


def sample(struct: type[Struct], version: int, topic_id: bytes) -> Any:
    """Fill every field of a request: each array has one element."""
    message: Any = struct()
    for field in struct.__fields__:
        if version in field.versions:
            value = value_of(field.type, version, topic_id, getattr(message, field.name))
            setattr(message, field.name, value)
    return message


def value_of(kind: FieldType, version: int, topic_id: bytes, default: object) -> Any:
    if kind.element is not None:
        return [value_of(kind.element, version, topic_id, None)]
    if kind.struct is not None:
        return sample(kind.struct, version, topic_id)
    by_kind = {
        Kind.STRING: TOPIC,
        Kind.UUID: topic_id,
        Kind.BYTES: b"",
        Kind.RECORDS: b"",
        Kind.BOOLEAN: False,
    }
    return by_kind.get(kind.kind, 0 if default is None else default)


def codes(message: Any) -> Iterator[int]:
    """Every error code in a response."""
    for field in message.__fields__:
        value = getattr(message, field.name)
        if field.name in ("error_code", "partition_error_code"):
            yield value
        for element in value if isinstance(value, list) else [value]:
            if isinstance(element, Struct):
                yield from codes(element)


EVERY_VERSION = [
    pytest.param(key, version, id=f"{API[key].name}-v{version}")
    for key, served in TABLE.items()
    for version in range(served.versions.first, served.versions.last + 1)
]


@pytest.fixture(scope="module")
def served() -> Iterator[Broker]:
    with Broker(topics=[TOPIC]) as broker:
        yield broker


@pytest.mark.parametrize("error", ["NOT_LEADER_OR_FOLLOWER", "COORDINATOR_NOT_AVAILABLE"])
@pytest.mark.parametrize(("key", "version"), EVERY_VERSION)
def test_the_answer_tells_the_error(served: Broker, key: ApiKey, version: int, error: str) -> None:
    with client_of(served) as client:
        described = client.call(MetadataRequest(topics=None), 12)
        request = sample(API[key].request, version, described.topics[0].topic_id)
        if key is ApiKey.PRODUCE:
            request.acks = -1
        if key is ApiKey.FETCH:
            request.session_id, request.session_epoch = 0, -1
        with served.fault(API[key].name, error=error) as fault:
            response = client.call(request, version)
        assert fault.hits == 1
        assert ErrorCode[error] in codes(response)
        assert client.call(MetadataRequest(topics=[]), 9).brokers, "the connection goes on"


@pytest.mark.parametrize(
    ("request_of_all", "version"),
    [
        (DescribeLogDirsRequest(topics=None), 2),
        (DescribeLogDirsRequest(topics=None), 3),
        (DescribeTopicPartitionsRequest(), 0),
        (MetadataRequest(topics=None), 9),
    ],
    ids=repr,
)
def test_a_request_for_everything_can_fail_too(
    served: Broker, request_of_all: Request, version: int
) -> None:
    with client_of(served) as client, served.fault(error="KAFKA_STORAGE_ERROR"):
        response = client.call(request_of_all, version)
    assert set(codes(response)) - {0} == {ErrorCode.KAFKA_STORAGE_ERROR}


@pytest.mark.parametrize("version", range(5))
def test_api_versions_that_is_not_supported_is_told_in_version_0(
    served: Broker, version: int
) -> None:
    request = sample(API[ApiKey.API_VERSIONS].request, version, bytes(16))
    with client_of(served) as client, served.fault("ApiVersions", error="UNSUPPORTED_VERSION"):
        client.send(request, version)
        response = client.receive(request, 0)
    assert response.error_code == ErrorCode.UNSUPPORTED_VERSION
