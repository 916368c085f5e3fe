"""Whatever members do, in whatever order, a group keeps its promises."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from kafkapy.coordinator.classic.group import GroupState
from kafkapy.coordinator.result import Deferred
from kafkapy.errors import ApiError
from kafkapy.wire.error_codes import ErrorCode

INSTANCES = st.sampled_from([None, None, "i1", "i2"])
PROTOCOLS = st.sampled_from([{"range": b"1"}, {"range": b"2", "sticky": b""}, {"sticky": b""}])
TIMEOUTS = st.sampled_from([6_000, 20_000])


class GroupMachine(RuleBasedStateMachine):
    """Clients that join, sync, commit, leave, fall silent, and a broker that is replaced."""

    joins = Bundle("joins")

    def __init__(self, new_harness: Callable[..., Any]) -> None:
        super().__init__()
        self.shard = new_harness(max_size=4)
        self.shard.reload()
        self.generation_id = 0
        self.committed: dict[tuple[str, int], int] = {}
        # Per generation: which member each part of the assignment was given to.
        self.owners: dict[int, dict[bytes, str]] = {}
        self.sizes: dict[int, int] = {}
        self.clients: list[tuple[list[Any], str | None]] = []

    def _watch_join(self, answer: Any, known: list[Any]) -> None:
        def joined(response: Any) -> None:
            if response.error_code == 0:
                known.append(response)

        if isinstance(answer, Deferred):
            answer.then(joined)
        else:
            joined(answer)

    @rule(
        target=joins,
        instance_id=INSTANCES,
        protocols=PROTOCOLS,
        timeout=TIMEOUTS,
        known=st.booleans(),
    )
    def join(
        self, instance_id: str | None, protocols: dict[str, bytes], timeout: int, known: bool
    ) -> Any:
        fields: dict[str, Any] = {"session_timeout_ms": timeout, "rebalance_timeout_ms": timeout}
        answer = self.shard.join("", instance_id, protocols, known_ids=known, **fields)
        if getattr(answer, "error_code", None) == ErrorCode.MEMBER_ID_REQUIRED:
            answer = self.shard.join(answer.member_id, None, protocols, **fields)
        responses: list[Any] = []
        self._watch_join(answer, responses)
        self.clients.append((responses, instance_id))
        return responses, instance_id

    @rule(joined=joins, protocols=PROTOCOLS)
    def join_again(self, joined: Any, protocols: dict[str, bytes]) -> None:
        responses, instance_id = joined
        if responses:
            member_id = responses[-1].member_id
            self._watch_join(self.shard.join(member_id, instance_id, protocols), responses)

    @rule()
    def everybody_cooperates(self) -> None:
        for responses, instance_id in self.clients:
            if responses and responses[-1].member_id in self.shard.group.members:
                member_id = responses[-1].member_id
                self._watch_join(self.shard.join(member_id, instance_id), responses)
        self.shard.advance(0)
        for client in reversed(self.clients):  # the leader comes last
            self._sync(*client)

    @rule(joined=joins)
    def sync(self, joined: Any) -> None:
        self._sync(*joined)

    def _sync(self, responses: list[Any], instance_id: str | None) -> None:
        if not responses:
            return
        mine = responses[-1]
        assignments = {m.member_id: b"p%d" % i for i, m in enumerate(mine.members)}

        def synced(response: Any) -> None:
            if response.error_code == 0 and response.assignment:
                owners = self.owners.setdefault(mine.generation_id, {})
                owner = owners.setdefault(response.assignment, mine.member_id)
                if owner not in self.shard.group.members:
                    owners[response.assignment] = mine.member_id  # a static successor
                else:
                    assert owner == mine.member_id

        try:
            answer = self.shard.sync(mine, assignments, instance_id)
        except ApiError:
            return
        if isinstance(answer, Deferred):
            answer.then(synced)
        else:
            synced(answer)

    @rule(joined=joins, partition=st.integers(0, 2), offset=st.integers(0, 99))
    def commit(self, joined: Any, partition: int, offset: int) -> None:
        responses, instance_id = joined
        if not responses:
            return
        try:
            [error] = self.shard.commit(
                {("t", partition): offset}, responses[-1], group_instance_id=instance_id
            )
        except ApiError:
            return
        assert error is ErrorCode.NONE
        self.committed["t", partition] = offset

    @rule(joined=joins)
    def heartbeat(self, joined: Any) -> None:
        responses, instance_id = joined
        if responses:
            self.shard.heartbeat(responses[-1], instance_id)

    @rule(joined=joins)
    def leave(self, joined: Any) -> None:
        responses, instance_id = joined
        if responses and "orders" in self.shard.shard.groups:
            self.shard.leave((responses[-1].member_id, instance_id))

    @rule(ms=st.sampled_from([0, 0, 3_000, 6_000, 20_000]))
    def wait(self, ms: int) -> None:
        self.shard.advance(ms)

    @rule()
    def reload(self) -> None:
        durable = [r.value for r in self.shard.log if getattr(r.value, "generation", -1) >= 0]
        self.shard.reload()
        # What was not durable is lost: generations may be counted again from there.
        self.generation_id = durable[-1].generation if durable else 0
        for generation_id in [g for g in self.owners if g > self.generation_id]:
            del self.owners[generation_id]
        self.sizes = {g: size for g, size in self.sizes.items() if g <= self.generation_id}

    @invariant()
    def generations_only_grow(self) -> None:
        group = self.shard.shard.groups.get("orders")
        if group is not None:
            assert group.generation_id >= self.generation_id
            self.generation_id = group.generation_id

    @invariant()
    def a_generation_has_the_same_members_from_its_start_to_its_end(self) -> None:
        group = self.shard.shard.groups.get("orders")
        if group is not None and group.state in (
            GroupState.COMPLETING_REBALANCE,
            GroupState.STABLE,
        ):
            # A static member may change its id, but nobody comes or goes.
            size = len(group.members)
            assert self.sizes.setdefault(group.generation_id, size) == size

    @invariant()
    def the_group_is_consistent(self) -> None:
        group = self.shard.shard.groups.get("orders")
        if group is None:
            return
        members = group.members
        waiting = [m for m in members.values() if m.awaiting_join is not None]
        assert group.waiting_joins == len(waiting)
        # While members of the last generation have yet to come, those who came count.
        assert group.waiting_joins <= 4
        if group.state is not GroupState.PREPARING_REBALANCE:
            assert len(members) <= 4 + len(group.static_members)
        assert group.static_members == {
            m.instance_id: m.member_id for m in members.values() if m.instance_id is not None
        }
        assert group.pending_syncs <= set(members)
        assert not group.pending_joins & set(members)
        assert (group.leader_id in members) == bool(members)
        if group.state is GroupState.EMPTY:
            assert not members
        if group.state is not GroupState.PREPARING_REBALANCE:
            assert not waiting
        if group.state is GroupState.STABLE:
            assert group.protocol_name is not None
            assert not any(m.awaiting_sync for m in members.values())

    @invariant()
    def committed_offsets_are_kept(self) -> None:
        assert self.shard.fetch() == self.committed

    @invariant()
    def replaying_the_log_gives_the_same_durable_state(self) -> None:
        group = self.shard.shard.groups.get("orders")
        copy = type(self.shard)(max_size=4)
        copy.log = list(self.shard.log)
        copy.reload()
        assert copy.fetch() == self.shard.fetch()
        assert set(copy.shard.groups) == set(self.shard.shard.groups)
        if group is None or group.state not in (GroupState.STABLE, GroupState.EMPTY):
            return
        loaded = copy.group
        assert (loaded.state, loaded.generation_id, loaded.leader_id, loaded.protocol_name) == (
            group.state,
            group.generation_id,
            group.leader_id,
            group.protocol_name,
        )
        assert [(m.member_id, m.instance_id, m.assignment) for m in loaded.members.values()] == [
            (m.member_id, m.instance_id, m.assignment) for m in group.members.values()
        ]


def test_a_group_keeps_its_promises(new_harness: Callable[..., Any]) -> None:
    run_state_machine_as_test(
        functools.partial(GroupMachine, new_harness),
        settings=settings(max_examples=60, stateful_step_count=40, deadline=None),
    )
