"""A broker that is killed while transactions are open, and started again."""

from __future__ import annotations

import pytest
from confluent_kafka import Producer


@pytest.mark.client("confluent_kafka")
@pytest.mark.scenario("transactions", "restart")
def test_what_was_committed_stays_and_what_was_open_can_still_be_ended(restartable, view, unique):
    """An open transaction outlives the broker; its producer does not notice but for the wait."""
    name = unique("topic")
    options = {"bootstrap.servers": restartable.bootstrap, "transactional.id": unique("tx")}
    client = Producer(options)
    client.init_transactions(30)
    for turn in range(4):
        client.begin_transaction()
        for index in range(5):
            client.produce(name, b"%d-%d" % (turn, index))
        client.flush(30)
        restartable.kill()
        restartable.start()
        if turn % 2:
            client.abort_transaction(60)
        else:
            client.commit_transaction(60)
    committed = [b"%d-%d" % (turn, index) for turn in (0, 2) for index in range(5)]
    assert view(name, bootstrap=restartable.bootstrap) == committed
