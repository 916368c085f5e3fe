"""What the tests of the testing broker ask it over the wire."""

from __future__ import annotations

from kafkapy.testing import Broker
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.fetch import (
    FetchPartition,
    FetchRequest,
    FetchResponse,
    FetchTopic,
    PartitionData,
)
from kafkapy.wire.messages.find_coordinator import FindCoordinatorRequest
from kafkapy.wire.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from kafkapy.wire.messages.metadata import MetadataRequest
from kafkapy.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kafkapy.wire.messages.produce import (
    PartitionProduceData,
    PartitionProduceResponse,
    ProduceRequest,
    TopicProduceData,
)
from kafkapy.wire.records.record import Record, build_batch
from tests.kafkapy.wire_client import RawClient

FOREVER_MS = 2**31 - 1


def client_of(broker: Broker, client_id: str = "raw") -> RawClient:
    return RawClient(broker.bootstrap_servers, client_id=client_id)


def produce_request(topic: str, value: bytes = b"value", acks: int = -1) -> ProduceRequest:
    data = PartitionProduceData(index=0, records=build_batch([Record(0, 1, None, value)]))
    topics = [TopicProduceData(name=topic, partition_data=[data])]
    return ProduceRequest(acks=acks, timeout_ms=1000, topic_data=topics)


def produce(client: RawClient, topic: str, value: bytes = b"value") -> PartitionProduceResponse:
    response = client.call(produce_request(topic, value), 9)
    [result] = response.responses[0].partition_responses
    assert isinstance(result, PartitionProduceResponse)
    return result


def fetch_request(
    topic: str, *, max_wait_ms: int = 0, session_id: int = 0, session_epoch: int = -1
) -> FetchRequest:
    ask = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1 << 20)
    return FetchRequest(
        max_wait_ms=max_wait_ms,
        min_bytes=1,
        session_id=session_id,
        session_epoch=session_epoch,
        topics=[FetchTopic(topic=topic, partitions=[ask])] if topic else [],
    )


def partitions_of(response: FetchResponse) -> list[PartitionData]:
    assert response.error_code == ErrorCode.NONE
    return [partition for topic in response.responses for partition in topic.partitions]


def topics_of(client: RawClient) -> dict[str, int]:
    response = client.call(MetadataRequest(topics=None), 9)
    return {topic.name: len(topic.partitions) for topic in response.topics}


def find_coordinator(client: RawClient, group: str = "group") -> None:
    """Let the broker begin to coordinate groups, as the first request of any consumer does."""
    assert client.call(FindCoordinatorRequest(key=group), 3).error_code == ErrorCode.NONE


def join_request(
    group: str, member_id: str = "", session_timeout_ms: int = 10_000
) -> JoinGroupRequest:
    return JoinGroupRequest(
        group_id=group,
        session_timeout_ms=session_timeout_ms,
        rebalance_timeout_ms=session_timeout_ms,
        protocol_type="consumer",
        protocols=[JoinGroupRequestProtocol(name="range", metadata=b"")],
    )


def commit_request(group: str, topic: str, offset: int) -> OffsetCommitRequest:
    partition = OffsetCommitRequestPartition(partition_index=0, committed_offset=offset)
    topics = [OffsetCommitRequestTopic(name=topic, partitions=[partition])]
    return OffsetCommitRequest(group_id=group, generation_id_or_member_epoch=-1, topics=topics)
