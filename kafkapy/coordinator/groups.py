"""The group coordinator: what the handlers of the group APIs ask."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import TypeVar

from kafkapy.clock import Clock
from kafkapy.coordinator.classic.groups import Client
from kafkapy.coordinator.group_shard import GroupShard
from kafkapy.coordinator.result import Result
from kafkapy.coordinator.runtime import Runtime
from kafkapy.coordinator.settings import GroupSettings
from kafkapy.coordinator.shard_log import EndOfTransaction, Producer
from kafkapy.errors import ApiError
from kafkapy.storage.engine import Engine, LogId
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.internal.coordinator_records import CONSUMER_OFFSETS
from kafkapy.wire.messages.describe_groups import DescribedGroup
from kafkapy.wire.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from kafkapy.wire.messages.join_group import JoinGroupRequest, JoinGroupResponse
from kafkapy.wire.messages.leave_group import LeaveGroupRequest, LeaveGroupResponse
from kafkapy.wire.messages.list_groups import ListedGroup
from kafkapy.wire.messages.offset_commit import OffsetCommitRequest, OffsetCommitResponse
from kafkapy.wire.messages.offset_delete import OffsetDeleteRequest, OffsetDeleteResponse
from kafkapy.wire.messages.offset_fetch import OffsetFetchRequestGroup, OffsetFetchResponseGroup
from kafkapy.wire.messages.sync_group import SyncGroupRequest, SyncGroupResponse
from kafkapy.wire.messages.txn_offset_commit import TxnOffsetCommitRequest, TxnOffsetCommitResponse

T = TypeVar("T")

OFFSETS_TOPIC = "__consumer_offsets"


class GroupCoordinator:
    """Groups and committed offsets, kept in `__consumer_offsets`.

    Every method raises ApiError: COORDINATOR_LOAD_IN_PROGRESS or NOT_COORDINATOR where this broker
    does not have the group (yet), and what is said with the method.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        settings: GroupSettings,
        ensure_topic: Callable[[], Awaitable[list[LogId]]],
        new_member_id: Callable[[], str],
    ) -> None:
        """`ensure_topic` gives the logs of `__consumer_offsets`, made where they are not there;
        `new_member_id` something unique that becomes part of a member id.
        """
        self._engine = engine
        self._ensure_topic = ensure_topic
        self._runtime: Runtime[GroupShard] = Runtime(
            engine,
            clock,
            CONSUMER_OFFSETS,
            lambda timers: GroupShard(settings, timers, new_member_id),
        )

    async def start(self) -> None:
        """Load the groups, if there ever were any."""
        if any(log.topic == OFFSETS_TOPIC for log in self._engine.logs()):
            await self.ensure_started()

    async def ensure_started(self) -> None:
        """Be the coordinator of all groups, at first use with a new topic."""
        await self._runtime.ensure_started(self._ensure_topic)

    async def close(self) -> None:
        """Tell everybody who waits to look for another coordinator."""
        await self._runtime.close()

    async def run_due(self) -> None:
        """Run the timers that are due by the clock, which a test may have moved."""
        await self._runtime.run_due()

    # Members

    async def join(self, request: JoinGroupRequest, client: Client) -> JoinGroupResponse:
        """Answer when the rebalance is over; refusals are in the response."""
        return await self._write(
            request.group_id, lambda shard, now_ms: shard.classic.join(request, client, now_ms)
        )

    async def sync(self, request: SyncGroupRequest) -> SyncGroupResponse:
        """Answer when the leader has assigned.

        Raises UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS or
        INCONSISTENT_GROUP_PROTOCOL.
        """
        return await self._write(
            request.group_id, lambda shard, now_ms: shard.classic.sync(request, now_ms)
        )

    def heartbeat(self, request: HeartbeatRequest) -> HeartbeatResponse:
        """Keep a session alive.

        Raises UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID or ILLEGAL_GENERATION.
        """
        return self._read(request.group_id, lambda shard: shard.classic.heartbeat(request))

    async def leave(self, request: LeaveGroupRequest) -> LeaveGroupResponse:
        """Remove members; refusals of single ones are in the response.

        Raises UNKNOWN_MEMBER_ID for an unknown group.
        """
        return await self._write(
            request.group_id, lambda shard, now_ms: shard.classic.leave(request, now_ms)
        )

    # Offsets

    async def commit_offsets(
        self, request: OffsetCommitRequest, api_version: int
    ) -> OffsetCommitResponse:
        """Store offsets of topics that exist.

        Raises UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS, or
        GROUP_ID_NOT_FOUND from version 9 on.
        """
        return await self._runtime.write(
            request.group_id,
            lambda shard, now_ms: shard.commit_offsets(request, api_version, now_ms),
        )

    def partition_of(self, group_id: str) -> int:
        """Give the partition of `__consumer_offsets` that keeps a group."""
        return self._runtime.partition_of(group_id)

    async def commit_in_transaction(
        self, request: TxnOffsetCommitRequest, check: Callable[[], None]
    ) -> TxnOffsetCommitResponse:
        """Store offsets that count once the transaction of their producer has committed (KIP-98).

        `check` raises ApiError where they are not part of an open transaction. Raises
        INVALID_GROUP_ID, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION or
        INVALID_PRODUCER_EPOCH.
        """
        if not request.group_id:
            raise ApiError(ErrorCode.INVALID_GROUP_ID)

        def commit(shard: GroupShard, now_ms: int) -> Result[TxnOffsetCommitResponse]:
            check()  # here, where the marker of the transaction's end cannot come in between
            return shard.commit_in_transaction(request, now_ms)

        return await self._runtime.write(
            request.group_id,
            commit,
            Producer(request.producer_id, request.producer_epoch),
        )

    async def end_transaction(
        self, partition: int, end: EndOfTransaction, producer_epoch: int, coordinator_epoch: int
    ) -> None:
        """Let the pending offsets of a transaction count, or forget them.

        Raises INVALID_PRODUCER_EPOCH or TRANSACTION_COORDINATOR_FENCED.
        """
        await self._runtime.end_transaction(partition, end, producer_epoch, coordinator_epoch)

    def fetch_offsets(
        self, request: OffsetFetchRequestGroup, *, require_stable: bool
    ) -> OffsetFetchResponseGroup:
        """Give committed offsets of one group, by names or all."""
        return self._runtime.read(
            request.group_id, lambda shard: shard.fetch_offsets(request, require_stable)
        )

    async def delete_offsets(self, request: OffsetDeleteRequest) -> OffsetDeleteResponse:
        """Delete offsets. Raises GROUP_ID_NOT_FOUND or NON_EMPTY_GROUP."""
        return await self._write(
            request.group_id, lambda shard, now_ms: shard.delete_offsets(request)
        )

    async def on_topics_deleted(self, names: Collection[str]) -> None:
        """Delete the offsets of topics that were deleted."""
        if OFFSETS_TOPIC in names:
            await self.close()
            return
        topics = frozenset(names)
        for partition in self._runtime.partitions:
            for group_id in self._runtime.read_partition(
                partition, lambda shard: shard.offsets.groups_of_topics(topics)
            ):
                forget = functools.partial(_forget_topics, group_id, topics)
                await self._runtime.write_partition(partition, forget)

    # Groups

    def list_groups(self, states: Collection[str], types: Collection[str]) -> list[ListedGroup]:
        """List the groups in these states and of these types; empty filters let all pass."""
        return [
            group
            for partition in self._runtime.partitions
            for group in self._runtime.read_partition(
                partition, lambda shard: shard.list_groups(states, types)
            )
        ]

    def describe(self, group_id: str) -> DescribedGroup:
        """Describe a classic group. Raises GROUP_ID_NOT_FOUND."""
        return self._runtime.read(group_id, lambda shard: shard.describe(group_id))

    async def delete_group(self, group_id: str) -> None:
        """Delete an empty group. Raises GROUP_ID_NOT_FOUND or NON_EMPTY_GROUP."""
        await self._runtime.write(group_id, lambda shard, now_ms: shard.delete_group(group_id))

    def _read(self, group_id: str, operation: Callable[[GroupShard], T]) -> T:
        if not group_id:
            raise ApiError(ErrorCode.INVALID_GROUP_ID)
        return self._runtime.read(group_id, operation)

    def _write(
        self, group_id: str, operation: Callable[[GroupShard, int], Result[T]]
    ) -> Coroutine[object, object, T]:
        if not group_id:
            raise ApiError(ErrorCode.INVALID_GROUP_ID)
        return self._runtime.write(group_id, operation)


def _forget_topics(
    group_id: str, topics: frozenset[str], shard: GroupShard, now_ms: int
) -> Result[None]:
    return shard.forget_topics(group_id, topics)
