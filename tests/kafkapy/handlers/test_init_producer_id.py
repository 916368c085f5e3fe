"""InitProducerId over the wire: ids for idempotent producers."""

from __future__ import annotations

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.init_producer_id import InitProducerIdRequest
from tests.kafkapy.handlers.admin_client import AdminClient, admin_client


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
