"""A few transactions with a crash at one of their disk operations; run for every one in turn.

So the coordinator ends, among others, between the decision and each of the markers, and between the
last of them and the record that says that all are there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

from tests.simulation.cast import Cast
from tests.simulation.clients import Client
from tests.simulation.transactions import TransactionalProducer
from tests.simulation.workload import Ends, Simulation

_TRANSACTIONS = 2  # of each client
_LONGEST_S = 6.0


class Variant(NamedTuple):
    """How the broker ends, and whether the clients are those of KIP-890."""

    ends: Ends
    is_newer: bool

    def __str__(self) -> str:
        return f"{self.ends.value}, transactions of version {2 if self.is_newer else 1}"


VARIANTS = [
    Variant(ends, is_newer) for ends in (Ends.KILL, Ends.POWER_CUT) for is_newer in (False, True)
]


class _TransactionalCast(Cast):
    """Two who write in transactions, one who makes something of what they write, and a reader."""

    partitions = dict.fromkeys(Cast.partitions, 0) | {"accounts": 2, "outputs": 1}
    is_newer = False

    def _new_clients(self) -> list[Client]:
        options = {"is_newer": self.is_newer, "most": _TRANSACTIONS}
        clients: list[Client] = [
            TransactionalProducer(
                *self.of_one(f"transactional{index}"),
                places=self.accounts,
                ledger=self.ledger,
                **options,
            )
            for index in range(2)
        ]
        clients.append(self.transformer("transformer", **options))
        clients.append(self.auditor("auditor"))
        return clients


class _NewerCast(_TransactionalCast):
    is_newer = True


class CrashPoint(Simulation):
    """The run of a seed that ends its broker in one operation of the disk, counted from 0."""

    def __init__(
        self, seed: int, variant: Variant, point: int, *, keeps_trace: bool = False
    ) -> None:
        self.is_reached = True
        self._point = point
        self._new_clients = _NewerCast if variant.is_newer else _TransactionalCast
        super().__init__(seed, 0.0, keeps_trace=keeps_trace, ends=variant.ends)
        self._disk_fails = False
        self._blackouts = 1.0

    def _new_cast(self) -> Cast:
        self._network.slowest_s = 0.02
        return self._new_clients(self._network, self._history, self._fork(), has_transactions=True)

    async def _make_trouble(self) -> bool:
        process = self._process
        assert process is not None
        self._disk.stops_in = self._point
        end_s = self._loop.time() + _LONGEST_S
        while not process.is_dead and self._loop.time() < end_s:
            await self._wait_for_change(end_s - self._loop.time())
        self.is_reached = process.is_dead
        if not await self._crash_and_boot():
            return False
        await asyncio.sleep(2.0)
        return True


def crash_points(
    seed: int, variant: Variant, *, first: int = 0, step: int = 1
) -> Iterator[tuple[int, CrashPoint]]:
    """Give the runs of a seed, one for each operation, until one ends before its operation."""
    point = first
    while True:
        run = CrashPoint(seed, variant, point)
        yield point, run
        if not run.is_reached:
            return
        point += step
