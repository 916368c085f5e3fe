"""Metadata over the wire: brokers, topics by name and by id, and topics made by asking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kafkapy.authorized_operations import CLUSTER_OPERATIONS, NOT_ASKED, TOPIC_OPERATIONS
from kafkapy.testing import Broker
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from kafkapy.wire.schema import ZERO_UUID
from tests.kafkapy.handlers.admin_client import UNKNOWN_ID, AdminClient, admin_client


def ask(
    client: AdminClient,
    *topics: tuple[str | None, bytes],
    version: int = 12,
    may_create: bool = False,
    **options: bool,
) -> Any:
    asked = [MetadataRequestTopic(name=name, topic_id=topic_id) for name, topic_id in topics]
    request = MetadataRequest(topics=asked, allow_auto_topic_creation=may_create, **options)
    return client.call(request, version)


def codes(response: Any) -> dict[str | None, int]:
    return {topic.name: topic.error_code for topic in response.topics}


@pytest.mark.parametrize("version", range(14))
def test_every_version_tells_the_broker_and_the_leaders(version: int) -> None:
    with admin_client(broker_rack="r1") as client:
        topic_id = client.create("t", 2)
        response = ask(client, ("t", ZERO_UUID), version=version)
        [broker] = response.brokers
        assert (broker.node_id, broker.host, broker.port) == (1, *client.socket.getpeername())
        assert broker.rack == ("r1" if version >= 1 else None)
        assert response.controller_id == (1 if version >= 1 else -1)
        [topic] = response.topics
        assert (topic.name, topic.error_code) == ("t", 0)
        assert topic.topic_id == (topic_id if version >= 10 else ZERO_UUID)
        for index, partition in enumerate(topic.partitions):
            assert (partition.partition_index, partition.leader_id) == (index, 1)
            assert partition.leader_epoch == (0 if version >= 7 else -1)
            assert partition.replica_nodes == partition.isr_nodes == [1]


def test_null_asks_for_all_topics_and_an_empty_list_only_in_version_0() -> None:
    with admin_client() as client:
        client.create("a")
        client.create("b")
        assert set(codes(client.call(MetadataRequest(topics=None), 1))) == {"a", "b"}
        assert set(codes(client.call(MetadataRequest(topics=[]), 0))) == {"a", "b"}
        assert codes(client.call(MetadataRequest(topics=[]), 1)) == {}


@pytest.mark.parametrize("version", range(14))
def test_asking_creates_a_topic_that_is_ready_at_once(version: int) -> None:
    with admin_client(num_partitions="3") as client:
        [topic] = ask(client, ("t", ZERO_UUID), version=version, may_create=True).topics
        assert (topic.error_code, len(topic.partitions)) == (0, 3)
        client.produce("t", 1000, partition=2)


@pytest.mark.parametrize(
    ("may_create", "enabled"), [(False, "true"), (True, "false"), (False, "false")]
)
def test_a_topic_is_created_only_if_client_and_broker_agree(may_create: bool, enabled: str) -> None:
    with admin_client(auto_create_topics_enable=enabled) as client:
        response = ask(client, ("t", ZERO_UUID), may_create=may_create)
        assert codes(response) == {"t": ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}
        assert codes(client.call(MetadataRequest(topics=None), 12)) == {}


def test_what_cannot_be_a_topic_is_not_created() -> None:
    with admin_client() as client:
        names = ("", ".", "a b", "a" * 250, "__cluster_metadata")
        response = ask(client, *[(name, ZERO_UUID) for name in names], may_create=True)
        assert codes(response) == dict.fromkeys(names[:4], ErrorCode.INVALID_TOPIC_EXCEPTION) | {
            names[4]: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        }


def test_an_internal_topic_is_made_as_the_broker_makes_it() -> None:
    with admin_client(offsets_topic_num_partitions="7") as client:
        [topic] = ask(client, ("__consumer_offsets", ZERO_UUID), may_create=True).topics
        assert (topic.is_internal, len(topic.partitions)) == (True, 7)
        assert client.configs(2, topic.name, "cleanup.policy") == {"cleanup.policy": "compact"}


@pytest.mark.parametrize("version", [12, 13])
def test_topics_are_asked_for_by_id(version: int) -> None:
    with admin_client() as client:
        a = client.create("a")
        client.create("b")
        asked = [(None, a), (None, UNKNOWN_ID), ("b", ZERO_UUID)]
        response = ask(client, *asked, version=version)
        assert [(each.name, each.topic_id, each.error_code) for each in response.topics] == [
            ("a", a, ErrorCode.NONE),
            (None, UNKNOWN_ID, ErrorCode.UNKNOWN_TOPIC_ID),
        ]


@pytest.mark.parametrize("version", [10, 11, 12, 13])
def test_a_topic_without_a_name_or_with_an_id_too_early_spoils_the_request(version: int) -> None:
    with admin_client() as client:
        a = client.create("a")
        wrong = (None, ZERO_UUID) if version >= 12 else (None, a)
        response = ask(client, ("a", ZERO_UUID), wrong, version=version)
        assert response.brokers == []
        assert [each.error_code for each in response.topics] == [ErrorCode.INVALID_REQUEST] * 2
        assert response.error_code == (ErrorCode.INVALID_REQUEST if version >= 13 else 0)


@pytest.mark.parametrize("version", [8, 9, 10, 11, 12, 13])
def test_operations_are_told_when_asked_for(version: int) -> None:
    with admin_client() as client:
        client.create("t")
        asked = [("t", ZERO_UUID), ("nope", ZERO_UUID)]
        response = ask(
            client,
            *asked,
            version=version,
            include_topic_authorized_operations=True,
            include_cluster_authorized_operations=version <= 10,
        )
        operations = {topic.topic_authorized_operations for topic in response.topics}
        assert operations == {TOPIC_OPERATIONS}
        cluster = response.cluster_authorized_operations
        assert cluster == (CLUSTER_OPERATIONS if version <= 10 else NOT_ASKED)
        silent = ask(client, *asked, version=version)
        assert {topic.topic_authorized_operations for topic in silent.topics} == {NOT_ASKED}
        assert silent.cluster_authorized_operations == NOT_ASKED


@pytest.mark.parametrize("version", [1, 13])
def test_what_is_asked_for_twice_is_described_once(version: int) -> None:
    with admin_client() as client:
        topic_id = client.create("t")
        by_name = ask(client, *[("t", ZERO_UUID)] * 3, version=version)
        assert len(by_name.topics) == 1
        if version >= 12:
            assert len(ask(client, *[(None, topic_id)] * 3, version=version).topics) == 1
            assert len(ask(client, *[(None, UNKNOWN_ID)] * 3, version=version).topics) == 1


def test_a_partition_whose_log_cannot_be_opened_has_no_leader(tmp_path: Path) -> None:
    with Broker(data_dir=tmp_path, topics=["t:2"]):
        pass
    # What a compaction left behind is damaged.
    (tmp_path / "t-1" / f"{0:020}.log.swap").write_bytes(b"damaged" * 20)
    with Broker(data_dir=tmp_path) as broker, AdminClient(broker.bootstrap_servers) as client:
        [topic] = client.call(MetadataRequest(topics=None), 12).topics
        one, other = topic.partitions
        assert (one.error_code, one.leader_id, one.offline_replicas) == (0, 1, [])
        assert other.error_code == ErrorCode.LEADER_NOT_AVAILABLE
        assert (other.leader_id, other.offline_replicas) == (-1, [1])
