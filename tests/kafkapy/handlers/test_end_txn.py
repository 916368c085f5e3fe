"""EndTxn over the wire, at every version, and what readers see of it."""

from __future__ import annotations

import pytest

from kafkapy.coordinator.shard_log import Producer
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.delete_topics import DeleteTopicsRequest
from kafkapy.wire.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from tests.kafkapy.handlers.transaction_client import TransactionClient, transaction_client

ALL = range(6)


def latest(client: TransactionClient, isolation_level: int) -> int:
    partition = ListOffsetsPartition(partition_index=0, timestamp=-1)
    topic = ListOffsetsTopic(name="t", partitions=[partition])
    request = ListOffsetsRequest(isolation_level=isolation_level, topics=[topic])
    offset: int = client.call(request, 5).topics[0].partitions[0].offset
    return offset


@pytest.mark.parametrize("is_commit", [True, False])
@pytest.mark.parametrize("version", ALL)
def test_records_count_from_the_commit_on_and_are_named_as_aborted_otherwise(
    version: int, is_commit: bool
) -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.add(producer)
        assert client.produce(producer, version=9).error_code == 0
        before = client.committed()
        assert (before.records, before.last_stable_offset) == (b"", 0)
        assert (latest(client, 0), latest(client, 1)) == (1, 0)
        answer = client.end(producer, is_commit, version=version)
        assert answer.error_code == 0
        after = client.committed()
        assert (len(after.records) > 0, after.last_stable_offset) == (True, 2)
        assert [each.producer_id for each in after.aborted_transactions] == (
            [] if is_commit else [producer.producer_id]
        )
        assert latest(client, 1) == 2
        state = client.describe()
        assert state.transaction_state == ("CompleteCommit" if is_commit else "CompleteAbort")
        assert state.topics == []


@pytest.mark.parametrize("version", ALL)
def test_only_version_5_raises_the_epoch_and_tells_it(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.add(producer)
        answer = client.end(producer, version=version)
        told = (answer.producer_id, answer.producer_epoch)
        assert told == ((producer.producer_id, 1) if version >= 5 else (-1, -1))
        assert client.describe().producer_epoch == (1 if version >= 5 else 0)
        again = client.end(producer, version=version)
        assert (again.error_code, again.producer_id, again.producer_epoch) == (0, *told)


@pytest.mark.parametrize("version", ALL)
def test_what_cannot_be_ended_is_refused(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        fenced = ErrorCode.PRODUCER_FENCED if version >= 2 else ErrorCode.INVALID_PRODUCER_EPOCH
        stranger = Producer(producer.producer_id, 5)
        unknown = Producer(producer.producer_id + 1, 0)
        assert client.end(producer, version=version).error_code == ErrorCode.INVALID_TXN_STATE
        assert client.end(stranger, version=version).error_code == fenced
        assert client.end(unknown, version=version).error_code == (
            ErrorCode.INVALID_PRODUCER_ID_MAPPING
        )


def test_the_end_of_a_transaction_wakes_a_committed_read_that_waits() -> None:
    with (
        transaction_client() as client,
        TransactionClient(client.broker.bootstrap_servers) as reader,
    ):
        producer = client.producer()
        client.produce(producer)
        waiting = reader.fetch(25_000)
        following = client.end(producer)
        assert following.error_code == 0
        answer = reader.receive(waiting, 12).responses[0].partitions[0]
        assert len(answer.records) > 0


def test_a_transaction_that_is_open_for_too_long_is_aborted() -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.produce(producer)
        client.broker.advance(71)
        assert client.describe().transaction_state == "CompleteAbort"
        assert client.committed().last_stable_offset == 2
        assert client.produce(producer, 1).error_code == ErrorCode.INVALID_PRODUCER_EPOCH


def test_a_committed_read_that_waits_hears_of_the_abort_after_a_timeout() -> None:
    with (
        transaction_client() as client,
        TransactionClient(client.broker.bootstrap_servers) as reader,
    ):
        producer = client.producer()
        client.produce(producer)

        def committed_end() -> int:
            partition = ListOffsetsPartition(0, timestamp=-1)
            request = ListOffsetsRequest(-1, 1, [ListOffsetsTopic("t", [partition])])
            return int(client.call(request, 7).topics[0].partitions[0].offset)

        assert committed_end() == 0
        waiting = reader.fetch(200_000)
        assert client.describe().transaction_state == "Ongoing"
        client.broker.advance(71)
        answer = reader.receive(waiting, 12).responses[0].partitions[0]
        assert answer.last_stable_offset == committed_end() == 2
        aborted = [(each.producer_id, each.first_offset) for each in answer.aborted_transactions]
        assert aborted == [(producer.producer_id, 0)]


def test_a_broker_that_starts_again_knows_its_transactions() -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.produce(producer)
        client.broker.stop()
        client.broker.start()
        with TransactionClient(client.broker.bootstrap_servers) as other:
            assert other.describe().transaction_state == "Ongoing"
            assert other.produce(producer, 1).error_code == 0
            assert other.end(producer).error_code == 0
            assert other.committed().last_stable_offset == 3


def test_a_partition_that_was_deleted_keeps_no_transaction_open() -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.produce(producer)
        client.call(DeleteTopicsRequest(topic_names=["t"], timeout_ms=1000), 5)
        assert client.end(producer).error_code == 0
        assert client.describe().transaction_state == "CompleteCommit"
