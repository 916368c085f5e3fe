"""Transactions that hang are found and ended with Kafka's own tool."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from harness import process
from harness.probe import Probe

from kafkapy.wire.messages import (
    add_partitions_to_txn,
    describe_transactions,
    find_coordinator,
    incremental_alter_configs,
    init_producer_id,
    list_offsets,
    metadata,
    produce,
)
from kafkapy.wire.records.record import Record, build_batch

TRANSACTIONS = "org.apache.kafka.tools.TransactionsCommand"
VERIFICATION = "transaction.partition.verification.enable"
BROKER, SET, DELETE = 4, 0, 1


@pytest.fixture
def probe(bootstrap: str) -> Iterator[Probe]:
    with contextlib.closing(Probe(bootstrap)) as connection:
        yield connection


@pytest.fixture
def unverified(probe: Probe) -> Iterator[None]:
    """Let records in whose transaction nobody coordinates, as brokers before KIP-890 did."""

    def alter(operation: int, value: str | None) -> None:
        config = incremental_alter_configs.AlterableConfig(VERIFICATION, operation, value)
        resource = incremental_alter_configs.AlterConfigsResource(BROKER, "", [config])
        request = incremental_alter_configs.IncrementalAlterConfigsRequest([resource])
        assert not probe.ask(request, 1).responses[0].error_code

    alter(SET, "false")
    yield
    alter(DELETE, None)


def producer_of(probe: Probe, identity: str | None) -> tuple[int, int]:
    """Give the id and epoch of a new producer."""
    if identity is not None:
        wanted = find_coordinator.FindCoordinatorRequest(identity, 1, [identity])
        probe.ask_until_ready(wanted, 4, 20)
    request = init_producer_id.InitProducerIdRequest(identity, 60_000)
    begun = probe.ask_until_ready(request, 5, 20)
    assert not begun.error_code
    return begun.producer_id, begun.producer_epoch


def write(probe: Probe, name: str, identity: str, producer: tuple[int, int]) -> int:
    """Produce a record of long ago in a transaction; gives the error."""
    numbered = {"producer_id": producer[0], "producer_epoch": producer[1], "base_sequence": 0}
    record = Record(timestamp_ms=1000, key=None, value=b"v")
    batch = build_batch([record], is_transactional=True, **numbered)
    data = produce.TopicProduceData(name, bytes(16), [produce.PartitionProduceData(0, batch)])
    request = produce.ProduceRequest(identity, -1, 10_000, [data])
    return probe.ask(request, 9).responses[0].partition_responses[0].error_code


def stable_end(probe: Probe, name: str) -> int:
    """Give the offset that a committed read gets to."""
    partition = list_offsets.ListOffsetsPartition(0, -1, -1)
    topics = [list_offsets.ListOffsetsTopic(name, [partition])]
    answer = probe.ask(list_offsets.ListOffsetsRequest(-1, 1, topics), 7)
    return answer.topics[0].partitions[0].offset


@pytest.mark.scenario("transactions")
def test_a_transaction_that_hangs_is_found_and_aborted(
    tool: Callable[..., str], topic: Callable[..., str], probe: Probe, unverified: None
) -> None:
    name = topic()
    broker_id = probe.ask(metadata.MetadataRequest([]), 9).brokers[0].node_id
    producer = producer_of(probe, None)
    process.eventually(lambda: write(probe, name, "nobody", producer) == 0, "the record is in")
    assert stable_end(probe, name) == 0

    def hanging() -> list[list[str]]:
        said = tool(TRANSACTIONS, "find-hanging", "--broker-id", broker_id)
        return [line.split() for line in said.splitlines() if name in line]

    ((_, partition, producer_id, *_),) = hanging()
    assert (partition, producer_id) == ("0", str(producer[0]))
    tool(TRANSACTIONS, "abort", "--topic", name, "--partition", 0, "--start-offset", 0)
    assert stable_end(probe, name) == 2
    assert hanging() == []


@pytest.mark.scenario("transactions")
def test_a_transaction_is_ended_by_its_transactional_id(
    tool: Callable[..., str],
    topic: Callable[..., str],
    probe: Probe,
    unique: Callable[[str], str],
) -> None:
    name, identity = topic(), unique("id")
    producer = producer_of(probe, identity)
    topics = [add_partitions_to_txn.AddPartitionsToTxnTopic(name, [0])]
    added = add_partitions_to_txn.AddPartitionsToTxnRequest([], identity, *producer, topics)
    probe.ask_until_ready(added, 3)
    assert write(probe, name, identity, producer) == 0
    tool(TRANSACTIONS, "forceTerminateTransaction", "--transactionalId", identity)

    def state() -> str:
        request = describe_transactions.DescribeTransactionsRequest([identity])
        return probe.ask(request, 0).transaction_states[0].transaction_state

    process.eventually(lambda: state() in ("CompleteAbort", "Empty"), "the transaction is over")
    assert stable_end(probe, name) == 2
    assert write(probe, name, identity, producer) != 0
