"""InitProducerId over the wire: ids for idempotent producers."""

from __future__ import annotations

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.init_producer_id import InitProducerIdRequest
from tests.kafkapy.handlers.admin_client import AdminClient, admin_client
from tests.kafkapy.handlers.transaction_client import transaction_client


def init(client: AdminClient, version: int = 5, **fields: int | str) -> tuple[int, int, int]:
    request = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=60000)
    for name, value in fields.items():
        setattr(request, name, value)
    response = client.call(request, version)
    return response.error_code, response.producer_id, response.producer_epoch


@pytest.mark.parametrize("version", range(6))
def test_every_producer_gets_an_id_of_its_own(version: int) -> None:
    with admin_client() as client:
        answers = [init(client, version) for _ in range(3)]
        assert [(code, epoch) for code, _, epoch in answers] == [(0, 0)] * 3
        assert len({producer_id for _, producer_id, _ in answers}) == 3


def test_a_producer_that_has_an_id_gets_a_new_one() -> None:
    with admin_client() as client:
        _, first, _ = init(client)
        code, second, epoch = init(client, producer_id=first, producer_epoch=3)
        assert (code, epoch) == (0, 0)
        assert second != first


@pytest.mark.parametrize(
    "fields",
    [
        {"producer_id": 5},
        {"producer_epoch": 3},
        {"transactional_id": ""},
    ],
)
def test_what_cannot_be_served_is_refused_without_an_id(fields: dict[str, int | str]) -> None:
    with admin_client() as client:
        assert init(client, **fields) == (ErrorCode.INVALID_REQUEST, -1, -1)


# With a transactional id


@pytest.mark.parametrize("version", range(6))
def test_a_transactional_id_keeps_its_producer_id_and_each_owner_has_a_higher_epoch(
    version: int,
) -> None:
    with transaction_client() as client:
        answers = [client.init(version) for _ in range(3)]
        assert {answer.error_code for answer in answers} == {0}
        assert len({answer.producer_id for answer in answers}) == 1
        assert [answer.producer_epoch for answer in answers] == [0, 1, 2]


@pytest.mark.parametrize("version", [3, 4, 5])
def test_a_producer_with_an_old_epoch_is_fenced_in_terms_that_it_knows(version: int) -> None:
    with transaction_client() as client:
        first = client.producer()
        assert client.init(version, producer_id=first.producer_id, producer_epoch=0).error_code == 0
        client.producer()
        answer = client.init(version, producer_id=first.producer_id, producer_epoch=0)
        assert answer.error_code == (
            ErrorCode.PRODUCER_FENCED if version >= 4 else ErrorCode.INVALID_PRODUCER_EPOCH
        )
        assert (answer.producer_id, answer.producer_epoch) == (-1, -1)


def test_the_broker_bounds_the_timeout() -> None:
    with transaction_client({"transaction.max.timeout.ms": "5000"}) as client:
        assert client.init(transaction_timeout_ms=5000).error_code == 0
        answer = client.init(transaction_timeout_ms=5001)
        assert answer.error_code == ErrorCode.INVALID_TRANSACTION_TIMEOUT


def test_without_transactions_nobody_coordinates_a_transactional_id() -> None:
    with transaction_client(finds_coordinator=False) as client:
        assert client.init().error_code == ErrorCode.NOT_COORDINATOR


def test_a_producer_whose_transaction_is_open_is_fenced_and_its_successor_comes_again() -> None:
    with transaction_client() as client:
        zombie = client.producer()
        client.produce(zombie)
        assert client.init().error_code == ErrorCode.CONCURRENT_TRANSACTIONS
        assert client.producer() == (zombie.producer_id, 2)
        assert client.end(zombie).error_code == ErrorCode.PRODUCER_FENCED
        assert client.produce(zombie, 1).error_code == ErrorCode.INVALID_PRODUCER_EPOCH
