"""A broker and a raw client that plays a consumer, for the tests of the group APIs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafkapy.testing import Broker
from kafkapy.wire.compile import encode
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.internal.consumer_protocol import ConsumerProtocolSubscription
from kafkapy.wire.messages.find_coordinator import FindCoordinatorRequest
from kafkapy.wire.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from kafkapy.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from kafkapy.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kafkapy.wire.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment
from tests.kafkapy.wire_client import RawClient

GROUP = "orders"
TOPIC = "t"


class GroupClient(RawClient):
    """One connection, with the calls that a consumer makes before the one under test."""

    def topic_id(self, name: str = TOPIC) -> bytes:
        """The id of a topic."""
        request = MetadataRequest(topics=[MetadataRequestTopic(name=name)])
        topic_id: bytes = self.call(request, 12).topics[0].topic_id
        return topic_id

    def join(self, version: int = 9, **fields: Any) -> Any:
        """Join; come again with the member id where the broker asks for it."""
        subscription = encode(ConsumerProtocolSubscription(topics=[TOPIC]), 1)
        request = JoinGroupRequest(
            group_id=GROUP,
            session_timeout_ms=30_000,
            rebalance_timeout_ms=60_000,
            protocol_type="consumer",
            protocols=[JoinGroupRequestProtocol("range", b"\x00\x01" + subscription)],
        )
        for name, value in fields.items():
            setattr(request, name, value)
        response = self.call(request, version)
        if response.error_code == ErrorCode.MEMBER_ID_REQUIRED:
            request.member_id = response.member_id
            response = self.call(request, version)
        return response

    def sync(self, joined: Any, version: int = 5, **fields: Any) -> Any:
        """Sync as the leader that assigns everything to itself."""
        request = SyncGroupRequest(
            group_id=GROUP,
            generation_id=joined.generation_id,
            member_id=joined.member_id,
            protocol_type="consumer",
            protocol_name="range",
            assignments=[SyncGroupRequestAssignment(joined.member_id, b"all")],
        )
        for name, value in fields.items():
            setattr(request, name, value)
        return self.call(request, version)

    def member(self) -> Any:
        """Be the only member of a stable group."""
        joined = self.join()
        self.sync(joined)
        return joined

    def commit(
        self,
        topic: str,
        *offsets: tuple[int, int],
        version: int = 9,
        topic_id: bytes = bytes(16),
        metadata: str | None = "m",
        **fields: Any,
    ) -> list[ErrorCode]:
        """Commit offsets by partition, without a group unless the fields say so."""
        partitions = [
            OffsetCommitRequestPartition(index, offset, 7, -1, metadata)
            for index, offset in offsets
        ]
        request = OffsetCommitRequest(
            GROUP, topics=[OffsetCommitRequestTopic(topic, topic_id, partitions)]
        )
        for name, value in fields.items():
            setattr(request, name, value)
        [answer] = self.call(request, version).topics
        assert (answer.name, answer.topic_id) == (
            ("", topic_id) if version >= 10 else (topic, bytes(16))
        )
        return [ErrorCode(partition.error_code) for partition in answer.partitions]


@contextmanager
def group_client(*, finds_coordinator: bool = True) -> Iterator[GroupClient]:
    """Start a broker with the topics `t` (2 partitions) and `u`, and connect to it."""
    with (
        Broker({"offsets.topic.num.partitions": "3"}, topics=[f"{TOPIC}:2", "u"]) as broker,
        GroupClient(broker.bootstrap_servers) as client,
    ):
        if finds_coordinator:
            client.call(FindCoordinatorRequest(key=GROUP), 0)
        yield client
