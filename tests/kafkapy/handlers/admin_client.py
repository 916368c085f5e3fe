"""A broker and a raw client that plays an administrator, for the tests of the admin APIs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kafkapy.testing import Broker
from kafkapy.wire.messages.create_topics import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from kafkapy.wire.messages.describe_configs import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
)
from kafkapy.wire.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kafkapy.wire.records.record import Record, build_batch
from tests.kafkapy.wire_client import RawClient

UNKNOWN_ID = b"u" * 16


class AdminClient(RawClient):
    """One connection, with the calls that prepare a test."""

    def create(self, name: str, partitions: int = 1, **configs: str) -> bytes:
        """Create a topic; keys are written with underscores. Gives the topic's id."""
        topic = creatable(name, partitions, {k.replace("_", "."): v for k, v in configs.items()})
        [result] = self.call(CreateTopicsRequest(topics=[topic]), 7).topics
        assert result.error_code == 0, result
        topic_id: bytes = result.topic_id
        return topic_id

    def produce(self, topic: str, *timestamps: int, partition: int = 0, **options: Any) -> None:
        """Append one batch with a record for each timestamp, in milliseconds."""
        batch = build_batch([Record(0, each, b"k", b"v", ()) for each in timestamps], **options)
        data = TopicProduceData(
            name=topic, partition_data=[PartitionProduceData(index=partition, records=batch)]
        )
        request = ProduceRequest(acks=-1, timeout_ms=1000, topic_data=[data])
        [result] = self.call(request, 9).responses[0].partition_responses
        assert result.error_code == 0, result

    def configs(self, kind: int, name: str, *keys: str) -> dict[str, str | None]:
        """Describe some settings of one resource."""
        resource = DescribeConfigsResource(
            resource_type=kind, resource_name=name, configuration_keys=list(keys) or None
        )
        [result] = self.call(DescribeConfigsRequest(resources=[resource]), 4).results
        assert result.error_code == 0, result
        return {entry.name: entry.value for entry in result.configs}


def creatable(
    name: str,
    partitions: int = 1,
    configs: Mapping[str, str | None] | None = None,
    replicas: int = 1,
    assignments: Mapping[int, list[int]] | None = None,
) -> CreatableTopic:
    """Give a topic of a CreateTopics request."""
    return CreatableTopic(
        name=name,
        num_partitions=partitions,
        replication_factor=replicas,
        assignments=[
            CreatableReplicaAssignment(partition_index=index, broker_ids=brokers)
            for index, brokers in (assignments or {}).items()
        ],
        configs=[CreatableTopicConfig(name=k, value=v) for k, v in (configs or {}).items()],
    )


@contextmanager
def admin_client(**config: str) -> Iterator[AdminClient]:
    """Run a broker in memory, and connect; keys are written with underscores."""
    settings = {key.replace("_", "."): value for key, value in config.items()}
    with Broker(settings) as broker, AdminClient(broker.bootstrap_servers) as client:
        yield client
