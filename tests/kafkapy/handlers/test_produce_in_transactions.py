"""Produce inside transactions, at every version that can."""

from __future__ import annotations

import pytest

from kafkapy.coordinator.shard_log import Producer
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.produce import PartitionProduceData
from tests.kafkapy.handlers.transaction_client import transaction_client

ALL = range(3, 14)
OLD = range(3, 12)


@pytest.mark.parametrize("version", ALL)
def test_records_of_a_partition_that_was_added_are_written(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.add(producer)
        for sequence in range(2):
            answer = client.produce(producer, sequence, version=version)
            assert (answer.error_code, answer.base_offset) == (0, sequence)


@pytest.mark.parametrize("version", ALL)
def test_a_partition_that_was_not_added_is_refused_or_added_by_itself(version: int) -> None:
    with transaction_client() as client:
        answer = client.produce(client.producer(), version=version)
        if version >= 12:
            assert answer.error_code == 0
            assert client.describe().topics[0].partitions == [0]
        elif version == 11:
            assert answer.error_code == ErrorCode.TRANSACTION_ABORTABLE
        else:
            assert answer.error_code == ErrorCode.INVALID_TXN_STATE
            assert answer.error_message == (
                "The partition is not part of the transaction." if version >= 8 else None
            )
        assert answer.base_offset == (0 if version >= 12 else -1)


@pytest.mark.parametrize("version", OLD)
def test_nothing_is_verified_where_that_is_switched_off(version: int) -> None:
    config = {"transaction.partition.verification.enable": "false"}
    with transaction_client(config) as client:
        answer = client.produce(client.producer(), version=version)
        assert (answer.error_code, answer.base_offset) == (0, 0)


@pytest.mark.parametrize("version", OLD)
def test_a_late_write_of_an_old_client_is_refused_after_the_end(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.add(producer)
        client.produce(producer, version=9)
        client.end(producer, version=3)
        late = client.produce(producer, 1, version=version)
        assert late.error_code in (ErrorCode.INVALID_TXN_STATE, ErrorCode.TRANSACTION_ABORTABLE)
        assert client.committed().last_stable_offset == 2


@pytest.mark.parametrize("version", [12, 13])
def test_a_late_write_never_lands_in_the_next_transaction(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.produce(producer, version=version)
        answer = client.end(producer)
        following = Producer(answer.producer_id, answer.producer_epoch)
        late = client.produce(producer, 1, version=version)
        assert late.error_code == ErrorCode.INVALID_PRODUCER_EPOCH
        assert client.produce(following, 0, version=version).error_code == 0
        late = client.produce(producer, 1, version=version)
        assert late.error_code == ErrorCode.INVALID_PRODUCER_EPOCH


@pytest.mark.parametrize("version", ALL)
def test_only_the_producer_of_the_transactional_id_writes(version: int) -> None:
    with transaction_client() as client:
        producer_id, epoch = client.producer()
        unknown = ErrorCode.INVALID_PRODUCER_ID_MAPPING
        answer = client.produce(Producer(producer_id + 1, epoch), version=version)
        assert answer.error_code == unknown
        answer = client.produce(Producer(producer_id, epoch), version=version, name="x")
        assert answer.error_code == unknown
        answer = client.produce(Producer(producer_id, epoch + 1), version=version)
        assert answer.error_code == ErrorCode.INVALID_PRODUCER_EPOCH
        answer = client.produce(Producer(producer_id, epoch), version=version, name=None)
        assert answer.error_code == ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED


@pytest.mark.parametrize("version", [9, 12])
def test_without_a_coordinator_nothing_is_verified(version: int) -> None:
    with transaction_client(finds_coordinator=False) as client:
        answer = client.produce(Producer(1, 0), version=version)
        assert answer.error_code == ErrorCode.NOT_ENOUGH_REPLICAS


@pytest.mark.parametrize("version", ALL)
def test_noise_for_a_partition_of_the_transaction_is_refused_by_itself(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.add(producer)
        request = client.produce_request(producer, version=version)
        request.topic_data[0].partition_data.append(PartitionProduceData(0, b"noise"))
        [topic] = client.call(request, version).responses
        good, bad = topic.partition_responses
        assert (good.error_code, good.base_offset) == (0, 0)
        assert bad.error_code == ErrorCode.INVALID_RECORD


@pytest.mark.parametrize("version", ALL)
def test_a_late_write_of_a_forgotten_producer_is_fenced_by_the_log(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.produce(producer)
        client.end(producer)
        late = client.produce(producer, 1, version=version, name="nobody")
        assert late.error_code == ErrorCode.INVALID_PRODUCER_EPOCH
        elsewhere = client.produce(producer, version=version, name="nobody", partition=1)
        assert elsewhere.error_code == ErrorCode.INVALID_PRODUCER_ID_MAPPING
