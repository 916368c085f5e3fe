"""A classic group: its members, the protocol they agree on, and where their rebalance stands."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Mapping

from kafkapy.coordinator.classic.subscription import subscribed_topics
from kafkapy.coordinator.result import Deferred, Record
from kafkapy.errors import ApiError
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.internal.group import GroupMetadataKey, GroupMetadataValue, MemberMetadata
from kafkapy.wire.messages.join_group import JoinGroupResponse, JoinGroupResponseMember
from kafkapy.wire.messages.sync_group import SyncGroupResponse

CONSUMER_PROTOCOL_TYPE = "consumer"

Protocols = tuple[tuple[str, bytes], ...]


class GroupState(enum.Enum):
    """The states of a classic group, by the names that clients are shown."""

    EMPTY = "Empty"
    PREPARING_REBALANCE = "PreparingRebalance"
    COMPLETING_REBALANCE = "CompletingRebalance"
    STABLE = "Stable"
    DEAD = "Dead"


class Member:
    """One member. `protocols` are names with metadata, in the member's order of preference."""

    __slots__ = (
        "assignment",
        "awaiting_join",
        "awaiting_sync",
        "client_host",
        "client_id",
        "instance_id",
        "is_new",
        "member_id",
        "protocol_type",
        "protocols",
        "rebalance_timeout_ms",
        "session_timeout_ms",
    )

    def __init__(
        self,
        member_id: str,
        instance_id: str | None,
        client_id: str,
        client_host: str,
        rebalance_timeout_ms: int,
        session_timeout_ms: int,
        protocol_type: str,
        protocols: Protocols,
        assignment: bytes = b"",
    ) -> None:
        self.member_id = member_id
        self.instance_id = instance_id
        self.client_id = client_id
        self.client_host = client_host
        self.rebalance_timeout_ms = rebalance_timeout_ms
        self.session_timeout_ms = session_timeout_ms
        self.protocol_type = protocol_type
        self.protocols = protocols
        self.assignment = assignment
        self.is_new = False
        self.awaiting_join: Deferred[JoinGroupResponse] | None = None
        self.awaiting_sync: Deferred[SyncGroupResponse] | None = None

    def metadata(self, protocol_name: str | None) -> bytes:
        """What the member said for a protocol; empty where it did not offer it."""
        for name, metadata in self.protocols:
            if name == protocol_name:
                return metadata
        return b""

    @property
    def is_alive_without_heartbeats(self) -> bool:
        """Whether the member waits for us. A new one counts only until its join times out."""
        waits = self.awaiting_join is not None or self.awaiting_sync is not None
        return waits and not self.is_new

    def successor(self, member_id: str) -> Member:
        """Make the same static member under a new id (KIP-345)."""
        return Member(
            member_id,
            self.instance_id,
            self.client_id,
            self.client_host,
            self.rebalance_timeout_ms,
            self.session_timeout_ms,
            self.protocol_type,
            self.protocols,
            self.assignment,
        )


class ClassicGroup:
    """The group. Members keep the order in which they came; the first of them leads."""

    __slots__ = (
        "_offered",
        "generation_id",
        "group_id",
        "leader_id",
        "members",
        "new_member_added",
        "pending_joins",
        "pending_syncs",
        "previous_state",
        "protocol_name",
        "protocol_type",
        "state",
        "state_timestamp_ms",
        "static_members",
        "subscribed_topics",
        "waiting_joins",
    )

    def __init__(self, group_id: str, state_timestamp_ms: int) -> None:
        self.group_id = group_id
        self.state = GroupState.EMPTY
        self.previous_state = GroupState.DEAD
        self.state_timestamp_ms = state_timestamp_ms
        self.generation_id = 0
        self.protocol_type: str | None = None
        self.protocol_name: str | None = None
        self.leader_id: str | None = None
        self.members: dict[str, Member] = {}
        self.static_members: dict[str, str] = {}
        # Members that were told their id but have not joined with it yet (KIP-394).
        self.pending_joins: set[str] = set()
        self.pending_syncs: set[str] = set()
        self.waiting_joins = 0
        self.new_member_added = False
        self.subscribed_topics: frozenset[str] | None = None
        self._offered: Counter[str] = Counter()

    # Members

    def add(self, member: Member, answer: Deferred[JoinGroupResponse] | None = None) -> None:
        """Add a member; the first one decides the protocol type."""
        if member.instance_id is not None:
            self.static_members[member.instance_id] = member.member_id
        if not self.members:
            self.protocol_type = member.protocol_type
        if self.leader_id is None:
            self.leader_id = member.member_id
        self.members[member.member_id] = member
        self._offer(member.protocols, 1)
        self._await_join(member, answer)
        self.pending_joins.discard(member.member_id)

    def remove(self, member_id: str) -> None:
        """Forget a member, pending or not; the next one in order leads where it was the leader."""
        member = self.members.pop(member_id, None)
        if member is not None:
            self._offer(member.protocols, -1)
            self._await_join(member, None)
            if member.instance_id is not None:
                del self.static_members[member.instance_id]
        if self.leader_id == member_id:
            self.leader_id = next(iter(self.members), None)
        self.pending_joins.discard(member_id)
        self.pending_syncs.discard(member_id)

    def update(
        self,
        member: Member,
        protocols: Protocols,
        rebalance_timeout_ms: int,
        session_timeout_ms: int,
        answer: Deferred[JoinGroupResponse] | None,
    ) -> None:
        """Take what a member says as it joins again."""
        self._offer(member.protocols, -1)
        self._offer(protocols, 1)
        member.protocols = protocols
        member.rebalance_timeout_ms = rebalance_timeout_ms
        member.session_timeout_ms = session_timeout_ms
        self._await_join(member, answer)

    def replace_static(self, instance_id: str, member_id: str) -> Member:
        """Give a static member a new id, and fence whoever uses the old one (KIP-345)."""
        old = self.members[self.static_members[instance_id]]
        fenced = int(ErrorCode.FENCED_INSTANCE_ID)
        self.complete_join(
            old,
            JoinGroupResponse(member_id=old.member_id, protocol_name=None, error_code=fenced),
        )
        self.complete_sync(old, SyncGroupResponse(error_code=fenced))
        new = old.successor(member_id)
        self.members = {
            new.member_id if key == old.member_id else key: new if member is old else member
            for key, member in self.members.items()
        }
        if self.leader_id == old.member_id:
            self.leader_id = member_id
        self.static_members[instance_id] = member_id
        if old.member_id in self.pending_syncs:
            self.pending_syncs.remove(old.member_id)
            self.pending_syncs.add(member_id)
        return new

    def validate(self, member_id: str, instance_id: str | None) -> Member:
        """Give the member. Raises UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID."""
        if instance_id is not None:
            owner = self.static_members.get(instance_id)
            if owner is not None and owner != member_id:
                raise ApiError(ErrorCode.FENCED_INSTANCE_ID)
            if owner is None:
                raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
        member = self.members.get(member_id)
        if member is None:
            raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
        return member

    def _offer(self, protocols: Protocols, change: int) -> None:
        for name in {name for name, _ in protocols}:
            self._offered[name] += change
            if not self._offered[name]:
                del self._offered[name]

    @property
    def rebalance_timeout_ms(self) -> int:
        """How long the slowest member may take to join again."""
        return max((member.rebalance_timeout_ms for member in self.members.values()), default=0)

    # Answers that members wait for

    def _await_join(self, member: Member, answer: Deferred[JoinGroupResponse] | None) -> None:
        self.waiting_joins += (answer is not None) - (member.awaiting_join is not None)
        member.awaiting_join = answer

    def complete_join(self, member: Member, response: JoinGroupResponse) -> None:
        """Answer a member's JoinGroup, if it waits for one."""
        answer = member.awaiting_join
        if answer is not None:
            self._await_join(member, None)
            answer.resolve(response)

    def complete_sync(self, member: Member, response: SyncGroupResponse) -> bool:
        """Answer a member's SyncGroup; tells whether it waited for one."""
        answer, member.awaiting_sync = member.awaiting_sync, None
        if answer is None:
            return False
        answer.resolve(response)
        return True

    def joined(
        self, member: Member, *, skip_assignment: bool = False, leader_id: str | None = None
    ) -> JoinGroupResponse:
        """Make the answer to a JoinGroup; only the leader is given the members.

        `leader_id` names another leader than the real one, whom a member must not learn of.
        """
        leads = self.leader_id == member.member_id and leader_id in (None, member.member_id)
        return JoinGroupResponse(
            generation_id=self.generation_id,
            protocol_type=self.protocol_type,
            protocol_name=self.protocol_name,
            leader=(leader_id if leader_id is not None else self.leader_id) or "",
            skip_assignment=skip_assignment,
            member_id=member.member_id,
            members=self._members_for_leader() if leads else [],
        )

    def _members_for_leader(self) -> list[JoinGroupResponseMember]:
        return [
            JoinGroupResponseMember(
                member_id=member.member_id,
                group_instance_id=member.instance_id,
                metadata=member.metadata(self.protocol_name),
            )
            for member in self.members.values()
        ]

    @property
    def has_all_joined(self) -> bool:
        """Whether nobody is left to wait for in a rebalance."""
        return len(self.members) == self.waiting_joins and not self.pending_joins

    # Protocols

    def supports(self, protocol_type: str, names: Iterable[str]) -> bool:
        """Whether a member with this type and these protocols can be in the group."""
        if self.state is GroupState.EMPTY:
            return bool(protocol_type) and any(True for _ in names)
        count = len(self.members)
        return self.protocol_type == protocol_type and any(
            self._offered[name] == count for name in names
        )

    def select_protocol(self) -> str:
        """The protocol that all members offer and most prefer; the oldest member breaks a tie."""
        count = len(self.members)
        votes: Counter[str] = Counter()
        for member in self.members.values():
            votes[next(name for name, _ in member.protocols if self._offered[name] == count)] += 1
        return votes.most_common(1)[0][0]

    def is_subscribed_to(self, topic: str) -> bool:
        """Whether members may consume a topic; of consumers that we cannot read, all of them."""
        if self.subscribed_topics is None:
            return self.protocol_type == CONSUMER_PROTOCOL_TYPE
        return topic in self.subscribed_topics

    def _compute_subscribed_topics(self) -> None:
        self.subscribed_topics = None
        if self.protocol_type == CONSUMER_PROTOCOL_TYPE:
            metadata = [m.metadata(self.protocol_name) for m in self.members.values()]
            self.subscribed_topics = subscribed_topics(metadata)

    # The rebalance

    def transition_to(self, state: GroupState, now_ms: int) -> None:
        """Enter a state."""
        self.previous_state = self.state
        self.state = state
        self.state_timestamp_ms = now_ms

    def elect_joined_leader(self) -> bool:
        """Make sure that the leader is one who joined; tells whether there is one."""
        if self.leader_id is None:
            return False
        if self.members[self.leader_id].awaiting_join is not None:
            return True
        for member in self.members.values():
            if member.awaiting_join is not None:
                self.leader_id = member.member_id
                return True
        return False

    def start_next_generation(self, now_ms: int) -> None:
        """Choose the protocol of the members who joined, and wait for their assignment."""
        self.generation_id += 1
        self.protocol_name = self.select_protocol() if self.members else None
        self._compute_subscribed_topics()
        self.transition_to(
            GroupState.COMPLETING_REBALANCE if self.members else GroupState.EMPTY, now_ms
        )
        self.pending_syncs.clear()

    # Records

    def record(self, assignments: Mapping[str, bytes] | None = None) -> Record:
        """Make the record of the group, with these assignments instead of the current ones."""
        members = [
            MemberMetadata(
                member_id=member.member_id,
                group_instance_id=member.instance_id,
                client_id=member.client_id,
                client_host=member.client_host,
                rebalance_timeout=member.rebalance_timeout_ms,
                session_timeout=member.session_timeout_ms,
                subscription=member.metadata(self.protocol_name),
                assignment=member.assignment
                if assignments is None
                else assignments.get(member.member_id, b""),
            )
            for member in self.members.values()
        ]
        value = GroupMetadataValue(
            protocol_type=self.protocol_type or "",
            generation=self.generation_id,
            protocol=self.protocol_name,
            leader=self.leader_id,
            current_state_timestamp=self.state_timestamp_ms,
            members=members,
        )
        return Record(GroupMetadataKey(group=self.group_id), value)

    def empty_record(self) -> Record:
        """Make the record of a group that nobody has joined yet."""
        value = GroupMetadataValue(
            protocol=None, leader=None, current_state_timestamp=self.state_timestamp_ms
        )
        return Record(GroupMetadataKey(group=self.group_id), value)

    def tombstone(self) -> Record:
        """Make the record that deletes the group."""
        return Record(GroupMetadataKey(group=self.group_id), None)

    @classmethod
    def from_record(cls, group_id: str, value: GroupMetadataValue) -> ClassicGroup:
        """Make the group that a record describes: stable, or empty where it has no members."""
        group = cls(group_id, value.current_state_timestamp)
        group.generation_id = value.generation
        group.protocol_type = value.protocol_type or None
        group.protocol_name = value.protocol
        group.leader_id = value.leader
        for metadata in value.members:
            rebalance_timeout_ms = metadata.rebalance_timeout
            if rebalance_timeout_ms == -1:
                rebalance_timeout_ms = metadata.session_timeout
            group.add(
                Member(
                    metadata.member_id,
                    metadata.group_instance_id,
                    metadata.client_id,
                    metadata.client_host,
                    rebalance_timeout_ms,
                    metadata.session_timeout,
                    value.protocol_type,
                    ((value.protocol or "", metadata.subscription),),
                    metadata.assignment,
                )
            )
        if value.members:
            group.state = GroupState.STABLE
        group._compute_subscribed_topics()
        return group
