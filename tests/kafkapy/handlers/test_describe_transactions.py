"""DescribeTransactions over the wire."""

from __future__ import annotations

from kafkapy.wire.error_codes import ErrorCode
from tests.kafkapy.handlers.transaction_client import transaction_client


def test_a_transaction_is_described_with_its_partitions() -> None:
    with transaction_client() as client:
        producer = client.producer()
        empty = client.describe()
        assert (empty.transaction_state, empty.transaction_start_time_ms) == ("Empty", -1)
        client.add(producer, 1, 0)
        state = client.describe()
        assert (state.error_code, state.transactional_id) == (0, "payments")
        assert (state.producer_id, state.producer_epoch) == producer
        assert (state.transaction_state, state.transaction_timeout_ms) == ("Ongoing", 60_000)
        assert state.transaction_start_time_ms > 0
        assert [(topic.topic, topic.partitions) for topic in state.topics] == [("t", [0, 1])]


def test_each_transactional_id_has_its_own_error() -> None:
    with transaction_client() as client:
        assert client.describe("x").error_code == ErrorCode.TRANSACTIONAL_ID_NOT_FOUND
        assert client.describe("").error_code == ErrorCode.INVALID_REQUEST
    with transaction_client(finds_coordinator=False) as client:
        assert client.describe("x").error_code == ErrorCode.NOT_COORDINATOR
