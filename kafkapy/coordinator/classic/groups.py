"""The operations of a classic group's members: JoinGroup, SyncGroup, Heartbeat and LeaveGroup.

Only the record of a group is durable: it is written when a generation becomes stable, when a group
comes to be or becomes empty, and when a static member changes its id.

Source: KIP-345 (static members), KIP-394 (known member ids), KIP-559 (protocol type and name),
KIP-800 (reasons), KIP-814 (skipped assignments).
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import NamedTuple

from kafkapy.coordinator.classic.group import ClassicGroup, GroupState, Member, Protocols
from kafkapy.coordinator.classic.rebalance import NOTHING, Rebalances, assigned, not_joined
from kafkapy.coordinator.result import Deferred, Result, Timers
from kafkapy.coordinator.settings import GroupSettings
from kafkapy.errors import ApiError, error_code
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from kafkapy.wire.messages.join_group import JoinGroupRequest, JoinGroupResponse
from kafkapy.wire.messages.leave_group import (
    LeaveGroupRequest,
    LeaveGroupResponse,
    MemberIdentity,
    MemberResponse,
)
from kafkapy.wire.messages.sync_group import SyncGroupRequest, SyncGroupResponse

# A member's id is this and a UUID, and must itself fit into a string of the protocol.
_LONGEST_ID_BYTES = 32_000


class Client(NamedTuple):
    """Who joins. The two flags depend on the version of the JoinGroup."""

    client_id: str
    client_host: str
    requires_known_member_id: bool = True
    can_skip_assignment: bool = True


class ClassicGroups:
    """The classic groups of one shard; `groups` is shared with the shard."""

    def __init__(
        self,
        groups: MutableMapping[str, ClassicGroup],
        settings: GroupSettings,
        timers: Timers,
        new_member_id: Callable[[], str],
    ) -> None:
        self.rebalances = Rebalances(groups, settings, timers)
        self._groups = groups
        self._settings = settings
        self._new_member_id = new_member_id

    # JoinGroup

    def join(
        self, request: JoinGroupRequest, client: Client, now_ms: int
    ) -> Result[JoinGroupResponse]:
        """Answer when the rebalance is over, or at once where none is needed."""
        settings = self._settings
        timeouts = range(settings.min_session_timeout_ms, settings.max_session_timeout_ms + 1)
        if request.session_timeout_ms not in timeouts:
            return Result(not_joined(ErrorCode.INVALID_SESSION_TIMEOUT, request.member_id))
        if len((request.group_instance_id or client.client_id).encode()) > _LONGEST_ID_BYTES:
            return Result(not_joined(ErrorCode.INVALID_REQUEST, request.member_id))
        group = self._groups.get(request.group_id)
        is_new = group is None
        if group is None:
            if request.member_id:
                return Result(not_joined(ErrorCode.UNKNOWN_MEMBER_ID, request.member_id))
            group = self._groups[request.group_id] = ClassicGroup(request.group_id, now_ms)
        answer: Deferred[JoinGroupResponse] = Deferred()
        effects = self._join(group, request, client, answer, now_ms)
        if is_new and not effects.records:
            return self._create(group, answer)
        return effects.answering(answer)

    def _create(
        self, group: ClassicGroup, answer: Deferred[JoinGroupResponse]
    ) -> Result[JoinGroupResponse]:
        appended: Deferred[Exception | None] = Deferred()

        def undo(error: Exception | None) -> None:
            if error is not None:
                self.rebalances.forget(group)
                self._groups.pop(group.group_id, None)
                answer.resolve(not_joined(error_code(error), ""))

        appended.then(undo)
        return Result(answer, [group.empty_record()], appended, replay=False)

    def _join(
        self,
        group: ClassicGroup,
        request: JoinGroupRequest,
        client: Client,
        answer: Deferred[JoinGroupResponse],
        now_ms: int,
    ) -> Result[None]:
        member_id = request.member_id
        if not self._accepts(group, member_id):
            group.remove(member_id)
            self.rebalances.end_session(group.group_id, member_id)
            answer.resolve(not_joined(ErrorCode.GROUP_MAX_SIZE_REACHED, ""))
        elif not group.supports(request.protocol_type, [p.name for p in request.protocols]):
            answer.resolve(not_joined(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, member_id))
        elif not member_id:
            return self._join_unknown(group, request, client, answer, now_ms)
        elif member_id in group.pending_joins:
            return self._add(group, member_id, request, client, answer, now_ms)
        else:
            try:
                member = group.validate(member_id, request.group_instance_id)
            except ApiError as error:
                answer.resolve(not_joined(error.code, member_id))
            else:
                return self._join_again(group, member, request, answer, now_ms)
        return NOTHING

    def _accepts(self, group: ClassicGroup, member_id: str) -> bool:
        limit = self._settings.max_size
        if group.state is GroupState.EMPTY:
            return True
        member = group.members.get(member_id)
        if group.state is GroupState.PREPARING_REBALANCE:
            waits = member is not None and member.awaiting_join is not None
            return waits or group.waiting_joins < limit
        return member is not None or len(group.members) < limit

    def _join_unknown(
        self,
        group: ClassicGroup,
        request: JoinGroupRequest,
        client: Client,
        answer: Deferred[JoinGroupResponse],
        now_ms: int,
    ) -> Result[None]:
        instance_id = request.group_instance_id
        prefix = client.client_id if instance_id is None else instance_id
        member_id = f"{prefix}-{self._new_member_id()}"
        if instance_id is not None and instance_id in group.static_members:
            return self._replace_static(group, member_id, request, client, answer, now_ms)
        if instance_id is None and client.requires_known_member_id:
            group.pending_joins.add(member_id)
            self.rebalances.start_session(group.group_id, member_id, request.session_timeout_ms)
            answer.resolve(not_joined(ErrorCode.MEMBER_ID_REQUIRED, member_id))
            return NOTHING
        return self._add(group, member_id, request, client, answer, now_ms)

    def _add(
        self,
        group: ClassicGroup,
        member_id: str,
        request: JoinGroupRequest,
        client: Client,
        answer: Deferred[JoinGroupResponse],
        now_ms: int,
    ) -> Result[None]:
        member = Member(
            member_id,
            request.group_instance_id,
            client.client_id,
            client.client_host,
            request.rebalance_timeout_ms,
            request.session_timeout_ms,
            request.protocol_type,
            _protocols(request),
        )
        member.is_new = True
        if (
            group.state is GroupState.PREPARING_REBALANCE
            and group.previous_state is GroupState.EMPTY
        ):
            group.new_member_added = True
        group.add(member, answer)
        # Whoever joins anew may have gone before the answer; nothing else would ever tell us.
        timeout_ms = self._settings.new_member_join_timeout_ms
        self.rebalances.start_session(group.group_id, member_id, timeout_ms)
        reason = f"member {member_id} joins: {request.reason or 'no reason given'}"
        return self.rebalances.rebalance(group, reason, now_ms)

    def _join_again(
        self,
        group: ClassicGroup,
        member: Member,
        request: JoinGroupRequest,
        answer: Deferred[JoinGroupResponse],
        now_ms: int,
    ) -> Result[None]:
        protocols = _protocols(request)
        unchanged = member.protocols == protocols
        leads = group.leader_id == member.member_id
        answer_was_lost = group.state is GroupState.COMPLETING_REBALANCE and unchanged
        if answer_was_lost or (group.state is GroupState.STABLE and unchanged and not leads):
            answer.resolve(group.joined(member))
            return NOTHING
        group.update(
            member, protocols, request.rebalance_timeout_ms, request.session_timeout_ms, answer
        )
        reason = f"member {member.member_id} joins again: {request.reason or 'no reason given'}"
        return self.rebalances.rebalance(group, reason, now_ms)

    def _replace_static(
        self,
        group: ClassicGroup,
        member_id: str,
        request: JoinGroupRequest,
        client: Client,
        answer: Deferred[JoinGroupResponse],
        now_ms: int,
    ) -> Result[None]:
        instance_id = request.group_instance_id or ""
        old = group.members[group.static_members[instance_id]]
        old_leader_id = group.leader_id
        self.rebalances.end_session(group.group_id, old.member_id)
        member = group.replace_static(instance_id, member_id)
        group.update(
            member,
            _protocols(request),
            request.rebalance_timeout_ms,
            request.session_timeout_ms,
            answer,
        )
        self.rebalances.expect_heartbeat(group, member)
        reason = f"static member {instance_id} joins: {request.reason or 'no reason given'}"
        if group.state is GroupState.COMPLETING_REBALANCE:
            return self.rebalances.prepare(group, reason, now_ms)
        if group.state is not GroupState.STABLE:
            return self.rebalances.complete_if_all_joined(group, now_ms)
        if group.select_protocol() != group.protocol_name:
            return self.rebalances.rebalance(group, reason, now_ms)
        appended: Deferred[Exception | None] = Deferred()

        def answer_replacement(error: Exception | None) -> None:
            if error is not None:
                self._restore_static(group, member, old, instance_id)
                answer.resolve(not_joined(error_code(error), ""))
            elif client.can_skip_assignment:
                leads = group.leader_id == member_id
                group.complete_join(member, group.joined(member, skip_assignment=leads))
            else:
                # A leader that cannot skip the assignment must not compute one: let it follow.
                group.complete_join(member, group.joined(member, leader_id=old_leader_id))

        appended.then(answer_replacement)
        return Result(None, [group.record()], appended, replay=False)

    def _restore_static(
        self, group: ClassicGroup, member: Member, old: Member, instance_id: str
    ) -> None:
        self.rebalances.end_session(group.group_id, member.member_id)
        group.update(member, old.protocols, old.rebalance_timeout_ms, old.session_timeout_ms, None)
        self.rebalances.expect_heartbeat(group, group.replace_static(instance_id, old.member_id))

    # SyncGroup

    def sync(self, request: SyncGroupRequest, now_ms: int) -> Result[SyncGroupResponse]:
        """Answer with the assignment, once the leader has given it and it is durable."""
        group = self._groups.get(request.group_id)
        if group is None or group.state is GroupState.EMPTY:
            raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
        member = group.validate(request.member_id, request.group_instance_id)
        if request.generation_id != group.generation_id:
            raise ApiError(ErrorCode.ILLEGAL_GENERATION)
        if _differs(request.protocol_type, group.protocol_type) or _differs(
            request.protocol_name, group.protocol_name
        ):
            raise ApiError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
        if group.state is GroupState.PREPARING_REBALANCE:
            raise ApiError(ErrorCode.REBALANCE_IN_PROGRESS)
        self.rebalances.synced(group, member)
        if group.state is GroupState.STABLE:
            return Result(assigned(group, member))
        answer = member.awaiting_sync = Deferred()
        if group.leader_id != member.member_id:
            return Result(answer)
        assignments = {a.member_id: a.assignment for a in request.assignments}
        return self._assign(group, assignments, now_ms).answering(answer)

    def _assign(
        self, group: ClassicGroup, assignments: dict[str, bytes], now_ms: int
    ) -> Result[None]:
        generation_id = group.generation_id
        appended: Deferred[Exception | None] = Deferred()

        def propagate(error: Exception | None) -> None:
            if (
                group.state is not GroupState.COMPLETING_REBALANCE
                or group.generation_id != generation_id
            ):
                return
            if error is None:
                self.rebalances.propagate(group, assignments, ErrorCode.NONE)
                group.transition_to(GroupState.STABLE, now_ms)
            else:
                code = error_code(error)
                self.rebalances.propagate(group, {}, code)
                self.rebalances.prepare(group, f"{code.name} when storing assignments", now_ms)

        appended.then(propagate)
        return Result(None, [group.record(assignments)], appended, replay=False)

    # Heartbeat

    def heartbeat(self, request: HeartbeatRequest) -> HeartbeatResponse:
        """Keep a member's session alive, and tell it of a rebalance."""
        group = self._groups.get(request.group_id)
        if group is None:
            raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
        member = group.validate(request.member_id, request.group_instance_id)
        if request.generation_id != group.generation_id:
            raise ApiError(ErrorCode.ILLEGAL_GENERATION)
        self.rebalances.expect_heartbeat(group, member)
        if group.state is GroupState.PREPARING_REBALANCE:
            return HeartbeatResponse(error_code=int(ErrorCode.REBALANCE_IN_PROGRESS))
        return HeartbeatResponse()

    # LeaveGroup

    def leave(self, request: LeaveGroupRequest, now_ms: int) -> Result[LeaveGroupResponse]:
        """Remove members, named by their ids or by their instance ids (KIP-345)."""
        group = self._groups.get(request.group_id)
        if group is None:
            raise ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
        responses = [self._leave(group, identity) for identity in request.members]
        response = LeaveGroupResponse(members=responses)
        left = [r.member_id or r.group_instance_id or "" for r in responses if not r.error_code]
        if not left or group.state is GroupState.EMPTY:
            return Result(response)
        reason = f"{', '.join(left)} left"
        return self.rebalances.rebalance(group, reason, now_ms).answering(response)

    def _leave(self, group: ClassicGroup, identity: MemberIdentity) -> MemberResponse:
        response = MemberResponse(
            member_id=identity.member_id, group_instance_id=identity.group_instance_id
        )
        member_id = identity.member_id
        if not member_id:
            member_id = group.static_members.get(identity.group_instance_id or "", "")
        if member_id not in group.pending_joins:
            try:
                group.validate(member_id, identity.group_instance_id)
            except ApiError as error:
                response.error_code = int(error.code)
                return response
        self.rebalances.remove(group, member_id)
        return response


def _protocols(request: JoinGroupRequest) -> Protocols:
    return tuple((protocol.name, bytes(protocol.metadata)) for protocol in request.protocols)


def _differs(claimed: str | None, actual: str | None) -> bool:
    return claimed is not None and actual is not None and claimed != actual
