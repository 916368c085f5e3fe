"""AddPartitionsToTxn over the wire, at every version."""

from __future__ import annotations

import pytest

from kafkapy.coordinator.shard_log import Producer
from kafkapy.wire.error_codes import ErrorCode
from tests.kafkapy.handlers.transaction_client import transaction_client

ALL = range(6)
MISSING = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


@pytest.mark.parametrize("version", ALL)
def test_partitions_become_part_of_the_transaction(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        assert client.add(producer, 0, 1, version=version) == [0, 0]
        [topic] = client.describe().topics
        assert (topic.topic, topic.partitions) == ("t", [0, 1])
        assert client.describe().transaction_state == "Ongoing"


@pytest.mark.parametrize("version", ALL)
def test_with_an_unknown_partition_none_is_added(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        refused = client.add(producer, 0, 9, version=version)
        assert refused == [ErrorCode.OPERATION_NOT_ATTEMPTED, MISSING]
        assert client.add(producer, version=version, topic="nope") == [MISSING]
        assert client.describe().transaction_state == "Empty"


@pytest.mark.parametrize("version", range(4))
def test_clients_do_not_write_to_internal_topics(version: int) -> None:
    with transaction_client() as client:
        refused = client.add(client.producer(), 0, 99, version=version, topic="__consumer_offsets")
        assert refused == [ErrorCode.TOPIC_AUTHORIZATION_FAILED] * 2


@pytest.mark.parametrize("version", ALL)
def test_only_the_current_producer_adds(version: int) -> None:
    with transaction_client() as client:
        producer_id, epoch = client.producer()
        fenced = ErrorCode.PRODUCER_FENCED if version >= 2 else ErrorCode.INVALID_PRODUCER_EPOCH
        unknown = ErrorCode.INVALID_PRODUCER_ID_MAPPING
        assert client.add(Producer(producer_id, epoch + 1), version=version) == [fenced]
        assert client.add(Producer(producer_id + 1, epoch), version=version) == [unknown]
        assert client.add(Producer(producer_id, epoch), version=version, name="x") == [unknown]
        assert client.add(Producer(producer_id, epoch), version=version, name="") == [
            ErrorCode.INVALID_REQUEST
        ]


@pytest.mark.parametrize("version", [4, 5])
def test_brokers_may_only_verify(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.add(producer, 1, version=version)
        verified = client.add(producer, 0, 1, version=version, verify_only=True)
        assert verified == [ErrorCode.TRANSACTION_ABORTABLE, ErrorCode.NONE]
