"""Whatever producers do, and wherever the broker dies: a transaction counts as a whole, or not."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kafkapy.wire.error_codes import ErrorCode
from tests.kafkapy.coordinator.transaction.world import PARTITIONS, ProcessDiedError, World

NAMES = st.sampled_from(["a", "b"])
# After how many appends of an operation the broker dies; most are spared.
DEATHS = st.one_of(st.none(), st.none(), st.integers(0, 6))


class Attempt:
    """One transaction: what was acknowledged in it, and what is known of its outcome."""

    def __init__(self) -> None:
        self.sure: set[tuple[int, bytes]] = set()
        self.unsure: set[tuple[int, bytes]] = set()
        self.offset: int | None = None
        self.asked: bool | None = None
        self.outcome: bool | None = None  # whether it was committed, once that is known


class Client:
    """A producer with what it believes of itself."""

    def __init__(self, producer: tuple[int, int]) -> None:
        self.producer = producer
        self.sequences = [0] * PARTITIONS
        self.attempt: Attempt | None = None


class TransactionMachine(RuleBasedStateMachine):
    """Producers, zombies and a broker that dies between any two appends."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = World()
        self.clients: dict[str, Client] = {}
        self.zombies: list[tuple[str, Client]] = []
        self.attempts: list[Attempt] = []
        self.count = 0

    def teardown(self) -> None:
        self.loop.run_until_complete(self.world.die())
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, Any], death: int | None = None) -> Any:
        """Let the broker work, also after its answer; if it dies meanwhile, start another.

        Gives None where it died before it answered.
        """
        self.world.engine.appends_left = death
        answer = None
        try:
            answer = self.loop.run_until_complete(work)
            self.loop.run_until_complete(self.world.settle())
        except ProcessDiedError:
            self.restart()
        finally:
            self.world.engine.appends_left = None
        return answer

    @initialize()
    def begin(self) -> None:
        self.loop.run_until_complete(self.world.start())

    @rule()
    def restart(self) -> None:
        async def anew() -> None:
            await self.world.die()
            await self.world.start()
            await self.world.settle()

        self.loop.run_until_complete(anew())

    @rule(ms=st.sampled_from([1_000, 70_000]), death=DEATHS)
    def time_passes(self, ms: int, death: int | None) -> None:
        async def work() -> None:
            self.world.clock.time_ms += ms
            await self.world._survive(self.world.transactions.run_due())

        self.run(work(), death)

    @rule(name=NAMES, death=DEATHS)
    def a_successor_starts(self, name: str, death: int | None = None) -> None:
        async def work() -> Any:
            for _ in range(3):
                answer = await self.world.init(name)
                if answer.error_code != ErrorCode.CONCURRENT_TRANSACTIONS:
                    break
                await self.world.settle()
            return answer

        answer = self.run(work(), death)
        if answer is None:
            return
        assert answer.error_code == 0
        if name in self.clients:
            self.zombies.append((name, self.clients[name]))
        self.clients[name] = Client((answer.producer_id, answer.producer_epoch))

    def _busy(self) -> list[str]:
        """The clients that may go on with a transaction."""
        return [
            name
            for name, client in self.clients.items()
            if client.attempt is None or client.attempt.asked is None
        ]

    @precondition(_busy)
    @rule(data=st.data(), partition=st.integers(0, PARTITIONS - 1), death=DEATHS)
    def produces(self, data: st.DataObject, partition: int, death: int | None) -> None:
        name = data.draw(st.sampled_from(self._busy()))
        client = self.clients[name]
        self.count += 1
        record = (partition, b"%d" % self.count)
        attempt = self._attempt(client)
        attempt.unsure.add(record)
        answer = self.run(
            self.world.produce(
                name, client.producer, client.sequences[partition], partition, record[1]
            ),
            death,
        )
        if answer is None:
            client.sequences[partition] = -1  # nobody knows; this client must begin anew
            del self.clients[name]
            self.zombies.append((name, client))
        elif answer.error_code == 0:
            client.sequences[partition] += 1
            attempt.sure.add(record)
        else:
            attempt.unsure.discard(record)
            self._fenced(name, client, answer.error_code)

    def _attempt(self, client: Client) -> Attempt:
        if client.attempt is None:
            client.attempt = Attempt()
            self.attempts.append(client.attempt)
        return client.attempt

    def _fenced(self, name: str, client: Client, code: int) -> None:
        """A producer that was timed out has to begin anew."""
        assert code == ErrorCode.INVALID_PRODUCER_EPOCH, code
        del self.clients[name]
        self.zombies.append((name, client))

    @precondition(_busy)
    @rule(data=st.data(), death=DEATHS)
    def commits_an_offset(self, data: st.DataObject, death: int | None) -> None:
        name = data.draw(st.sampled_from(self._busy()))
        client = self.clients[name]
        self.count += 1
        code = self.run(self.world.commit_offset(name, client.producer, self.count), death)
        attempt = self._attempt(client)
        if code is None:
            del self.clients[name]
            self.zombies.append((name, client))
            attempt.offset = -self.count
        elif code == 0:
            attempt.offset = self.count
        else:
            self._fenced(name, client, code)

    def _begun(self) -> list[str]:
        return [name for name, client in self.clients.items() if client.attempt is not None]

    @precondition(_begun)
    @rule(data=st.data(), is_commit=st.booleans(), death=DEATHS)
    def ends(self, data: st.DataObject, is_commit: bool, death: int | None) -> None:
        name = data.draw(st.sampled_from(self._begun()))
        client = self.clients[name]
        attempt = client.attempt
        assert attempt is not None
        if attempt.asked is not None:
            is_commit = attempt.asked  # a client that heard no answer asks the same again
        attempt.asked = is_commit
        answer = self.run(self.world.end(name, client.producer, is_commit), death)
        if answer is None:
            return
        if answer.error_code == 0:
            attempt.outcome = is_commit
            self.clients[name] = Client((answer.producer_id, answer.producer_epoch))
            self.zombies.append((name, client))
        elif answer.error_code != ErrorCode.CONCURRENT_TRANSACTIONS:
            # It was timed out, or a successor that died before its answer has fenced it.
            assert answer.error_code in (ErrorCode.PRODUCER_FENCED, ErrorCode.INVALID_TXN_STATE)
            attempt.asked = None
            del self.clients[name]
            self.zombies.append((name, client))

    def _ended(self) -> list[tuple[str, Client]]:
        return [
            (name, zombie)
            for name, zombie in self.zombies
            if zombie.attempt is not None and zombie.attempt.outcome is not None
        ]

    @precondition(_ended)
    @rule(data=st.data(), partition=st.integers(0, PARTITIONS - 1))
    def a_late_write_comes(self, data: st.DataObject, partition: int) -> None:
        name, zombie = data.draw(st.sampled_from(self._ended()))
        answer = self.run(self.world.produce(name, zombie.producer, 99, partition, b"late"))
        if answer is not None:
            assert answer.error_code == ErrorCode.INVALID_PRODUCER_EPOCH
        code = self.run(self.world.commit_offset(name, zombie.producer, 10**6))
        assert code in (None, ErrorCode.INVALID_PRODUCER_EPOCH)

    @invariant()
    def transactions_count_as_a_whole(self) -> None:
        if not hasattr(self.world, "engine") or self.world.engine.died.is_set():
            return
        seen = self.loop.run_until_complete(self._seen())
        for attempt in self.attempts:
            visible = {record for record in attempt.unsure if record in seen}
            stable = {record for record in attempt.sure if self._is_stable(record[0])}
            if attempt.outcome is True:
                assert stable <= visible
            elif attempt.asked is not True:
                assert not visible, "what nobody committed counts"
            elif visible:
                assert stable <= visible, "a part of a transaction counts"
        assert (0, b"late") not in seen

    def _is_stable(self, partition: int) -> bool:
        bounds = self.world.engine.bounds(self.world.topics["t"][partition])
        return bounds.stable == bounds.end

    async def _seen(self) -> set[tuple[int, bytes]]:
        found = [
            (partition, value)
            for partition in range(PARTITIONS)
            for value in await self.world.committed(partition)
        ]
        assert len(found) == len(set(found)), "a record came twice"
        return set(found)

    @rule()
    def all_ends_at_last(self) -> None:
        """With successors for all, nothing stays open; offsets are those of the last commit."""
        for name in ("a", "b"):
            self.a_successor_starts(name)
        for partition in range(PARTITIONS):
            assert self._is_stable(partition)
        error, offset = self.run(self.world.offset(stable=True))
        assert error == 0
        certain = [
            attempt.offset
            for attempt in self.attempts
            if attempt.outcome and (attempt.offset or 0) > 0
        ]
        possible = {
            abs(attempt.offset)
            for attempt in self.attempts
            if attempt.offset is not None and attempt.asked and attempt.outcome is not False
        }
        assert offset in possible | {-1}
        if certain:
            assert offset != -1
        if offset != -1:
            assert offset not in {
                attempt.offset for attempt in self.attempts if attempt.outcome is False
            }


def test_a_transaction_counts_as_a_whole_or_not_at_all() -> None:
    run_state_machine_as_test(
        TransactionMachine,
        settings=settings(max_examples=60, stateful_step_count=40, deadline=None),
    )
