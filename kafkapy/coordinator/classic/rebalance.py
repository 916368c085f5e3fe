"""How a classic group rebalances: who must join again, for how long it waits, who is dropped.

A rebalance in flight lives in memory and is lost with the coordinator; members notice and join
again.

Source: KIP-62 (rebalance timeout), KIP-134 (initial delay), KIP-345 (static members).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from kafkapy.coordinator.classic.group import ClassicGroup, GroupState, Member
from kafkapy.coordinator.result import Result, Timers
from kafkapy.coordinator.settings import GroupSettings
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.join_group import JoinGroupResponse
from kafkapy.wire.messages.sync_group import SyncGroupResponse

_LOG = logging.getLogger(__name__)

NOTHING: Result[None] = Result(None)


class Rebalances:
    """The rebalances and the sessions of the classic groups of one shard."""

    def __init__(
        self, groups: Mapping[str, ClassicGroup], settings: GroupSettings, timers: Timers
    ) -> None:
        self._groups = groups
        self._settings = settings
        self._timers = timers

    def loaded(self, now_ms: int) -> None:
        """Expect heartbeats of the members that the log knew."""
        for group in list(self._groups.values()):
            for member in group.members.values():
                self.expect_heartbeat(group, member)
            if len(group.members) > self._settings.max_size:
                self.prepare(group, "more members than group.max.size", now_ms)

    def unloaded(self) -> None:
        """Tell all who wait that this broker is no longer the coordinator."""
        error = ErrorCode.NOT_COORDINATOR
        for group in self._groups.values():
            for member in group.members.values():
                group.complete_join(member, not_joined(error, member.member_id))
                group.complete_sync(member, SyncGroupResponse(error_code=int(error)))

    def forget(self, group: ClassicGroup) -> None:
        """Forget what was expected of a group that is gone."""
        self._timers.cancel(_join_key(group.group_id))
        self._timers.cancel(_sync_key(group.group_id))
        for member_id in [*group.members, *group.pending_joins]:
            self._timers.cancel(_heartbeat_key(group.group_id, member_id))

    # The rebalance

    def rebalance(self, group: ClassicGroup, reason: str, now_ms: int) -> Result[None]:
        """Begin a rebalance, or go on with the one that runs if nobody else has to join."""
        if group.state is GroupState.PREPARING_REBALANCE:
            return self.complete_if_all_joined(group, now_ms)
        return self.prepare(group, reason, now_ms)

    def synced(self, group: ClassicGroup, member: Member) -> None:
        """Note that a member sent its SyncGroup; nothing is expected after the last one."""
        group.pending_syncs.discard(member.member_id)
        if not group.pending_syncs:
            self._timers.cancel(_sync_key(group.group_id))

    def complete_if_all_joined(self, group: ClassicGroup, now_ms: int) -> Result[None]:
        """End the join phase if nobody is missing; the first one of a group waits its delay."""
        is_initial = group.previous_state is GroupState.EMPTY
        if (
            group.state is not GroupState.PREPARING_REBALANCE
            or is_initial
            or not group.has_all_joined
        ):
            return NOTHING
        return self._complete_join(group, now_ms)

    def prepare(self, group: ClassicGroup, reason: str, now_ms: int) -> Result[None]:
        """Begin a rebalance: all members have to join again."""
        _LOG.info(
            "group %s rebalances after generation %d: %s",
            group.group_id,
            group.generation_id,
            reason,
        )
        if group.state is GroupState.COMPLETING_REBALANCE:
            self.propagate(group, {}, ErrorCode.REBALANCE_IN_PROGRESS)
        group.pending_syncs.clear()
        self._timers.cancel(_sync_key(group.group_id))
        is_initial = group.state is GroupState.EMPTY
        group.transition_to(GroupState.PREPARING_REBALANCE, now_ms)
        if is_initial:
            delay_ms = self._settings.initial_rebalance_delay_ms
            remaining_ms = max(group.rebalance_timeout_ms - delay_ms, 0)
            self._schedule_initial_join(group, delay_ms, remaining_ms)
            return NOTHING
        if group.has_all_joined:
            return self._complete_join(group, now_ms)
        self._schedule_join(group)
        return NOTHING

    def _schedule_initial_join(self, group: ClassicGroup, delay_ms: int, remaining_ms: int) -> None:
        """Wait for others who are just starting too, and longer if some came (KIP-134)."""

        def complete(now_ms: int) -> Result[None]:
            if not (group.new_member_added and remaining_ms):
                return self._complete_join(group, now_ms)
            group.new_member_added = False
            self._schedule_initial_join(
                group,
                min(self._settings.initial_rebalance_delay_ms, remaining_ms),
                max(remaining_ms - delay_ms, 0),
            )
            return NOTHING

        self._timers.schedule(_join_key(group.group_id), delay_ms, complete)

    def _schedule_join(self, group: ClassicGroup) -> None:
        self._timers.schedule(
            _join_key(group.group_id),
            group.rebalance_timeout_ms,
            lambda now_ms: self._complete_join(group, now_ms),
        )

    def _complete_join(self, group: ClassicGroup, now_ms: int) -> Result[None]:
        """Go on with those who joined; static members stay although they did not (KIP-345)."""
        self._timers.cancel(_join_key(group.group_id))
        for member in list(group.members.values()):
            if member.awaiting_join is None and member.instance_id is None:
                self.remove(group, member.member_id)
        if not group.elect_joined_leader() and group.members:
            self._schedule_join(group)
            return NOTHING
        group.start_next_generation(now_ms)
        if group.state is GroupState.EMPTY:
            return Result(None, [group.record()], replay=False)
        for member in group.members.values():
            group.complete_join(member, group.joined(member))
            self.expect_heartbeat(group, member)
            member.is_new = False
            group.pending_syncs.add(member.member_id)
        self._schedule_sync(group)
        return NOTHING

    def _schedule_sync(self, group: ClassicGroup) -> None:
        generation_id = group.generation_id

        def expire(now_ms: int) -> Result[None]:
            if group.generation_id != generation_id or not group.pending_syncs:
                return NOTHING
            late = sorted(group.pending_syncs)
            for member_id in late:
                self.remove(group, member_id)
            return self.prepare(group, f"no SyncGroup of {', '.join(late)}", now_ms)

        self._timers.schedule(_sync_key(group.group_id), group.rebalance_timeout_ms, expire)

    def propagate(
        self, group: ClassicGroup, assignments: Mapping[str, bytes], error: ErrorCode
    ) -> None:
        """Give every member its assignment, or an error, and answer those who wait for it."""
        for member in group.members.values():
            member.assignment = assignments.get(member.member_id, b"")
            response = (
                assigned(group, member)
                if error is ErrorCode.NONE
                else SyncGroupResponse(error_code=int(error))
            )
            if group.complete_sync(member, response):
                self.expect_heartbeat(group, member)

    # Sessions

    def expect_heartbeat(self, group: ClassicGroup, member: Member) -> None:
        """Start a member's session timeout anew."""
        self.start_session(group.group_id, member.member_id, member.session_timeout_ms)

    def start_session(self, group_id: str, member_id: str, timeout_ms: int) -> None:
        """Drop a member, or one that has yet to join, after a time without a sign of life."""
        self._timers.schedule(
            _heartbeat_key(group_id, member_id),
            timeout_ms,
            lambda now_ms: self._expire_heartbeat(group_id, member_id, now_ms),
        )

    def _expire_heartbeat(self, group_id: str, member_id: str, now_ms: int) -> Result[None]:
        group = self._groups.get(group_id)
        if group is None:
            return NOTHING
        member = group.members.get(member_id)
        if member is not None and member.is_alive_without_heartbeats:
            return NOTHING
        if member is None and member_id not in group.pending_joins:
            return NOTHING
        return self._remove_and_rebalance(group, member_id, "the session timed out", now_ms)

    def end_session(self, group_id: str, member_id: str) -> None:
        """Expect nothing of a member any more."""
        self._timers.cancel(_heartbeat_key(group_id, member_id))

    def remove(self, group: ClassicGroup, member_id: str) -> None:
        """Drop a member, and tell it if it waits for an answer."""
        self.end_session(group.group_id, member_id)
        member = group.members.get(member_id)
        if member is not None:
            group.complete_join(member, not_joined(ErrorCode.UNKNOWN_MEMBER_ID, ""))
            gone = int(ErrorCode.UNKNOWN_MEMBER_ID)
            group.complete_sync(member, SyncGroupResponse(error_code=gone))
        group.remove(member_id)

    def _remove_and_rebalance(
        self, group: ClassicGroup, member_id: str, reason: str, now_ms: int
    ) -> Result[None]:
        is_member = member_id in group.members
        self.remove(group, member_id)
        if group.state is GroupState.PREPARING_REBALANCE:
            if group.has_all_joined:
                return self._complete_join(group, now_ms)
        elif is_member and group.state is not GroupState.EMPTY:
            return self.prepare(group, f"member {member_id}: {reason}", now_ms)
        return NOTHING


def not_joined(error: ErrorCode, member_id: str) -> JoinGroupResponse:
    """Make the answer to a JoinGroup that failed."""
    return JoinGroupResponse(protocol_name=None, member_id=member_id, error_code=int(error))


def assigned(group: ClassicGroup, member: Member) -> SyncGroupResponse:
    """Make the answer to a SyncGroup."""
    return SyncGroupResponse(
        protocol_type=group.protocol_type,
        protocol_name=group.protocol_name,
        assignment=member.assignment,
    )


def _join_key(group_id: str) -> str:
    return f"join:{group_id}"


def _sync_key(group_id: str) -> str:
    return f"sync:{group_id}"


def _heartbeat_key(group_id: str, member_id: str) -> str:
    return f"heartbeat:{len(group_id)}:{group_id}:{member_id}"
