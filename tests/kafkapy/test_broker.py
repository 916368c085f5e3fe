"""A broker's life: how it starts, what it refuses to start on, and what outlives it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from kafkapy.storage.disk import OsDisk
from kafkapy.storage.errors import DirectoryLockedError, DiskError
from kafkapy.testing import Broker
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.create_topics import (
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from kafkapy.wire.messages.delete_topics import DeleteTopicsRequest
from kafkapy.wire.messages.describe_configs import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
)
from kafkapy.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kafkapy.wire.messages.init_producer_id import InitProducerIdRequest
from kafkapy.wire.messages.metadata import (
    MetadataRequest,
    MetadataRequestTopic,
    MetadataResponseTopic,
)
from kafkapy.wire.messages.produce import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from kafkapy.wire.records.batch import batches
from kafkapy.wire.records.record import Record, build_batch, records_of
from tests.kafkapy.wire_client import RawClient

TOPIC_RESOURCE = 2


def client_of(broker: Broker) -> RawClient:
    return RawClient(broker.bootstrap_servers)


def metadata(broker: Broker, *names: str) -> list[MetadataResponseTopic]:
    topics = [MetadataRequestTopic(name=name) for name in names] or None
    request = MetadataRequest(topics=topics, allow_auto_topic_creation=False)
    with client_of(broker) as client:
        response = client.call(request, 12)
    described: list[MetadataResponseTopic] = response.topics
    return described


def create(broker: Broker, name: str, partitions: int = 1, **configs: str) -> None:
    settings = [
        CreatableTopicConfig(name=key.replace("_", "."), value=value)
        for key, value in configs.items()
    ]
    topic = CreatableTopic(
        name=name, num_partitions=partitions, replication_factor=1, configs=settings
    )
    with client_of(broker) as client:
        response = client.call(CreateTopicsRequest(topics=[topic]), 5)
    assert response.topics[0].error_code == ErrorCode.NONE


def delete(broker: Broker, name: str) -> None:
    with client_of(broker) as client:
        response = client.call(DeleteTopicsRequest(topic_names=[name]), 5)
    assert response.responses[0].error_code == ErrorCode.NONE


def produce(broker: Broker, topic: str, *values: bytes) -> None:
    batch = build_batch([Record(0, 1_700_000_000_000, None, value) for value in values])
    data = TopicProduceData(
        name=topic, partition_data=[PartitionProduceData(index=0, records=batch)]
    )
    with client_of(broker) as client:
        response = client.call(ProduceRequest(acks=-1, timeout_ms=1000, topic_data=[data]), 9)
    assert response.responses[0].partition_responses[0].error_code == ErrorCode.NONE


def fetch(broker: Broker, topic: str) -> list[tuple[int, bytes | None]]:
    ask = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1 << 20)
    request = FetchRequest(session_epoch=-1, topics=[FetchTopic(topic=topic, partitions=[ask])])
    with client_of(broker) as client:
        response = client.call(request, 12)
    found = response.responses[0].partitions[0]
    assert found.error_code == ErrorCode.NONE
    return [
        (record.offset, record.value)
        for header, batch in batches(found.records)
        for record in records_of(batch, header, max_bytes=1 << 20)
    ]


def producer_id(broker: Broker) -> int:
    with client_of(broker) as client:
        response = client.call(InitProducerIdRequest(transactional_id=None), 4)
    assert response.error_code == ErrorCode.NONE
    number: int = response.producer_id
    return number


def test_clients_are_served_when_start_returns() -> None:
    with Broker(topics=["one", "three:3"]) as broker:
        topics = metadata(broker)
    assert {topic.name: len(topic.partitions) for topic in topics} == {"one": 1, "three": 3}


def test_nobody_is_served_after_stop() -> None:
    broker = Broker().start()
    broker.stop()
    with pytest.raises(ConnectionRefusedError):
        client_of(broker)


def test_stop_may_be_called_twice_and_without_a_start() -> None:
    Broker().stop()
    broker = Broker().start()
    broker.stop()
    broker.stop()


def test_stop_hangs_up_on_clients_that_wait() -> None:
    ask = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1)
    with Broker(topics=["topic"]) as broker:
        client = client_of(broker)
        request = FetchRequest(
            session_epoch=-1,
            max_wait_ms=2**31 - 1,
            min_bytes=1,
            topics=[FetchTopic(topic="topic", partitions=[ask])],
        )
        client.send(request, 12)
    assert client.is_closed()
    client.close()


def test_a_port_in_use_is_an_os_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        Broker(port=taken.getsockname()[1]).start()


def test_a_failed_start_leaves_the_directory_free(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        Broker(data_dir=tmp_path, port=taken.getsockname()[1]).start()
    with Broker(data_dir=tmp_path):
        pass


def test_a_directory_in_use_is_a_storage_error(tmp_path: Path) -> None:
    with Broker(data_dir=tmp_path, topics=["topic"]) as broker:
        with pytest.raises(DirectoryLockedError):
            Broker(data_dir=tmp_path).start()
        produce(broker, "topic", b"unharmed")


@pytest.mark.parametrize(
    "properties", ["cluster.id=x\nnode.id=99\n", "# of another node\n node.id = 99\n"]
)
def test_a_directory_of_another_node_is_a_storage_error(tmp_path: Path, properties: str) -> None:
    (tmp_path / "meta.properties").write_text(properties)
    with pytest.raises(DiskError, match=r"node\.id 99"):
        Broker(data_dir=tmp_path).start()


def test_topics_settings_and_records_outlive_a_restart(tmp_path: Path) -> None:
    with Broker(data_dir=tmp_path) as broker:
        create(broker, "kept", 2, retention_ms="12345")
        create(broker, "deleted")
        produce(broker, "kept", b"one", b"two")
        delete(broker, "deleted")
        [before] = metadata(broker)
    with Broker(data_dir=tmp_path) as broker:
        [after] = metadata(broker)
        assert (after.name, after.topic_id) == (before.name, before.topic_id)
        assert len(after.partitions) == 2
        assert fetch(broker, "kept") == [(0, b"one"), (1, b"two")]
        produce(broker, "kept", b"three")
        assert fetch(broker, "kept")[2] == (2, b"three")
        resource = DescribeConfigsResource(
            resource_type=TOPIC_RESOURCE,
            resource_name="kept",
            configuration_keys=["retention.ms"],
        )
        with client_of(broker) as client:
            response = client.call(DescribeConfigsRequest(resources=[resource]), 1)
        assert response.results[0].configs[0].value == "12345"


def test_a_cluster_keeps_its_id(tmp_path: Path) -> None:
    ids = []
    for _ in range(2):
        with Broker(data_dir=tmp_path) as broker, client_of(broker) as client:
            ids.append(client.call(MetadataRequest(topics=[]), 9).cluster_id)
    assert ids[0] == ids[1]
    assert len(ids[0]) == 22


def test_a_producer_id_is_never_given_twice(tmp_path: Path) -> None:
    given = []
    for _ in range(3):
        with Broker(data_dir=tmp_path) as broker:
            given += [producer_id(broker) for _ in range(3)]
    assert len(set(given)) == len(given)


def test_a_topic_made_anew_under_an_old_name_is_empty(tmp_path: Path) -> None:
    with Broker(data_dir=tmp_path) as broker:
        create(broker, "again")
        produce(broker, "again", b"old")
        [first] = metadata(broker)
        delete(broker, "again")
        create(broker, "again")
        [second] = metadata(broker)
        assert first.topic_id != second.topic_id
        assert fetch(broker, "again") == []
    with Broker(data_dir=tmp_path) as broker:
        assert fetch(broker, "again") == []


def test_logs_that_a_crash_left_without_a_topic_are_removed(tmp_path: Path) -> None:
    with Broker(data_dir=tmp_path, topics=["kept"]) as broker:
        produce(broker, "kept", b"value")
    disk = OsDisk(tmp_path)
    for litter in ("litter-0", "kept-7"):
        disk.mkdir(litter)
        disk.open(f"{litter}/00000000000000000000.log").close()
    with Broker(data_dir=tmp_path) as broker:
        [topic] = metadata(broker)
        assert (topic.name, len(topic.partitions)) == ("kept", 1)
        assert fetch(broker, "kept") == [(0, b"value")]
        create(broker, "litter")
        assert fetch(broker, "litter") == []
    assert "kept-7" not in os.listdir(tmp_path)


def test_start_makes_topics_only_where_they_are_missing(tmp_path: Path) -> None:
    for count in (1, 2):
        with Broker(data_dir=tmp_path, topics=["topic:2"]) as broker:
            [topic] = metadata(broker)
            assert len(topic.partitions) == 2
            produce(broker, "topic", b"value")
            assert len(fetch(broker, "topic")) == count
