"""A group shard without a runtime: its log is a list, its clock and its timers stand still."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from kafkapy.coordinator.classic.groups import Client
from kafkapy.coordinator.group_shard import GroupShard
from kafkapy.coordinator.result import Deferred, Result
from kafkapy.coordinator.settings import GroupSettings
from kafkapy.errors import ApiError
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.heartbeat import HeartbeatRequest
from kafkapy.wire.messages.join_group import (
    JoinGroupRequest,
    JoinGroupRequestProtocol,
    JoinGroupResponse,
)
from kafkapy.wire.messages.leave_group import LeaveGroupRequest, MemberIdentity
from kafkapy.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kafkapy.wire.messages.offset_fetch import OffsetFetchRequestGroup
from kafkapy.wire.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment
from tests.kafkapy.coordinator.shard_harness import ShardHarness

GROUP = "orders"
RANGE = {"range": b"r"}


class Harness(ShardHarness):
    """Runs operations as a runtime does: append, replay, resolve, answer."""

    def __init__(self, **settings: int) -> None:
        settings.setdefault("initial_rebalance_delay_ms", 0)
        self.settings = GroupSettings(**settings)
        self._ids = itertools.count(1)
        super().__init__()

    def _new_shard(self) -> GroupShard:
        return GroupShard(self.settings, self.timers, lambda: f"id{next(self._ids)}")

    def run(self, result: Result[Any]) -> Any:
        """Give the response, the value of a deferred one if it is there, or else the Deferred."""
        error = None
        if result.records and self.append_error:
            error = self.append_error
        elif result.records:
            for offset, record in enumerate(result.records, len(self.log)):
                if result.replay:
                    self.shard.replay(record, offset, -1)
            self.log += result.records
        if result.appended is not None:
            result.appended.resolve(error)
        if isinstance(result.response, Deferred):
            return value_of(result.response)
        if error is not None:
            raise error
        return result.response

    @property
    def group(self) -> Any:
        """The group, in whatever state it is."""
        return self.shard.groups[GROUP]

    def join(
        self,
        member_id: str = "",
        instance_id: str | None = None,
        protocols: dict[str, bytes] = RANGE,
        *,
        session_timeout_ms: int = 10_000,
        rebalance_timeout_ms: int = 60_000,
        protocol_type: str = "consumer",
        known_ids: bool = False,
        can_skip: bool = True,
    ) -> Any:
        """Join; without known ids as clients before KIP-394 do."""
        request = JoinGroupRequest(
            group_id=GROUP,
            member_id=member_id,
            group_instance_id=instance_id,
            session_timeout_ms=session_timeout_ms,
            rebalance_timeout_ms=rebalance_timeout_ms,
            protocol_type=protocol_type,
            protocols=[JoinGroupRequestProtocol(*item) for item in protocols.items()],
        )
        client = Client("client", "/10.0.0.1", known_ids, can_skip)
        return self.run(self.shard.classic.join(request, client, self.now_ms))

    def sync(
        self,
        joined: JoinGroupResponse,
        assignments: dict[str, bytes] | None = None,
        instance_id: str | None = None,
        **fields: Any,
    ) -> Any:
        """Sync with the generation that a JoinGroup gave; a leader gives assignments."""
        request = SyncGroupRequest(
            group_id=GROUP,
            generation_id=joined.generation_id,
            member_id=joined.member_id,
            group_instance_id=instance_id,
            assignments=[SyncGroupRequestAssignment(*item) for item in (assignments or {}).items()],
        )
        for name, value in fields.items():
            setattr(request, name, value)
        return self.run(self.shard.classic.sync(request, self.now_ms))

    def heartbeat(self, joined: JoinGroupResponse, instance_id: str | None = None) -> ErrorCode:
        """Heartbeat; gives the error, raised or answered."""
        request = HeartbeatRequest(GROUP, joined.generation_id, joined.member_id, instance_id)
        try:
            return ErrorCode(self.shard.classic.heartbeat(request).error_code)
        except ApiError as error:
            return error.code

    def leave(self, *members: tuple[str, str | None]) -> list[ErrorCode]:
        """Leave; gives each member's error."""
        request = LeaveGroupRequest(
            GROUP, members=[MemberIdentity(*identity) for identity in members]
        )
        response = self.run(self.shard.classic.leave(request, self.now_ms))
        return [ErrorCode(member.error_code) for member in response.members]

    def commit(
        self,
        offsets: dict[tuple[str, int], int],
        joined: JoinGroupResponse | None = None,
        *,
        metadata: str | None = "",
        retention_ms: int = -1,
        topic_id: bytes = bytes(16),
        api_version: int = 8,
        **fields: Any,
    ) -> list[ErrorCode]:
        """Commit offsets; gives each partition's error."""
        request = OffsetCommitRequest(
            group_id=GROUP,
            retention_time_ms=retention_ms,
            topics=[
                OffsetCommitRequestTopic(
                    topic,
                    topic_id,
                    [OffsetCommitRequestPartition(partition, offset, 3, -1, metadata)],
                )
                for (topic, partition), offset in offsets.items()
            ],
        )
        if joined is not None:
            request.member_id = joined.member_id
            request.generation_id_or_member_epoch = joined.generation_id
        for name, value in fields.items():
            setattr(request, name, value)
        response = self.run(self.shard.commit_offsets(request, api_version, self.now_ms))
        return [ErrorCode(p.error_code) for topic in response.topics for p in topic.partitions]

    def fetch(self, *, require_stable: bool = False) -> dict[tuple[str, int], int]:
        """All committed offsets."""
        found = self.shard.fetch_offsets(
            OffsetFetchRequestGroup(group_id=GROUP, topics=None), require_stable
        )
        return {
            (topic.name, partition.partition_index): partition.committed_offset
            for topic in found.topics
            for partition in topic.partitions
        }

    def stable(self, count: int = 1, **join: Any) -> list[JoinGroupResponse]:
        """Make a stable group of some dynamic members, of which the first leads."""
        waiting = [deferred(self, **join) for _ in range(count)]
        self.advance(self.settings.initial_rebalance_delay_ms)
        joined = [value_of(answer) for answer in waiting]
        for member in joined[1:]:
            self.sync(member)
        assignments = {member.member_id: b"a%d" % i for i, member in enumerate(joined)}
        self.sync(joined[0], assignments)
        return joined


def deferred(harness: Harness, **join: Any) -> Any:
    """Join, and keep the answer that is to come."""
    return harness.join(**join)


def value_of(answer: Any) -> Any:
    """The value of a Deferred that has one, or what was given."""
    values: list[Any] = []
    if not isinstance(answer, Deferred):
        return answer
    answer.then(values.append)
    return values[0] if values else answer


@pytest.fixture
def new_harness() -> Callable[..., Harness]:
    """Makes harnesses with settings of their own."""
    return Harness


@pytest.fixture
def shard() -> Harness:
    """A harness whose groups do not wait for more members at first."""
    return Harness()
