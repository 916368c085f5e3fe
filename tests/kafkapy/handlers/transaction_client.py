"""A broker and a raw client that plays a transactional producer, at any version of each API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafkapy.coordinator.shard_log import Producer
from kafkapy.testing import Broker
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.add_offsets_to_txn import AddOffsetsToTxnRequest
from kafkapy.wire.messages.add_partitions_to_txn import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from kafkapy.wire.messages.describe_transactions import DescribeTransactionsRequest
from kafkapy.wire.messages.end_txn import EndTxnRequest
from kafkapy.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kafkapy.wire.messages.find_coordinator import FindCoordinatorRequest
from kafkapy.wire.messages.init_producer_id import InitProducerIdRequest
from kafkapy.wire.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kafkapy.wire.messages.txn_offset_commit import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from kafkapy.wire.records.record import Record, build_batch
from tests.kafkapy.handlers.group_client import GroupClient

ID = "payments"
GROUP = "orders"
TOPIC = "t"
BASE_CONFIG = {
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.num.partitions": "3",
}


class TransactionClient(GroupClient):
    """One connection, with the calls that a transactional producer makes."""

    broker: Broker

    def init(self, version: int = 5, **fields: Any) -> Any:
        request = InitProducerIdRequest(transactional_id=ID, transaction_timeout_ms=60_000)
        for name, value in fields.items():
            setattr(request, name, value)
        return self.call(request, version)

    def producer(self) -> Producer:
        """Get the id and epoch of the transactional id."""
        answer = self.init()
        assert answer.error_code == 0
        return Producer(answer.producer_id, answer.producer_epoch)

    def add(
        self,
        producer: Producer,
        *partitions: int,
        version: int = 3,
        topic: str = TOPIC,
        name: str = ID,
        verify_only: bool = False,
    ) -> list[ErrorCode]:
        """Add partitions; gives the error of each."""
        topics = [AddPartitionsToTxnTopic(topic, list(partitions or (0,)))]
        if version < 4:
            request = AddPartitionsToTxnRequest(
                v3_and_below_transactional_id=name,
                v3_and_below_producer_id=producer.producer_id,
                v3_and_below_producer_epoch=producer.producer_epoch,
                v3_and_below_topics=topics,
            )
            [answer] = self.call(request, version).results_by_topic_v3_and_below
        else:
            transaction = AddPartitionsToTxnTransaction(name, *producer, verify_only, topics)
            response = self.call(AddPartitionsToTxnRequest(transactions=[transaction]), version)
            assert response.error_code == 0
            [result] = response.results_by_transaction
            assert result.transactional_id == name
            [answer] = result.topic_results
        assert answer.name == topic
        return [ErrorCode(each.partition_error_code) for each in answer.results_by_partition]

    def add_offsets(self, producer: Producer, version: int = 3) -> ErrorCode:
        request = AddOffsetsToTxnRequest(ID, *producer, GROUP)
        return ErrorCode(self.call(request, version).error_code)

    def produce(
        self,
        producer: Producer,
        sequence: int = 0,
        *,
        version: int = 12,
        partition: int = 0,
        name: str | None = ID,
        value: bytes = b"v",
    ) -> Any:
        """Produce one record of a transaction; gives the partition's answer."""
        request = self.produce_request(
            producer, sequence, version=version, partition=partition, name=name, value=value
        )
        return self.call(request, version).responses[0].partition_responses[0]

    def produce_request(
        self,
        producer: Producer,
        sequence: int = 0,
        *,
        version: int = 12,
        partition: int = 0,
        name: str | None = ID,
        value: bytes = b"v",
    ) -> ProduceRequest:
        """Ask for what `produce` does."""
        batch = build_batch(
            [Record(0, time.time_ns() // 1_000_000, None, value, ())],
            producer_id=producer.producer_id,
            producer_epoch=producer.producer_epoch,
            base_sequence=sequence,
            is_transactional=True,
        )
        topic = TopicProduceData(TOPIC, partition_data=[PartitionProduceData(partition, batch)])
        if version >= 13:
            topic = TopicProduceData("", self.topic_id(), topic.partition_data)
        return ProduceRequest(name, -1, 1000, [topic])

    def commit_offset(
        self, producer: Producer, offset: int = 5, *, version: int = 5, **fields: Any
    ) -> ErrorCode:
        partition = TxnOffsetCommitRequestPartition(0, offset, -1, "m")
        request = TxnOffsetCommitRequest(
            ID, GROUP, *producer, topics=[TxnOffsetCommitRequestTopic(TOPIC, [partition])]
        )
        for name, value in fields.items():
            setattr(request, name, value)
        return ErrorCode(self.call(request, version).topics[0].partitions[0].error_code)

    def end(self, producer: Producer, is_commit: bool = True, *, version: int = 5) -> Any:
        return self.call(EndTxnRequest(ID, *producer, is_commit), version)

    def describe(self, name: str = ID) -> Any:
        [state] = self.call(DescribeTransactionsRequest([name]), 0).transaction_states
        return state

    def committed(self, wait_ms: int = 0) -> Any:
        """Fetch partition 0 as a committed read; gives the partition's answer."""
        return self.receive(self.fetch(wait_ms), 12).responses[0].partitions[0]

    def fetch(self, wait_ms: int) -> FetchRequest:
        """Send a committed read of partition 0 from its start."""
        partition = FetchPartition(0, fetch_offset=0, partition_max_bytes=1 << 20)
        request = FetchRequest(
            max_wait_ms=wait_ms,
            min_bytes=1,
            isolation_level=1,
            topics=[FetchTopic(topic=TOPIC, partitions=[partition])],
        )
        self.send(request, 12)
        return request


@contextmanager
def transaction_client(
    config: dict[str, str] | None = None, *, finds_coordinator: bool = True
) -> Iterator[TransactionClient]:
    """Start a broker with the topic `t` (2 partitions), and connect to it."""
    with (
        Broker({**BASE_CONFIG, **(config or {})}, topics=[f"{TOPIC}:2"]) as broker,
        TransactionClient(broker.bootstrap_servers) as client,
    ):
        client.broker = broker
        if finds_coordinator:
            for key_type, key in ((0, GROUP), (1, ID)):
                client.call(FindCoordinatorRequest(key=key, key_type=key_type), 1)
        yield client
