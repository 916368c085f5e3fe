"""WriteTxnMarkers over the wire, at every version."""

from __future__ import annotations

import pytest

from kafkapy.coordinator.shard_log import Producer
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.write_txn_markers import (
    WritableTxnMarker,
    WritableTxnMarkerTopic,
    WriteTxnMarkersRequest,
)
from tests.kafkapy.handlers.transaction_client import TransactionClient, transaction_client


def write(
    client: TransactionClient,
    producer: Producer,
    *partitions: int,
    version: int = 1,
    topic: str = "t",
    is_commit: bool = False,
    coordinator_epoch: int = 0,
    transaction_version: int = 0,
) -> list[ErrorCode]:
    marker = WritableTxnMarker(
        *producer,
        is_commit,
        [WritableTxnMarkerTopic(topic, list(partitions or (0,)))],
        coordinator_epoch,
        transaction_version,
    )
    [answer] = client.call(WriteTxnMarkersRequest([marker]), version).markers
    assert answer.producer_id == producer.producer_id
    return [ErrorCode(each.error_code) for each in answer.topics[0].partitions]


@pytest.mark.parametrize("version", range(3))
def test_a_marker_ends_a_transaction_that_hangs(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.produce(producer)
        assert client.committed().last_stable_offset == 0
        errors = write(client, producer, 0, 9, version=version)
        assert errors == [ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]
        after = client.committed()
        assert after.last_stable_offset == 2
        assert [each.producer_id for each in after.aborted_transactions] == [producer.producer_id]


@pytest.mark.parametrize("version", range(3))
def test_a_marker_of_offsets_goes_through_the_group_coordinator(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.commit_offset(producer, 5)
        [partition] = client.describe().topics[0].partitions
        errors = write(
            client,
            producer,
            partition,
            version=version,
            topic="__consumer_offsets",
            is_commit=True,
        )
        assert errors == [ErrorCode.NONE]
        assert client.broker.committed("orders") == {("t", 0): 5}


def test_an_older_producer_or_coordinator_is_fenced() -> None:
    with transaction_client() as client:
        producer_id, _ = client.producer()
        producer = client.producer()
        client.produce(producer)
        fenced = write(client, Producer(producer_id, 0))
        assert fenced == [ErrorCode.INVALID_PRODUCER_EPOCH]
        assert write(client, producer, coordinator_epoch=3) == [ErrorCode.NONE]
        fenced = write(client, producer, coordinator_epoch=2)
        assert fenced == [ErrorCode.TRANSACTION_COORDINATOR_FENCED]


@pytest.mark.parametrize("nobody", [Producer(-1, 0), Producer(4711, -1)])
def test_a_marker_of_no_producer_is_not_written(nobody: Producer) -> None:
    with transaction_client() as client:
        client.produce(client.producer())
        before = client.committed()
        assert write(client, nobody) == [ErrorCode.UNKNOWN_SERVER_ERROR]
        assert client.committed() == before


def test_a_marker_of_a_negative_version_is_not_written() -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.produce(producer)
        refused = write(client, producer, version=2, transaction_version=-1)
        assert refused == [ErrorCode.UNKNOWN_SERVER_ERROR]
        assert client.committed().last_stable_offset == 0


def test_in_version_2_a_marker_has_a_higher_epoch_than_the_records() -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.produce(producer)
        refused = write(client, producer, version=2, transaction_version=2)
        assert refused == [ErrorCode.INVALID_PRODUCER_EPOCH]
        raised = Producer(producer.producer_id, producer.producer_epoch + 1)
        for _ in range(2):
            assert write(client, raised, version=2, transaction_version=2) == [ErrorCode.NONE]


def test_a_marker_in_the_log_of_transactions_leaves_its_coordinator_at_work() -> None:
    with transaction_client() as client:
        state = "__transaction_state"
        outsider = Producer(4711, 0)
        assert write(client, outsider, 0, 1, 2, topic=state) == [ErrorCode.NONE] * 3
        producer = client.producer()
        assert client.add(producer, 0, 1, 2, topic=state, version=4) == [ErrorCode.NONE] * 3
        assert client.end(producer).error_code == ErrorCode.NONE
        assert client.describe().transaction_state == "CompleteCommit"
