"""The end of a run: everybody comes to an end, then all that there is is compared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from tests.simulation.cast import GROUP, TRANSFORMERS, Cast
from tests.simulation.checker import Place
from tests.simulation.clients import Client, Consumer, Producer
from tests.simulation.committed import CommittedReader
from tests.simulation.members import Admin
from tests.simulation.transactions import TransactionalProducer, committed_offsets
from tests.simulation.trimmed import Trimmer

# How long a healed cluster may take to have done everything.
PATIENCE_S = 120.0
_NOWHERE = 1 << 62


class _Reader(Protocol):
    name: str
    positions: dict[Place, int]

    async def poll(self) -> None: ...


class Ending:
    """Ends a run whose troubles are over. `keeps_records` says whether offsets have records."""

    def __init__(
        self,
        cast: Cast,
        admin: Admin,
        tasks: dict[str, asyncio.Task[None]],
        now_s: Callable[[], float],
        *,
        keeps_records: bool,
    ) -> None:
        self._cast = cast
        self._history = cast.history
        self._admin = admin
        self._tasks = tasks
        self._now_s = now_s
        self._keeps_records = keeps_records

    async def drain(self) -> None:
        """Let nobody write any more."""
        writers = [
            client
            for client in self._cast.clients
            if isinstance(client, Producer | Admin | TransactionalProducer | Trimmer)
        ]
        for writer in writers:
            writer.is_draining = True
        for writer in writers:
            await self._end(writer)

    async def compare(self) -> None:
        """Read everything, check it, and end the readers."""
        cast = self._cast
        for writer, places in cast.closing_writers():
            for place in places:
                await writer.pause(1.0)
                await writer.write(place)
        reader = Consumer(*cast.of_one("reader"), places=cast.events)
        ends = await self._read_all(reader, cast.events)
        trimmed = cast.trimmed_reader("late-trimmed-reader")
        await self._read_all(trimmed, cast.recent + cast.trimmed)
        starts = dict.fromkeys(cast.table, _NOWHERE)
        starts |= {place: cast.starts.known(place).start for place in trimmed.positions}
        logs = reader.logs | trimmed.logs
        if cast.has_transactions:
            logs |= await self._audit()
        self._history.final(logs, starts)
        await self._scan()
        self._history.topics_found(await self._admin.topics())
        for client in cast.clients:
            client.is_draining = True
        await self._let_readers_finish(ends)
        for client in cast.clients:
            client.is_done = client.is_draining = True
        for client in cast.clients:
            await self._end(client)

    async def _audit(self) -> dict[Place, dict[int, object]]:
        cast = self._cast
        auditor = cast.auditor("late-auditor")
        await self._read_all(auditor, cast.accounts + cast.outputs)
        logs = auditor.view.logs
        cast.ledger.final(logs, auditor.view.marks)
        for client in cast.clients:
            if isinstance(client, CommittedReader):
                cast.ledger.final_view(client.name, client.view.logs, client.positions, logs)
        admin = self._admin
        offsets = await admin.insist(lambda: committed_offsets(admin, TRANSFORMERS, cast.accounts))
        cast.ledger.final_consumed(logs, offsets)
        return dict(logs)

    async def _scan(self) -> None:
        reader = self._cast.table_reader("late-table-reader")
        deadline_s = self._now_s() + PATIENCE_S
        for place in self._cast.table:
            while not await reader.scan(place):
                if self._now_s() > deadline_s:
                    self._history.violation(f"stuck: nobody can read {place}")
                    return

    async def _read_all(self, reader: _Reader, places: list[Place]) -> dict[Place, int]:
        """Let somebody read everything; gives the ends."""
        ends = await self._admin.ends(places)
        deadline_s = self._now_s() + PATIENCE_S
        while reader.positions != ends and self._now_s() < deadline_s:
            await reader.poll()
        if reader.positions != ends:
            self._history.violation(f"stuck: {reader.name} is at {reader.positions} of {ends}")
        return ends

    async def _let_readers_finish(self, ends: dict[Place, int]) -> None:
        deadline_s = self._now_s() + PATIENCE_S
        consumers = [client for client in self._cast.clients if isinstance(client, Consumer)]

        def behind() -> list[str]:
            late = [client.name for client in consumers if client.positions != ends]
            # An offset may outlive the records before it where nothing was flushed.
            for place, end in ends.items() if self._keeps_records else ():
                if max(self._history.last_committed(GROUP, place), 0) != end:
                    late.append(f"{GROUP} {place.partition}")
            return late

        while behind():
            if self._now_s() > deadline_s:
                self._history.violation(f"stuck: {', '.join(behind())}")
                return
            await asyncio.sleep(1.0)

    async def _end(self, client: Client) -> None:
        try:
            await asyncio.wait_for(asyncio.shield(self._tasks[client.name]), PATIENCE_S)
        except TimeoutError:
            self._history.violation(f"stuck: {client.name}")
        except Exception as error:
            self._history.violation(f"broken answer: {client.name}: {error!r}")
