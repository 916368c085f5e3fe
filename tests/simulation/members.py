"""Members of a consumer group, and whoever creates and deletes topics."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.internal.consumer_protocol import (
    ConsumerProtocolAssignment,
    ConsumerProtocolSubscription,
    TopicPartitions,
    decode_assignment,
    encode_consumer_protocol,
)
from kafkapy.wire.messages.create_topics import (
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from kafkapy.wire.messages.delete_topics import DeleteTopicsRequest
from kafkapy.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kafkapy.wire.messages.find_coordinator import FindCoordinatorRequest
from kafkapy.wire.messages.heartbeat import HeartbeatRequest
from kafkapy.wire.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from kafkapy.wire.messages.leave_group import LeaveGroupRequest
from kafkapy.wire.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from kafkapy.wire.messages.metadata import MetadataRequest
from kafkapy.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kafkapy.wire.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestTopic
from kafkapy.wire.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment
from tests.simulation.checker import Place, Value
from tests.simulation.clients import BACKOFF_S, Client, DisconnectedError, records_in

_SESSION_TIMEOUT_MS = 6000
_REBALANCE_TIMEOUT_MS = 8000
_JOIN_TIMEOUT_S = 20.0
_LONGEST_FREEZE_S = 12.0

_OUT = (ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_INSTANCE_ID)
_AGAIN = (ErrorCode.REBALANCE_IN_PROGRESS, ErrorCode.ILLEGAL_GENERATION)


class _RejoinError(Exception):
    """The membership has to be renewed."""


class Member(Client):
    """Joins its group, reads what it is assigned from the committed offsets on, and commits.

    Now and then it leaves, vanishes without a word, or freezes for longer than its session.
    """

    def __init__(
        self, *args: Any, group: str, places: list[Place], instance_id: str | None = None
    ) -> None:
        super().__init__(*args)
        self._group = group
        self._places = places
        self._instance_id = instance_id
        self._member_id = ""
        self._generation = -1
        self._positions: dict[Place, int] = {}
        self._heartbeat_due_s = 0.0

    async def run(self) -> None:
        while not self.is_done:
            try:
                await self._find_coordinator()
                await self._join()
                await self._fetch_offsets()
                await self._consume()
            except (DisconnectedError, _RejoinError):
                await self.pause(BACKOFF_S)

    def _check(self, code: int) -> None:
        """Raise _RejoinError for an error, whatever it asks of a member."""
        if code == ErrorCode.NONE:
            return
        if code in _OUT:
            self._member_id = ""
        self.expect(code, *_OUT, *_AGAIN)
        raise _RejoinError

    # Joining

    async def _find_coordinator(self) -> None:
        version = self.version_of(FindCoordinatorRequest, 0, 3)
        while True:
            response = await self.call(FindCoordinatorRequest(key=self._group), version)
            if response.error_code == ErrorCode.NONE:
                return
            self.expect(response.error_code)
            await self.pause(BACKOFF_S)

    async def _join(self) -> None:
        version = self.version_of(JoinGroupRequest, 5 if self._instance_id else 0, 9)
        subscription = ConsumerProtocolSubscription(topics=[self._places[0].topic])
        metadata = encode_consumer_protocol(subscription, 0)
        request = JoinGroupRequest(
            group_id=self._group,
            session_timeout_ms=_SESSION_TIMEOUT_MS,
            rebalance_timeout_ms=_REBALANCE_TIMEOUT_MS,
            member_id=self._member_id,
            group_instance_id=self._instance_id,
            protocol_type="consumer",
            protocols=[JoinGroupRequestProtocol("range", metadata)],
        )
        response = await self.call(request, version, _JOIN_TIMEOUT_S)
        if response.error_code == ErrorCode.MEMBER_ID_REQUIRED:
            self._member_id = request.member_id = response.member_id
            response = await self.call(request, version, _JOIN_TIMEOUT_S)
        self._check(response.error_code)
        self._member_id = response.member_id
        self._generation = response.generation_id
        leads = response.leader == response.member_id and not response.skip_assignment
        members = [member.member_id for member in response.members] if leads else []
        await self._sync(response.protocol_name, self._assign(members))
        if leads:
            # Before that the generation was in the broker's memory only, and might come again.
            self.history.led(self._group, self._generation, self._member_id)

    def _assign(self, members: list[str]) -> list[SyncGroupRequestAssignment]:
        shares: dict[str, list[int]] = {member: [] for member in members}
        for index, place in enumerate(self._places if members else ()):
            shares[members[index % len(members)]].append(place.partition)
        return [
            SyncGroupRequestAssignment(member, self._encode(partitions))
            for member, partitions in shares.items()
        ]

    def _encode(self, partitions: list[int]) -> bytes:
        topics = [TopicPartitions(self._places[0].topic, partitions)]
        return encode_consumer_protocol(ConsumerProtocolAssignment(assigned_partitions=topics), 0)

    async def _sync(
        self, protocol_name: str, assignments: list[SyncGroupRequestAssignment]
    ) -> None:
        request = SyncGroupRequest(
            group_id=self._group,
            generation_id=self._generation,
            member_id=self._member_id,
            group_instance_id=self._instance_id,
            protocol_type="consumer",
            protocol_name=protocol_name,
            assignments=assignments,
        )
        version = self.version_of(SyncGroupRequest, 3 if self._instance_id else 0, 5)
        response = await self.call(request, version, _JOIN_TIMEOUT_S)
        self._check(response.error_code)
        places = [
            Place(topic.topic, partition)
            for topic in decode_assignment(response.assignment).assigned_partitions
            for partition in topic.partitions
        ]
        owner = self._instance_id or self._member_id
        self.trace(f"{self.name} owns {[place.partition for place in places]} {self._generation}")
        self.history.owned(self._group, self._generation, owner, places)
        self._positions = dict.fromkeys(places, 0)

    # Consuming

    async def _fetch_offsets(self) -> None:
        at_least = {
            place: self.history.last_committed(self._group, place) for place in self._positions
        }
        partitions = [place.partition for place in self._positions]
        topic = OffsetFetchRequestTopic(self._places[0].topic, partitions)
        request = OffsetFetchRequest(group_id=self._group, topics=[topic])
        response = await self.call(request, self.version_of(OffsetFetchRequest, 2, 7))
        self._check(response.error_code)
        for found_topic in response.topics:
            for found in found_topic.partitions:
                self._check(found.error_code)
                place = Place(found_topic.name, found.partition_index)
                offset = found.committed_offset
                self.history.fetched(self._group, place, offset, at_least[place])
                self._positions[place] = max(offset, 0)

    async def _consume(self) -> None:
        self._heartbeat_due_s = 0.0
        while not self.is_done:
            await self._heartbeat()
            if not self._positions:
                await self.pause(1.0)
            elif await self._poll():
                await self._commit()
            if not self.is_draining and self.random.random() < 0.02:
                await self._misbehave()

    async def _heartbeat(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._heartbeat_due_s:
            return
        self._heartbeat_due_s = loop.time() + 1.5
        request = HeartbeatRequest(
            group_id=self._group,
            generation_id=self._generation,
            member_id=self._member_id,
            group_instance_id=self._instance_id,
        )
        version = self.version_of(HeartbeatRequest, 3 if self._instance_id else 0, 4)
        response = await self.call(request, version)
        self._check(response.error_code)

    async def _poll(self) -> bool:
        """Read on; tells whether there is something to commit."""
        asked = [
            FetchPartition(place.partition, fetch_offset=offset, partition_max_bytes=1000)
            for place, offset in self._positions.items()
        ]
        request = FetchRequest(
            max_wait_ms=500,
            min_bytes=1,
            topics=[FetchTopic(self._places[0].topic, partitions=asked)],
        )
        response = await self.call(request, self.version_of(FetchRequest, 4, 12))
        is_news = False
        for topic in response.responses:
            for found in topic.partitions:
                place = Place(topic.topic, found.partition_index)
                position = self._positions[place]
                if found.error_code == ErrorCode.OFFSET_OUT_OF_RANGE:
                    self.history.out_of_range(self.name, place, position)
                    self._positions[place] = 0
                elif found.error_code:
                    self._check(found.error_code)
                for record in records_in(found.records, position):
                    value = Value.decode(record.value)
                    self.history.read(place, record.offset, value, self._positions[place])
                    self._positions[place] = record.offset + 1
                    is_news = True
        return is_news

    async def _commit(self) -> None:
        partitions = []
        positions = dict(self._positions)
        for place, offset in positions.items():
            self.history.committing(self._group, place, offset)
            partitions.append(
                OffsetCommitRequestPartition(place.partition, offset, committed_metadata="")
            )
        request = OffsetCommitRequest(
            group_id=self._group,
            generation_id_or_member_epoch=self._generation,
            member_id=self._member_id,
            group_instance_id=self._instance_id,
            topics=[OffsetCommitRequestTopic(self._places[0].topic, partitions=partitions)],
        )
        version = self.version_of(OffsetCommitRequest, 7 if self._instance_id else 2, 8)
        try:
            response = await self.call(request, version)
        except DisconnectedError:
            # A commit that arrives later must not undo a newer one: only a new member is safe.
            self._member_id = ""
            raise
        for found in response.topics[0].partitions:
            self._check(found.error_code)
            place = Place(self._places[0].topic, found.partition_index)
            self.history.committed(self._group, place, positions[place])

    async def _misbehave(self) -> None:
        fate = self.random.random()
        if fate < 0.4:
            await self.pause(_LONGEST_FREEZE_S)
            return
        if fate < 0.7 and self._instance_id is None:
            version = self.version_of(LeaveGroupRequest, 0, 2)
            request = LeaveGroupRequest(group_id=self._group, member_id=self._member_id)
            await self.call(request, version)
        else:
            self.hang_up()
        self._member_id = ""
        await self.pause(5.0)
        raise _RejoinError


class Admin(Client):
    """Creates topics, and deletes some of them again."""

    async def run(self) -> None:
        number = 0
        while not self.is_draining:
            name = f"{self.name}-{number}"
            await self.create(name, self.random.randint(1, 3))
            await self.pause(4.0)
            if self.random.random() < 0.5:
                await self._delete(name)
            number += 1

    async def create(self, name: str, partitions: int, **settings: str) -> None:
        """Create a topic, which may exist already; settings have `_` for `.` in their names."""
        configs = [
            CreatableTopicConfig(key.replace("_", "."), value) for key, value in settings.items()
        ]
        topic = CreatableTopic(
            name=name, num_partitions=partitions, replication_factor=1, configs=configs
        )
        version = self.version_of(CreateTopicsRequest, 0, 7)
        request = CreateTopicsRequest(topics=[topic], timeout_ms=5000)
        self.history.topic_unknown(name)
        await self._repeat(request, version, "topics", ErrorCode.TOPIC_ALREADY_EXISTS)
        self.history.topic(name, exists=True)

    async def _delete(self, name: str) -> None:
        self.history.topic_unknown(name)
        version = self.version_of(DeleteTopicsRequest, 0, 5)
        request = DeleteTopicsRequest(topic_names=[name], timeout_ms=5000)
        await self._repeat(request, version, "responses", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        self.history.topic(name, exists=False)

    async def _repeat(self, request: Any, version: int, results: str, done: ErrorCode) -> None:
        while True:
            response = await self.insist(lambda: self.call(request, version))
            [result] = getattr(response, results)
            if result.error_code in (ErrorCode.NONE, done):
                return
            self.expect(result.error_code)
            await self.pause(BACKOFF_S)

    async def topics(self) -> list[str]:
        """List all topics."""
        response = await self.insist(lambda: self.call(MetadataRequest(topics=None), 4))
        return [topic.name for topic in response.topics]

    async def ends(self, places: list[Place]) -> dict[Place, int]:
        """Give the end of each partition."""
        ends = {}
        for name in dict.fromkeys(place.topic for place in places):
            asked = [
                ListOffsetsPartition(place.partition, timestamp=-1)
                for place in places
                if place.topic == name
            ]
            request = ListOffsetsRequest(-1, topics=[ListOffsetsTopic(name, asked)])
            response = await self.insist(partial(self.call, request, 2))
            for found in response.topics[0].partitions:
                self.expect(found.error_code)
                ends[Place(name, found.partition_index)] = found.offset
        return ends
