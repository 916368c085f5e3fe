"""AddOffsetsToTxn over the wire, at every version."""

from __future__ import annotations

import pytest

from kafkapy.coordinator.shard_log import Producer
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.find_coordinator import FindCoordinatorRequest
from tests.kafkapy.handlers.transaction_client import transaction_client


@pytest.mark.parametrize("version", range(5))
def test_the_partition_of_the_group_becomes_part_of_the_transaction(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        assert client.add_offsets(producer, version) == ErrorCode.NONE
        [topic] = client.describe().topics
        assert (topic.topic, len(topic.partitions)) == ("__consumer_offsets", 1)


@pytest.mark.parametrize("version", range(5))
def test_only_the_current_producer_adds(version: int) -> None:
    with transaction_client() as client:
        producer_id, epoch = client.producer()
        fenced = ErrorCode.PRODUCER_FENCED if version >= 2 else ErrorCode.INVALID_PRODUCER_EPOCH
        assert client.add_offsets(Producer(producer_id, epoch + 1), version) == fenced
        unknown = client.add_offsets(Producer(producer_id + 1, epoch), version)
        assert unknown == ErrorCode.INVALID_PRODUCER_ID_MAPPING


def test_a_group_that_nobody_asked_for_yet_gets_its_topic() -> None:
    with transaction_client(finds_coordinator=False) as client:
        client.call(FindCoordinatorRequest(key="payments", key_type=1), 1)
        assert client.add_offsets(client.producer()) == ErrorCode.NONE
