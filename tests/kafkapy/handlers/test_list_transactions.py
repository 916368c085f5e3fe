"""ListTransactions over the wire, with every filter."""

from __future__ import annotations

from typing import Any

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.list_transactions import ListTransactionsRequest
from tests.kafkapy.handlers.transaction_client import TransactionClient, transaction_client


def listed(client: TransactionClient, version: int = 2, **filters: Any) -> list[str]:
    response = client.call(ListTransactionsRequest(**filters), version)
    assert (response.error_code, response.unknown_state_filters) == (0, [])
    return sorted(each.transactional_id for each in response.transaction_states)


@pytest.mark.parametrize("version", range(3))
def test_all_transactional_ids_are_listed_with_their_state(version: int) -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.add(producer)
        [found] = client.call(ListTransactionsRequest(), version).transaction_states
        assert (found.transactional_id, found.producer_id) == ("payments", producer.producer_id)
        assert found.transaction_state == "Ongoing"


def test_only_those_that_pass_every_filter_are_listed() -> None:
    with transaction_client() as client:
        producer = client.producer()
        client.add(producer)
        other = client.init(transactional_id="orders")
        assert listed(client) == ["orders", "payments"]
        assert listed(client, state_filters=["Empty"]) == ["orders"]
        assert listed(client, state_filters=["Ongoing", "Dead"]) == ["payments"]
        assert listed(client, producer_id_filters=[other.producer_id]) == ["orders"]
        assert listed(client, producer_id_filters=[10**9]) == []
        assert listed(client, transactional_id_pattern="pay.*") == ["payments"]
        assert listed(client, transactional_id_pattern="pay") == []
        assert listed(client, transactional_id_pattern="") == ["orders", "payments"]
        assert listed(client, transactional_id_pattern=r"\Apay\w+\z") == ["payments"]
        client.broker.advance(10)
        assert "payments" in listed(client, duration_filter=9_000)
        assert "payments" not in listed(client, duration_filter=60_000)


def test_a_state_that_does_not_exist_is_named() -> None:
    with transaction_client() as client:
        client.producer()
        response = client.call(
            ListTransactionsRequest(state_filters=["empty", "Empty", "empty"]), 2
        )
        assert response.unknown_state_filters == ["empty"]
        assert len(response.transaction_states) == 1
        response = client.call(ListTransactionsRequest(state_filters=["empty"]), 2)
        assert response.transaction_states == []


@pytest.mark.parametrize("pattern", ["[", "(?=p).*", r"(p)\1", "a**"])
def test_a_pattern_that_re2_does_not_know_is_refused(pattern: str) -> None:
    with transaction_client() as client:
        request = ListTransactionsRequest(transactional_id_pattern=pattern)
        response = client.call(request, 2)
        assert response.error_code == ErrorCode.INVALID_REGULAR_EXPRESSION


def test_without_transactions_there_are_none() -> None:
    with transaction_client(finds_coordinator=False) as client:
        assert listed(client) == []
