"""One shard of the group coordinator: its groups and their committed offsets.

A deterministic state machine: an operation validates and gives records; `replay` applies them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

from kafkapy.coordinator.classic.group import CONSUMER_PROTOCOL_TYPE, ClassicGroup, GroupState
from kafkapy.coordinator.classic.groups import ClassicGroups
from kafkapy.coordinator.offsets import ByPartition, CommittedOffset, Offsets, tombstone
from kafkapy.coordinator.partitioner import utf16_units
from kafkapy.coordinator.result import Record, Result, Timers
from kafkapy.coordinator.settings import GroupSettings
from kafkapy.errors import ApiError
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.internal.group import GroupMetadataKey, GroupMetadataValue
from kafkapy.wire.internal.offsets import OffsetCommitKey, OffsetCommitValue
from kafkapy.wire.messages.describe_groups import DescribedGroup, DescribedGroupMember
from kafkapy.wire.messages.list_groups import ListedGroup
from kafkapy.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)
from kafkapy.wire.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestTopic,
    OffsetDeleteResponse,
    OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
)
from kafkapy.wire.messages.offset_fetch import (
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopics,
)
from kafkapy.wire.messages.txn_offset_commit import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition,
    TxnOffsetCommitResponseTopic,
)

_LOG = logging.getLogger(__name__)

GROUP_TYPE = "classic"
_NO_OFFSET = -1
_EXPIRY_KEY = "expire-offsets"
_EXPIRY_BATCH_RECORDS = 1000
_FIRST_VERSION_OF_GROUP_ID_NOT_FOUND = 9


class GroupShard:
    """The groups whose ids hash to one partition of `__consumer_offsets`."""

    def __init__(
        self, settings: GroupSettings, timers: Timers, new_member_id: Callable[[], str]
    ) -> None:
        self.groups: dict[str, ClassicGroup] = {}
        self.offsets = Offsets()
        self.classic = ClassicGroups(self.groups, settings, timers, new_member_id)
        self._settings = settings
        self._timers = timers

    # State

    def replay(self, record: Record, log_offset: int, producer_id: int) -> None:
        """Apply a record of the log."""
        key, value = record
        if isinstance(key, OffsetCommitKey):
            assert value is None or isinstance(value, OffsetCommitValue)
            self.offsets.replay(key, value, log_offset, producer_id)
            if value is not None and key.group not in self.groups:
                self.groups[key.group] = ClassicGroup(key.group, value.commit_timestamp)
        elif isinstance(key, GroupMetadataKey):
            assert value is None or isinstance(value, GroupMetadataValue)
            old = self.groups.pop(key.group, None)
            if old is not None:
                self.classic.rebalances.forget(old)
            if value is not None:
                self.groups[key.group] = ClassicGroup.from_record(key.group, value)
        else:
            _LOG.warning("ignored a record of type %s", type(key).__name__)

    def replay_end(self, producer_id: int, is_commit: bool) -> None:
        """Apply the end of a producer's transaction."""
        self.offsets.replay_end(producer_id, is_commit)

    def loaded(self, now_ms: int) -> None:
        """Begin to work, after the whole log was replayed."""
        self.classic.rebalances.loaded(now_ms)
        self._schedule_expiry()

    def unloaded(self) -> None:
        """Answer everybody who waits; the group goes on elsewhere."""
        self.classic.rebalances.unloaded()

    # Committed offsets

    def commit_offsets(
        self, request: OffsetCommitRequest, api_version: int, now_ms: int
    ) -> Result[OffsetCommitResponse]:
        """Store offsets, if the committer is a member, or a consumer without a group."""
        self._validate_commit(request, api_version)
        expire_ms = -1
        if request.retention_time_ms != -1:
            expire_ms = now_ms + request.retention_time_ms
        records: list[Record] = []
        topics = []
        for topic in request.topics:
            answers = []
            for partition in topic.partitions:
                error = self._commit(request.group_id, topic, partition, expire_ms, now_ms, records)
                answers.append(OffsetCommitResponsePartition(partition.partition_index, error))
            topics.append(OffsetCommitResponseTopic(topic.name, topic.topic_id, answers))
        return Result(OffsetCommitResponse(topics=topics), records)

    def _validate_commit(self, request: OffsetCommitRequest, api_version: int) -> None:
        group = self.groups.get(request.group_id)
        generation_id = request.generation_id_or_member_epoch
        if group is None:
            if generation_id >= 0 and api_version >= _FIRST_VERSION_OF_GROUP_ID_NOT_FOUND:
                raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND)
            if generation_id >= 0:
                raise ApiError(ErrorCode.ILLEGAL_GENERATION)
            return
        if generation_id < 0 and group.state is GroupState.EMPTY:
            return
        if generation_id < 0 and not request.member_id and request.group_instance_id is None:
            raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
        member = group.validate(request.member_id, request.group_instance_id)
        if generation_id != group.generation_id:
            raise ApiError(ErrorCode.ILLEGAL_GENERATION)
        if group.state is GroupState.COMPLETING_REBALANCE:
            raise ApiError(ErrorCode.REBALANCE_IN_PROGRESS)
        self.classic.rebalances.expect_heartbeat(group, member)

    def commit_in_transaction(
        self, request: TxnOffsetCommitRequest, now_ms: int
    ) -> Result[TxnOffsetCommitResponse]:
        """Store offsets as part of a transaction; a member that is named must be one (KIP-447)."""
        self._validate_commit_in_transaction(request)
        records: list[Record] = []
        topics = []
        for topic in request.topics:
            answers = []
            for partition in topic.partitions:
                value = OffsetCommitValue(
                    offset=partition.committed_offset,
                    leader_epoch=partition.committed_leader_epoch,
                    metadata=partition.committed_metadata or "",
                    commit_timestamp=now_ms,
                )
                key = OffsetCommitKey(request.group_id, topic.name, partition.partition_index)
                error = self._store(key, value, records)
                answers.append(TxnOffsetCommitResponsePartition(partition.partition_index, error))
            topics.append(TxnOffsetCommitResponseTopic(topic.name, answers))
        return Result(TxnOffsetCommitResponse(topics=topics), records)

    def _validate_commit_in_transaction(self, request: TxnOffsetCommitRequest) -> None:
        group = self.groups.get(request.group_id)
        if group is None:
            if request.generation_id >= 0:
                raise ApiError(ErrorCode.ILLEGAL_GENERATION)
            return
        if request.generation_id < 0 and group.state is GroupState.EMPTY:
            return
        if request.generation_id >= 0 or request.member_id or request.group_instance_id is not None:
            group.validate(request.member_id, request.group_instance_id)
            if request.generation_id != group.generation_id:
                raise ApiError(ErrorCode.ILLEGAL_GENERATION)

    def _commit(
        self,
        group_id: str,
        topic: OffsetCommitRequestTopic,
        partition: OffsetCommitRequestPartition,
        expire_ms: int,
        now_ms: int,
        records: list[Record],
    ) -> ErrorCode:
        commit_ms = partition.commit_timestamp
        value = OffsetCommitValue(
            offset=partition.committed_offset,
            leader_epoch=partition.committed_leader_epoch,
            metadata=partition.committed_metadata or "",
            commit_timestamp=now_ms if commit_ms == -1 else commit_ms,
            expire_timestamp=expire_ms,
            topic_id=topic.topic_id,
        )
        key = OffsetCommitKey(group_id, topic.name, partition.partition_index)
        return self._store(key, value, records)

    def _store(
        self, key: OffsetCommitKey, value: OffsetCommitValue, records: list[Record]
    ) -> ErrorCode:
        if utf16_units(value.metadata) > self._settings.offset_metadata_max_bytes:
            return ErrorCode.OFFSET_METADATA_TOO_LARGE
        records.append(Record(key, value))
        return ErrorCode.NONE

    def fetch_offsets(
        self, request: OffsetFetchRequestGroup, require_stable: bool
    ) -> OffsetFetchResponseGroup:
        """Give committed offsets; for null topics all of them. -1 where there is none."""
        topics = request.topics
        if topics is None:
            topics = [
                OffsetFetchRequestTopics(name=name, partition_indexes=list(partitions))
                for name, partitions in self.offsets.of_group(request.group_id).items()
            ]
        return OffsetFetchResponseGroup(
            group_id=request.group_id,
            topics=[self._fetch(request.group_id, topic, require_stable) for topic in topics],
        )

    def _fetch(
        self, group_id: str, topic: OffsetFetchRequestTopics, require_stable: bool
    ) -> OffsetFetchResponseTopics:
        known: ByPartition = self.offsets.of_group(group_id).get(topic.name, {})
        partitions = []
        for index in topic.partition_indexes:
            answer = OffsetFetchResponsePartitions(
                partition_index=index, committed_offset=_NO_OFFSET, metadata=""
            )
            partitions.append(answer)
            offset = known.get(index)
            if require_stable and self.offsets.is_pending(group_id, topic.name, index):
                answer.error_code = int(ErrorCode.UNSTABLE_OFFSET_COMMIT)
            elif offset is not None and offset.is_of(topic.topic_id):
                answer.committed_offset = offset.offset
                answer.committed_leader_epoch = offset.leader_epoch
                answer.metadata = offset.metadata
        return OffsetFetchResponseTopics(
            name=topic.name, topic_id=topic.topic_id, partitions=partitions
        )

    def delete_offsets(self, request: OffsetDeleteRequest) -> Result[OffsetDeleteResponse]:
        """Delete offsets of topics that the group does not subscribe to (KIP-496)."""
        group = self._group(request.group_id)
        if group.state is not GroupState.EMPTY and group.protocol_type != CONSUMER_PROTOCOL_TYPE:
            raise ApiError(ErrorCode.NON_EMPTY_GROUP)
        records: list[Record] = []
        topics = [self._delete(group, topic, records) for topic in request.topics]
        return Result(OffsetDeleteResponse(topics=topics), records)

    def _delete(
        self, group: ClassicGroup, topic: OffsetDeleteRequestTopic, records: list[Record]
    ) -> OffsetDeleteResponseTopic:
        error = ErrorCode.NONE
        if group.is_subscribed_to(topic.name):
            error = ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC
        answers = []
        for partition in topic.partitions:
            index = partition.partition_index
            answers.append(OffsetDeleteResponsePartition(index, int(error)))
            place = (group.group_id, topic.name, index)
            if not error and (
                self.offsets.get(*place) is not None or self.offsets.is_pending(*place)
            ):
                records.append(tombstone(*place))
        return OffsetDeleteResponseTopic(name=topic.name, partitions=answers)

    def forget_topics(self, group_id: str, topics: frozenset[str]) -> Result[None]:
        """Delete a group's offsets of topics that are gone."""
        places = self.offsets.partitions(group_id)
        return Result(None, [tombstone(group_id, *place) for place in places if place[0] in topics])

    # Groups

    def list_groups(self, states: Collection[str], types: Collection[str]) -> list[ListedGroup]:
        """List the groups in any of these states and of any of these types; none means all."""
        wanted_states = {state.strip().lower() for state in states}
        if types and GROUP_TYPE not in {type_.lower() for type_ in types}:
            return []
        return [
            ListedGroup(group.group_id, group.protocol_type or "", group.state.value, GROUP_TYPE)
            for group in self.groups.values()
            if not wanted_states or group.state.value.lower() in wanted_states
        ]

    def describe(self, group_id: str) -> DescribedGroup:
        """Describe a group; protocol and metadata are shown once they are settled."""
        group = self._group(group_id)
        is_stable = group.state is GroupState.STABLE
        return DescribedGroup(
            group_id=group_id,
            group_state=group.state.value,
            protocol_type=group.protocol_type or "",
            protocol_data=(group.protocol_name or "") if is_stable else "",
            members=[
                DescribedGroupMember(
                    member_id=member.member_id,
                    group_instance_id=member.instance_id,
                    client_id=member.client_id,
                    client_host=member.client_host,
                    member_metadata=member.metadata(group.protocol_name) if is_stable else b"",
                    member_assignment=member.assignment,
                )
                for member in group.members.values()
            ],
        )

    def delete_group(self, group_id: str) -> Result[None]:
        """Delete an empty group and all of its offsets (KIP-229)."""
        group = self._group(group_id)
        if group.state is not GroupState.EMPTY:
            raise ApiError(ErrorCode.NON_EMPTY_GROUP)
        records = [tombstone(group_id, *place) for place in self.offsets.partitions(group_id)]
        return Result(None, [*records, group.tombstone()])

    def _group(self, group_id: str) -> ClassicGroup:
        group = self.groups.get(group_id)
        if group is None:
            raise ApiError(ErrorCode.GROUP_ID_NOT_FOUND, f"Group {group_id} not found.")
        return group

    # Expiry

    def _schedule_expiry(self) -> None:
        self._timers.schedule(
            _EXPIRY_KEY,
            self._settings.offsets_retention_check_interval_ms,
            lambda now_ms: self._expire(list(self.groups), now_ms),
        )

    def _expire(self, group_ids: list[str], now_ms: int) -> Result[None]:
        """Delete what has expired, in batches of bounded size; at the end begin to wait again."""
        records: list[Record] = []
        while group_ids and len(records) < _EXPIRY_BATCH_RECORDS:
            group = self.groups.get(group_ids.pop())
            if group is not None:
                records += self.expired(group, now_ms)
        if group_ids:
            self._timers.schedule(_EXPIRY_KEY, 0, lambda now_ms: self._expire(group_ids, now_ms))
        else:
            self._schedule_expiry()
        return Result(None, records)

    def expired(self, group: ClassicGroup, now_ms: int) -> list[Record]:
        """Make the records that delete a group's expired offsets, and with the last one itself.

        Offsets of a group with members expire only for topics that no member subscribes to; those
        of an empty one all at once, counted from when it became empty (KIP-211).
        """
        group_id = group.group_id
        is_empty = group.state is GroupState.EMPTY
        is_known_consumer = (
            group.state is GroupState.STABLE
            and group.protocol_type == CONSUMER_PROTOCOL_TYPE
            and group.subscribed_topics is not None
        )
        if not is_empty and not is_known_consumer:
            return []
        empty_since_ms = group.state_timestamp_ms if is_empty and group.protocol_type else -1
        places = list(self.offsets.partitions(group_id))
        records = []
        for topic, partition in places:
            offset = self.offsets.get(group_id, topic, partition)
            if (
                offset is not None
                and self._is_expired(offset, empty_since_ms, now_ms)
                and not group.is_subscribed_to(topic)
                and not self.offsets.is_pending(group_id, topic, partition)
            ):
                records.append(tombstone(group_id, topic, partition))
        if is_empty and not group.pending_joins and len(records) == len(places):
            records.append(group.tombstone())
        return records

    def _is_expired(self, offset: CommittedOffset, empty_since_ms: int, now_ms: int) -> bool:
        if offset.expire_timestamp_ms != -1:
            return now_ms >= offset.expire_timestamp_ms
        since_ms = offset.commit_timestamp_ms if empty_since_ms == -1 else empty_since_ms
        return now_ms - since_ms >= self._settings.offsets_retention_ms
