"""Time that a test moves: whatever waits for it goes on at once."""

from __future__ import annotations

import time

import pytest
from confluent_kafka import KafkaException, Producer

from kafkapy.testing import Broker
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.describe_groups import DescribeGroupsRequest
from kafkapy.wire.messages.heartbeat import HeartbeatRequest
from kafkapy.wire.messages.metadata import MetadataRequest
from kafkapy.wire.messages.sync_group import SyncGroupRequest
from tests.kafkapy.testing.clients import (
    FOREVER_MS,
    client_of,
    fetch_request,
    find_coordinator,
    join_request,
    partitions_of,
    topics_of,
)
from tests.kafkapy.wire_client import RawClient

HOUR_S = 3600


def state_of(client: RawClient, group: str = "group") -> str:
    response = client.call(DescribeGroupsRequest(groups=[group]), 5)
    state: str = response.groups[0].group_state
    return state


def test_records_are_stamped_with_the_moved_time(broker: Broker) -> None:
    broker.write("topic", "before")
    broker.advance(HOUR_S)
    broker.write("topic", "after")
    before, after = broker.records("topic")
    assert after.timestamp_ms - before.timestamp_ms >= HOUR_S * 1000


def test_a_session_times_out_when_time_is_moved(broker: Broker) -> None:
    with client_of(broker) as client:
        find_coordinator(client)
        joined = client.call(join_request("group", session_timeout_ms=10_000), 3)
        client.call(
            SyncGroupRequest(
                group_id="group", generation_id=joined.generation_id, member_id=joined.member_id
            ),
            3,
        )
        assert state_of(client) == "Stable"
        broker.advance(5)
        assert state_of(client) == "Stable"
        broker.advance(6)
        assert state_of(client) == "Empty"
        request = HeartbeatRequest("group", joined.generation_id, joined.member_id)
        assert client.call(request, 3).error_code == ErrorCode.UNKNOWN_MEMBER_ID


def test_the_initial_rebalance_delay_is_over_when_time_is_moved() -> None:
    settings = {"group.initial.rebalance.delay.ms": "60000"}
    request = join_request("group", session_timeout_ms=300_000)
    with Broker(settings) as broker, client_of(broker) as client:
        find_coordinator(client)
        client.send(request, 3)
        broker.requests.wait("JoinGroup")
        broker.advance(60)
        assert client.receive(request, 3).error_code == ErrorCode.NONE


def test_a_transaction_is_aborted_when_time_is_moved(broker: Broker) -> None:
    producer = Producer(
        {"bootstrap.servers": broker.bootstrap_servers, "transactional.id": "payments"}
    )
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce("topic", "value")
    producer.flush(30)
    broker.advance(HOUR_S)
    with pytest.raises(KafkaException) as caught:
        producer.commit_transaction(30)
    assert caught.value.args[0].fatal() or caught.value.args[0].txn_requires_abort()


def test_a_long_poll_is_over_when_time_is_moved(broker: Broker) -> None:
    with client_of(broker) as client:
        request = fetch_request("topic", max_wait_ms=FOREVER_MS)
        client.send(request, 11)
        broker.requests.wait("Fetch")
        broker.advance(FOREVER_MS / 1000)
        [partition] = partitions_of(client.receive(request, 11))
    assert partition.error_code == ErrorCode.NONE


def test_old_records_are_gone_when_time_is_moved(broker: Broker) -> None:
    broker.create_topic("short", config={"retention.ms": str(HOUR_S * 1000)})
    broker.write("short", "old")
    broker.advance(HOUR_S - 60)
    assert len(broker.records("short")) == 1
    broker.advance(120)
    assert broker.records("short") == []


def test_a_delayed_answer_comes_when_time_is_moved(broker: Broker) -> None:
    with client_of(broker) as client, broker.fault("Metadata", delay=HOUR_S) as fault:
        request = MetadataRequest(topics=None)
        client.send(request, 9)
        fault.wait()
        broker.advance(HOUR_S)
        assert len(client.receive(request, 9).topics) == 2


def test_clients_stay_connected_when_time_is_moved(broker: Broker) -> None:
    with client_of(broker) as client:
        for _ in range(3):
            broker.advance(60)
            assert topics_of(client)
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers})
    producer.produce("topic", "value")
    assert producer.flush(30) == 0


def test_a_reset_brings_todays_time_back(broker: Broker) -> None:
    broker.advance(HOUR_S)
    broker.reset()
    written = broker.write("topic", "value")
    assert written.timestamp_ms / 1000 < time.time() + 60


def test_time_goes_forward_only(broker: Broker) -> None:
    with pytest.raises(ValueError, match="forward"):
        broker.advance(-1)
