"""The testing broker without a client: topics, records, offsets, requests, and reset."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, Producer

from kafkapy.errors import ApiError
from kafkapy.storage.errors import StorageError
from kafkapy.testing import Broker
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.create_topics import CreateTopicsRequest
from kafkapy.wire.messages.describe_configs import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
)
from kafkapy.wire.messages.list_groups import ListGroupsRequest
from kafkapy.wire.messages.metadata import MetadataRequest
from tests.kafkapy.testing.clients import (
    FOREVER_MS,
    client_of,
    commit_request,
    fetch_request,
    find_coordinator,
    join_request,
    partitions_of,
    produce,
    topics_of,
)

TOPIC_RESOURCE = 2


# Topics and records


def test_a_created_topic_has_its_partitions_and_settings(broker: Broker) -> None:
    broker.create_topic("made", 4, {"retention.ms": "777"})
    asked = DescribeConfigsResource(
        resource_type=TOPIC_RESOURCE, resource_name="made", configuration_keys=["retention.ms"]
    )
    with client_of(broker) as client:
        assert topics_of(client)["made"] == 4
        response = client.call(DescribeConfigsRequest(resources=[asked]), 1)
    assert response.results[0].configs[0].value == "777"


def test_a_topic_that_kafka_would_refuse_is_an_api_error(broker: Broker) -> None:
    with pytest.raises(ApiError) as caught:
        broker.create_topic("topic")
    assert caught.value.code is ErrorCode.TOPIC_ALREADY_EXISTS


def test_what_is_written_is_read_as_it_was(broker: Broker) -> None:
    written = broker.write(
        "topic", "välue", key=b"key", headers={"a": "1", "b": None}, timestamp_ms=12345
    )
    assert (written.topic, written.partition, written.offset) == ("topic", 0, 0)
    assert (written.key, written.value) == (b"key", "välue".encode())
    assert written.headers == (("a", b"1"), ("b", None))
    assert written.timestamp_ms == 12345
    assert broker.records("topic") == [written]


def test_a_consumer_reads_what_was_written(broker: Broker) -> None:
    broker.write("topic", b"value", headers=[("h", b"x")])
    consumer = Consumer(
        {
            "bootstrap.servers": broker.bootstrap_servers,
            "group.id": "group",
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe(["topic"])
    message = consumer.poll(30)
    consumer.close()
    assert message is not None
    assert message.value() == b"value"
    assert message.headers() == [("h", b"x")]


def test_what_a_producer_sends_is_read(broker: Broker) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "compression.type": "gzip"})
    for number in range(100):
        producer.produce("topic", str(number), key="key")
    assert producer.flush(30) == 0
    records = broker.records("topic")
    assert [record.value for record in records] == [str(number).encode() for number in range(100)]
    assert [record.offset for record in records] == list(range(100))


def test_keys_go_where_kafkas_producers_put_them(broker: Broker) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "partitioner": "murmur2"})
    keys = [
        "",
        "a",
        "ab",
        "abc",
        "abcd",
        "abcde",
        "kafka",
        "\u00e4\u00f6\u00fc",
        *map(str, range(30)),
    ]
    for key in keys:
        producer.produce("wide", b"client", key=key)
    assert producer.flush(30) == 0
    theirs = {record.key: record.partition for record in broker.records("wide")}
    for key in keys:
        assert broker.write("wide", "ours", key=key).partition == theirs[key.encode()]
    assert len(set(theirs.values())) == 3


def test_one_partition_can_be_written_and_read(broker: Broker) -> None:
    broker.write("wide", "zero", partition=0)
    broker.write("wide", "two", partition=2)
    assert [record.value for record in broker.records("wide")] == [b"zero", b"two"]
    assert [record.value for record in broker.records("wide", 2)] == [b"two"]
    assert broker.records("wide", 1) == []


def test_records_that_are_yet_to_come_are_waited_for(broker: Broker) -> None:
    async def produce_later() -> list[bytes | None]:
        waiting = asyncio.create_task(asyncio.to_thread(broker.records, "later", at_least=2))
        for value in ("one", "two"):
            await asyncio.to_thread(broker.write, "later", value)
        return [record.value for record in await waiting]

    assert asyncio.run(produce_later()) == [b"one", b"two"]
    assert len(broker.records("later", 0, at_least=1)) == 2


def test_records_that_do_not_come_are_a_timeout_error(broker: Broker) -> None:
    broker.write("topic", "value")
    for topic, found in (("topic", 1), ("missing", 0)):
        with pytest.raises(TimeoutError, match=f"{found} of 2 records"):
            broker.records(topic, at_least=2, timeout=0.01)


def test_a_reset_does_not_end_the_waiting_for_records(broker: Broker) -> None:
    async def reset_and_write() -> list[bytes | None]:
        waiting = asyncio.create_task(asyncio.to_thread(broker.records, "topic", at_least=2))
        broker.write("topic", "old")
        broker.reset()
        for value in ("one", "two"):
            broker.write("topic", value)
        return [record.value for record in await waiting]

    assert asyncio.run(reset_and_write()) == [b"one", b"two"]


def test_writing_creates_a_topic_and_reading_does_not(broker: Broker) -> None:
    broker.write("new", "value")
    assert [record.value for record in broker.records("new")] == [b"value"]
    for topic, partition in (("missing", None), ("missing", 0), ("topic", 1)):
        with pytest.raises(ApiError) as caught:
            broker.records(topic, partition)
        assert caught.value.code is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def test_a_record_that_the_topic_does_not_take_is_a_storage_error(broker: Broker) -> None:
    broker.create_topic("small", config={"max.message.bytes": "100"})
    with pytest.raises(StorageError):
        broker.write("small", bytes(200))


def test_a_topic_that_stamps_its_records_says_so(broker: Broker) -> None:
    broker.create_topic("stamped", config={"message.timestamp.type": "LogAppendTime"})
    written = broker.write("stamped", "value", timestamp_ms=1)
    assert written.timestamp_ms > 1
    assert broker.records("stamped") == [written]


def test_committed_offsets_are_told(broker: Broker) -> None:
    assert broker.committed("group") == {}
    with client_of(broker) as client:
        find_coordinator(client)
        client.call(commit_request("group", "topic", 7), 8)
    assert broker.committed("group") == {("topic", 0): 7}


def test_a_call_to_a_broker_that_does_not_run_is_a_runtime_error() -> None:
    broker = Broker()
    with pytest.raises(RuntimeError, match="not running"):
        broker.records("topic")
    broker.start()
    broker.stop()
    with pytest.raises(RuntimeError, match="not running"):
        broker.reset()


def test_a_stopped_broker_goes_on_with_its_data_when_it_is_started_again() -> None:
    broker = Broker(topics=["topic"])
    for count in (1, 2):
        with broker, client_of(broker) as client:
            assert topics_of(client) == {"topic": 1}
            broker.write("topic", "value")
            assert len(broker.records("topic")) == count


def test_the_brokers_own_thread_is_not_kept_waiting_for_itself(broker: Broker) -> None:
    caught = []

    def ask(request: object) -> bool:
        try:
            broker.records("topic")
        except RuntimeError as error:
            caught.append(str(error))
        return False

    with broker.fault("Metadata", delay=1, when=ask), client_of(broker) as client:
        topics_of(client)
    assert "own thread" in caught[0]


def test_calls_work_inside_an_event_loop(broker: Broker) -> None:
    async def run() -> list[bytes | None]:
        broker.create_topic("async")
        broker.write("async", "value")
        return [record.value for record in broker.records("async")]

    assert asyncio.run(run()) == [b"value"]


# Requests


def test_requests_are_logged_with_their_content(broker: Broker) -> None:
    with client_of(broker, "somebody") as client:
        produce(client, "topic", b"logged")
        topics_of(client)
    assert [request.api for request in broker.requests] == ["Produce", "Metadata"]
    first = broker.requests[0]
    assert (first.version, first.client_id) == (9, "somebody")
    assert first.request.topic_data[0].name == "topic"  # type: ignore[attr-defined]
    assert abs(first.time_ms - time.time() * 1000) < 60_000
    assert "somebody" in repr(first)


def test_requests_are_filtered_by_api_client_and_topic(broker: Broker) -> None:
    with client_of(broker, "one") as one, client_of(broker, "two") as two:
        produce(one, "topic")
        produce(two, "wide")
        topics_of(two)
    requests = broker.requests
    assert len(requests.filter("Produce")) == 2
    assert len(requests.filter(client_id="two")) == 2
    assert [request.client_id for request in requests.filter("Produce", topic="wide")] == ["two"]
    assert requests.filter("Fetch") == []


def test_a_misspelled_api_is_told_and_not_taken_for_one_that_nobody_asked(broker: Broker) -> None:
    for look in (broker.requests.filter, broker.requests.wait):
        with pytest.raises(ValueError, match="there is no API 'Prodce'"):
            look("Prodce")


@pytest.mark.parametrize("wrong", [{"value": 5}, {"value": "", "headers": {"trace": 5}}])
def test_what_is_neither_text_nor_bytes_is_not_written(
    broker: Broker, wrong: dict[str, Any]
) -> None:
    with pytest.raises(TypeError, match="are str, bytes or None, not 5"):
        broker.write("topic", **wrong)


def test_a_topic_is_found_by_its_id_too(broker: Broker) -> None:
    with client_of(broker) as client:
        described = client.call(MetadataRequest(topics=None), 12)
        ids = {topic.name: topic.topic_id for topic in described.topics}
        request = fetch_request("topic")
        request.topics[0].topic_id = ids["topic"]
        client.call(request, 13)
    assert broker.requests.filter("Fetch")[0].topics == {"topic"}


def test_the_names_of_settings_are_not_taken_for_topics(broker: Broker) -> None:
    resource = DescribeConfigsResource(
        resource_type=TOPIC_RESOURCE, resource_name="topic", configuration_keys=["retention.ms"]
    )
    with client_of(broker) as client:
        client.call(DescribeConfigsRequest(resources=[resource]), 4)
        client.call(CreateTopicsRequest(topics=[]), 5)
    assert [request.topics for request in broker.requests] == [{"topic"}, frozenset()]


def test_a_request_can_be_waited_for(broker: Broker) -> None:
    with client_of(broker) as client:
        client.send(fetch_request("topic", max_wait_ms=FOREVER_MS), 11)
        [logged] = broker.requests.wait("Fetch", topic="topic")
        assert logged.api == "Fetch"
        with pytest.raises(TimeoutError, match="1 of 2"):
            broker.requests.wait("Fetch", count=2, timeout=0.01)


def test_the_log_of_requests_is_bounded(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kafkapy.testing.requests._MAX_BYTES", 3000)
    with client_of(broker) as client:
        for number in range(10):
            produce(client, "topic", bytes([number]) * 1000)
    assert len(broker.requests) == 2
    assert broker.requests[-1].request.topic_data[0].partition_data[0].records[-2] == 9  # type: ignore[attr-defined]


# Reset


def test_a_reset_leaves_a_new_broker_at_the_same_address(broker: Broker) -> None:
    address = broker.bootstrap_servers
    broker.create_topic("made", config={"retention.ms": "1"})
    broker.write("topic", "value")
    with client_of(broker) as client:
        find_coordinator(client)
        client.call(commit_request("group", "topic", 1), 8)
        broker.reset()
        assert broker.bootstrap_servers == address
        assert topics_of(client) == {"topic": 1, "wide": 3}
        assert client.call(ListGroupsRequest(), 4).groups == []
    assert broker.records("topic") == []
    assert broker.committed("group") == {}
    assert [request.api for request in broker.requests] == ["Metadata", "ListGroups"]


def test_a_reset_keeps_the_cluster_id_and_gives_topics_new_ids(broker: Broker) -> None:
    with client_of(broker) as client:
        before = client.call(MetadataRequest(topics=None), 10)
        broker.reset()
        after = client.call(MetadataRequest(topics=None), 10)
    assert before.cluster_id == after.cluster_id
    assert {t.topic_id for t in before.topics}.isdisjoint(t.topic_id for t in after.topics)


def test_a_reset_ends_faults(broker: Broker) -> None:
    broker.fault("Metadata", drop=True)
    broker.reset()
    with client_of(broker) as client:
        assert topics_of(client) == {"topic": 1, "wide": 3}


def test_a_reset_answers_a_long_poll_and_ends_its_session(broker: Broker) -> None:
    with client_of(broker) as client:
        opened = client.call(fetch_request("topic", session_epoch=0), 11)
        waiting = fetch_request(
            "", session_id=opened.session_id, session_epoch=1, max_wait_ms=FOREVER_MS
        )
        client.send(waiting, 11)
        broker.requests.wait("Fetch", count=2)
        broker.reset()
        [partition] = partitions_of(client.receive(waiting, 11))
        assert partition.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        again = fetch_request("", session_id=opened.session_id, session_epoch=2)
        assert client.call(again, 11).error_code == ErrorCode.FETCH_SESSION_ID_NOT_FOUND


def test_a_reset_answers_a_member_that_waits_for_others(broker: Broker) -> None:
    with client_of(broker) as first, client_of(broker) as second:
        find_coordinator(first)
        joined = first.call(join_request("group", session_timeout_ms=1_000_000), 3)
        request = join_request("group")
        second.send(request, 3)
        broker.requests.wait("JoinGroup", count=2)
        broker.reset()
        assert joined.error_code == ErrorCode.NONE
        assert second.receive(request, 3).error_code == ErrorCode.NOT_COORDINATOR


def test_a_reset_cuts_off_who_was_never_to_be_answered(broker: Broker) -> None:
    with client_of(broker) as client:
        with broker.fault("Metadata", drop=True) as fault:
            client.send(MetadataRequest(topics=None), 9)
            fault.wait()
        broker.reset()
        assert client.is_closed()


def test_stock_clients_live_on_after_a_reset(broker: Broker) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "enable.idempotence": True})
    errors: list[KafkaError | None] = []
    for value in ("before", "after"):
        producer.produce("topic", value, on_delivery=lambda error, _: errors.append(error))
        assert producer.flush(30) == 0
        assert [record.value for record in broker.records("topic")] == [value.encode()]
        broker.reset()
    assert errors == [None, None]


def test_a_reset_forgets_transactions(broker: Broker) -> None:
    for _ in range(2):
        producer = Producer(
            {"bootstrap.servers": broker.bootstrap_servers, "transactional.id": "payments"}
        )
        producer.init_transactions(30)
        producer.begin_transaction()
        producer.produce("topic", "value")
        producer.flush(30)
        assert len(broker.records("topic")) == 1
        broker.reset()


def test_a_broker_with_a_directory_is_reset_too(tmp_path: Path) -> None:
    with Broker(data_dir=tmp_path, topics=["topic"]) as broker:
        broker.write("topic", "value")
        broker.write("other", "value")
        broker.reset()
        with client_of(broker) as client:
            assert topics_of(client) == {"topic": 1}
        assert broker.records("topic") == []
        broker.write("topic", "kept")
    with Broker(data_dir=tmp_path) as broker:
        assert [record.value for record in broker.records("topic")] == [b"kept"]
