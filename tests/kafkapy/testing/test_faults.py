"""Faults on demand: which requests they meet, and what the client sees of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError, Producer

from kafkapy.testing import Broker
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from kafkapy.wire.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from tests.kafkapy.testing.clients import (
    client_of,
    fetch_request,
    partitions_of,
    produce,
    produce_request,
    topics_of,
)

NOT_LEADER = ErrorCode.NOT_LEADER_OR_FOLLOWER


# Which requests


def test_a_fault_meets_as_many_requests_as_it_is_told(broker: Broker) -> None:
    fault = broker.fault("Produce", error="NOT_LEADER_OR_FOLLOWER", times=2)
    with client_of(broker) as client:
        codes = [produce(client, "topic").error_code for _ in range(3)]
    assert codes == [NOT_LEADER, NOT_LEADER, ErrorCode.NONE]
    assert fault.hits == 2
    assert len(broker.records("topic")) == 1


def test_a_fault_lasts_as_long_as_its_block(broker: Broker) -> None:
    with client_of(broker) as client:
        with broker.fault("Produce", error=NOT_LEADER):
            assert produce(client, "topic").error_code == NOT_LEADER
        assert produce(client, "topic").error_code == ErrorCode.NONE


@pytest.mark.parametrize(
    "filters",
    [
        {"api": "Produce"},
        {"client_id": "met"},
        {"topic": "topic"},
        {"when": lambda request: getattr(request, "acks", None) == -1},
    ],
    ids=lambda filters: next(iter(filters)),
)
def test_a_fault_meets_only_what_it_is_about(broker: Broker, filters: dict[str, Any]) -> None:
    with client_of(broker, "met") as met, client_of(broker, "spared") as spared:
        fault = broker.fault(error=NOT_LEADER, **filters)
        spared.call(fetch_request("wide"), 11)
        if "api" not in filters:
            other = spared.call(produce_request("wide", acks=1), 9)
            assert other.responses[0].partition_responses[0].error_code == ErrorCode.NONE
        assert fault.hits == 0
        assert produce(met, "topic").error_code == NOT_LEADER
        assert fault.hits == 1


def test_the_oldest_fault_that_matches_acts(broker: Broker) -> None:
    broker.fault("Produce", error="NOT_LEADER_OR_FOLLOWER", times=1)
    broker.fault("Produce", error="KAFKA_STORAGE_ERROR")
    with client_of(broker) as client:
        assert produce(client, "topic").error_code == NOT_LEADER
        assert produce(client, "topic").error_code == ErrorCode.KAFKA_STORAGE_ERROR
        broker.clear_faults()
        assert produce(client, "topic").error_code == ErrorCode.NONE


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"api": "Produce"},
        {"api": "produce", "drop": True},
        {"error": "NO_SUCH_ERROR"},
        {"drop": True, "disconnect": True},
        {"drop": True, "error": "UNKNOWN_SERVER_ERROR"},
    ],
)
def test_a_fault_that_makes_no_sense_is_a_value_error(
    broker: Broker, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"fault|API|error"):
        broker.fault(**arguments)


def test_a_fault_can_be_waited_for(broker: Broker) -> None:
    fault = broker.fault("Metadata", error="UNKNOWN_SERVER_ERROR")
    with pytest.raises(TimeoutError, match="0 of 1"):
        fault.wait(timeout=0.01)
    with client_of(broker) as client:
        client.send(MetadataRequest(topics=None), 9)
        fault.wait()
    assert fault.hits == 1


# What happens


def test_a_dropped_request_gets_no_answer_and_others_do(broker: Broker) -> None:
    with client_of(broker) as dropped, client_of(broker) as other:
        with broker.fault("Produce", drop=True) as fault:
            dropped.send(produce_request("topic"), 9)
            fault.wait()
        assert produce(other, "topic").base_offset == 0
        dropped.socket.settimeout(0.01)
        with pytest.raises(TimeoutError):
            dropped.read_frame()


@pytest.mark.parametrize("after", [False, True])
def test_a_connection_is_cut_before_or_after_the_request(broker: Broker, after: bool) -> None:
    broker.fault("Produce", disconnect=True, after=after, times=1)
    with client_of(broker) as client:
        client.send(produce_request("topic"), 9)
        assert client.is_closed()
    assert len(broker.records("topic")) == after


def test_an_error_may_hide_that_the_request_was_carried_out(broker: Broker) -> None:
    broker.fault("Produce", error="REQUEST_TIMED_OUT", after=True, times=1)
    with client_of(broker) as client:
        assert produce(client, "topic").error_code == ErrorCode.REQUEST_TIMED_OUT
    assert len(broker.records("topic")) == 1


def test_an_idempotent_producer_writes_once_though_its_answers_are_lost(broker: Broker) -> None:
    broker.fault("Produce", error="NOT_LEADER_OR_FOLLOWER", after=True, times=1)
    broker.fault("Produce", disconnect=True, after=True, times=1)
    producer = Producer(
        {
            "bootstrap.servers": broker.bootstrap_servers,
            "enable.idempotence": True,
            "retry.backoff.ms": 1,
            "reconnect.backoff.ms": 1,
        }
    )
    errors: list[KafkaError | None] = []
    producer.produce("topic", "once", on_delivery=lambda error, _: errors.append(error))
    assert producer.flush(30) == 0
    assert errors == [None]
    assert [record.value for record in broker.records("topic")] == [b"once"]
    assert len(broker.requests.filter("Produce")) == 3


def test_an_error_without_acks_cuts_the_connection(broker: Broker) -> None:
    broker.fault("Produce", error="NOT_LEADER_OR_FOLLOWER")
    with client_of(broker) as client:
        client.send(produce_request("topic", acks=0), 9)
        assert client.is_closed()
    assert broker.records("topic") == []


def test_a_stop_does_not_wait_for_what_a_fault_holds_back() -> None:
    with Broker(topics=["topic"]) as broker, client_of(broker) as client:
        fault = broker.fault(drop=True)
        client.send(MetadataRequest(topics=None), 9)
        fault.wait()
        stopping = threading.Thread(target=broker.stop)
        stopping.start()
        stopping.join(10)
        assert not stopping.is_alive()


# Where the error is told


def test_a_fetch_that_names_nothing_fails_in_the_partitions_of_its_session(
    broker: Broker,
) -> None:
    broker.write("topic", "value")
    with client_of(broker) as client:
        opened = client.call(fetch_request("topic", session_epoch=0), 11)
        with broker.fault("Fetch", error=NOT_LEADER, topic="topic"):
            asked = fetch_request("", session_id=opened.session_id, session_epoch=1)
            [failed] = partitions_of(client.call(asked, 11))
        again = fetch_request("topic", session_id=opened.session_id, session_epoch=2)
        [found] = partitions_of(client.call(again, 11))
    assert (failed.error_code, failed.partition_index) == (NOT_LEADER, 0)
    assert found.error_code == ErrorCode.NONE
    assert found.records


@pytest.mark.parametrize(
    ("request_of", "error"),
    [
        (lambda: fetch_request("topic", session_epoch=0), ErrorCode.FETCH_SESSION_ID_NOT_FOUND),
        (lambda: MetadataRequest(topics=None), ErrorCode.REBOOTSTRAP_REQUIRED),
    ],
)
def test_an_error_of_the_whole_is_at_the_top(
    broker: Broker, request_of: Callable[[], Any], error: ErrorCode
) -> None:
    request = request_of()
    broker.fault(error=error)
    version = 13 if isinstance(request, MetadataRequest) else 11
    with client_of(broker) as client:
        response = client.call(request, version)
    assert response.error_code == error
    assert not getattr(response, "responses", None)


def test_failed_metadata_names_the_broker_all_the_same(broker: Broker) -> None:
    broker.fault("Metadata", error="LEADER_NOT_AVAILABLE")
    asked = MetadataRequest(topics=[MetadataRequestTopic(name="missing")])
    with client_of(broker) as client:
        response = client.call(asked, 9)
    assert len(response.brokers) == 1
    [topic] = response.topics
    assert (topic.name, topic.error_code) == ("missing", ErrorCode.LEADER_NOT_AVAILABLE)
    broker.clear_faults()
    with client_of(broker) as client:
        assert "missing" not in topics_of(client)


@pytest.mark.parametrize(
    ("error", "of_group", "of_partition"),
    [
        ("NOT_COORDINATOR", ErrorCode.NOT_COORDINATOR, None),
        ("UNSTABLE_OFFSET_COMMIT", ErrorCode.NONE, ErrorCode.UNSTABLE_OFFSET_COMMIT),
    ],
)
def test_an_offset_fetch_fails_in_the_group_or_in_the_partition(
    broker: Broker, error: str, of_group: ErrorCode, of_partition: ErrorCode | None
) -> None:
    topics = [OffsetFetchRequestTopics(name="topic", partition_indexes=[2])]
    groups = [OffsetFetchRequestGroup(group_id="group", topics=topics)]
    broker.fault("OffsetFetch", error=error)
    with client_of(broker) as client:
        [group] = client.call(OffsetFetchRequest(groups=groups), 8).groups
    assert (group.group_id, group.error_code) == ("group", of_group)
    codes = [partition.error_code for topic in group.topics for partition in topic.partitions]
    assert codes == ([] if of_partition is None else [of_partition])
    if of_partition is not None:
        [partition] = group.topics[0].partitions
        assert (partition.partition_index, partition.committed_offset) == (2, -1)
