"""One run: a broker, its clients, the trouble they are in, and the verdict in the end."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from kafkapy.broker import Broker
from kafkapy.config.broker import BrokerConfig
from kafkapy.storage.errors import DiskError
from tests.simulation.checker import History, Ledger, Place
from tests.simulation.clients import (
    PORT,
    Client,
    Consumer,
    IdempotentProducer,
    Producer,
)
from tests.simulation.disk import SimulatedDisk
from tests.simulation.loop import EPOCH_MS, Process, Trace, VirtualClock, VirtualLoop
from tests.simulation.members import Admin, Member
from tests.simulation.network import Network
from tests.simulation.transactions import CommittedReader, TransactionalProducer

_TOPIC = "events"
_ACCOUNTS = "accounts"
_GROUP = "readers"
_PARTITIONS = 3
# How long a healed cluster may take to have done everything.
_PATIENCE_S = 120.0
_Writer = Producer | Admin | TransactionalProducer


class Ends(enum.Enum):
    """How brokers end, besides cleanly."""

    KILL = "kill -9"
    POWER_CUT = "power cut, every append flushed"
    POWER_CUT_UNFLUSHED = "power cut, nothing flushed"


class Result(NamedTuple):
    """What came of a run."""

    seed: int
    ends: Ends
    violations: list[str]
    digest: str
    trace: list[str]
    virtual_s: float
    boots: int
    acknowledged: int
    read: int
    gaps: int


class Simulation:
    """One run of a seed; it can be run once."""

    def __init__(
        self,
        seed: int,
        seconds: float,
        *,
        keeps_trace: bool = False,
        ends: Ends | None = None,
        new_disk: Callable[[Random, Trace], SimulatedDisk] = SimulatedDisk,
    ) -> None:
        self._seed = seed
        self._random = random = Random(seed)
        self._seconds = seconds
        self._trace = Trace(keeps_trace)
        self._loop = VirtualLoop(self._fork(), self._trace)
        self._ends = random.choice(list(Ends)) if ends is None else ends
        slowest_s = random.choice((0.001, 0.02, 0.5))
        self._network = Network(self._loop, self._fork(), self._trace, slowest_s)
        self._disk = new_disk(self._fork(), self._trace)
        self._clock = VirtualClock(self._loop)
        self._config = BrokerConfig(self._settings())
        self._history = History(self._loop.time)
        self._places = [Place(_TOPIC, index) for index in range(_PARTITIONS)]
        self._accounts = [Place(_ACCOUNTS, index) for index in range(_PARTITIONS)]
        self._ledger = Ledger(self._history)
        self._broker: Broker | None = None
        self._process: Process | None = None
        self._changed = asyncio.Event()
        self._boots = 0
        self._disk_fails = random.random() < 0.3
        # Indexes of aborted transactions are not flushed, so none of them outlives a power cut.
        self._has_transactions = self._ends is Ends.KILL
        self._clients = self._new_clients()

    def _fork(self) -> Random:
        return Random(self._random.getrandbits(64))

    def _settings(self) -> dict[str, str]:
        random = self._random
        settings = {
            "listeners": f"PLAINTEXT://127.0.0.1:{PORT}",
            "offsets.topic.num.partitions": "2",
            "transaction.state.log.num.partitions": "2",
            "transaction.abort.timed.out.transaction.cleanup.interval.ms": "2000",
            "group.initial.rebalance.delay.ms": random.choice(("0", "3000")),
            "log.index.interval.bytes": "200",
            "log.roll.ms": random.choice(("2000", "604800000")),
            "log.retention.ms": "-1",
            "log.retention.check.interval.ms": random.choice(("1500", "300000")),
            "log.segment.delete.delay.ms": "3000",
            "max.incremental.fetch.session.cache.slots": random.choice(("1", "1000")),
        }
        if self._ends is Ends.POWER_CUT:
            settings["log.flush.interval.messages"] = "1"
        elif random.random() < 0.3:
            settings["log.flush.interval.messages"] = "5"
        return settings

    def _new_clients(self) -> list[Client]:
        random = self._random
        common = (self._network, self._history)
        clients: list[Client] = [Admin("admin", *common, self._fork())]
        for index in range(random.randint(1, 2)):
            args = (f"idempotent{index}", *common, self._fork())
            clients.append(IdempotentProducer(*args, places=self._places))
        for index in range(random.randint(0, 2)):
            args = (f"producer{index}", *common, self._fork())
            acks = random.choice((-1, 1, 0))
            clients.append(Producer(*args, places=self._places, acks=acks))
        clients.append(Consumer("consumer", *common, self._fork(), places=self._places))
        if self._has_transactions:
            for index in range(random.randint(0, 2)):
                clients.append(
                    TransactionalProducer(
                        f"transactional{index}",
                        *common,
                        self._fork(),
                        places=self._accounts,
                        ledger=self._ledger,
                    )
                )
            clients.append(self._auditor("auditor"))
        has_static = random.random() < 0.3
        for index in range(random.randint(1, 4)):
            name = f"member{index}"
            instance_id = name if has_static and index % 2 else None
            member = Member(
                name,
                *common,
                self._fork(),
                group=_GROUP,
                places=self._places,
                instance_id=instance_id,
            )
            clients.append(member)
        return clients

    def _auditor(self, name: str) -> CommittedReader:
        return CommittedReader(
            name,
            self._network,
            self._history,
            self._fork(),
            places=self._accounts,
            ledger=self._ledger,
        )

    def run(self) -> Result:
        """Run to the end."""
        errors = _Errors(self._history, self._disk_fails)
        logger = logging.getLogger("kafkapy")
        logger.addHandler(errors)
        try:
            self._loop.run(self._main())
        finally:
            logger.removeHandler(errors)
        for error in self._loop.errors:
            self._history.violation(f"unhandled error: {error}")
        idempotent = [c for c in self._clients if isinstance(c, IdempotentProducer)]
        return Result(
            self._seed,
            self._ends,
            self._history.violations,
            self._trace.digest,
            self._trace.lines,
            self._loop.time(),
            self._boots,
            len(self._history.acknowledged),
            self._history.read_count,
            sum(producer.gaps for producer in idempotent),
        )

    async def _main(self) -> None:
        if not await self._boot():
            return
        admin = Admin("setup", self._network, self._history, self._fork())
        for name in (_TOPIC, _ACCOUNTS):
            await admin.create(name, _PARTITIONS)
        tasks = {client.name: asyncio.create_task(client.run()) for client in self._clients}
        while self._loop.time() < self._seconds:
            await asyncio.sleep(self._random.random() * 6.0)
            if not await self._trouble():
                return
        self._trace("calm")
        self._network.is_calm = True
        self._disk.fails_in = -1
        if not await self._crash_and_boot():
            return
        await self._finish(admin, tasks)

    # Trouble

    async def _trouble(self) -> bool:
        """Make some; False where the broker does not come back."""
        action = self._random.choice(("cut", "cut", "stall", "crash", "crash", "restart", "fail"))
        self._trace(f"trouble {action}")
        if action == "cut":
            self._network.cut()
        elif action == "stall":
            self._network.stall(self._random.random() * 10.0)
        elif action == "restart":
            return await self._restart()
        elif action == "crash":
            if self._random.random() < 0.7:
                await self._stop_within(self._random.randint(0, 60))
            return await self._crash_and_boot()
        elif self._disk_fails:
            self._disk.fails_in = self._random.randint(0, 20)
            await asyncio.sleep(self._random.random() * 5.0)
            self._disk.fails_in = -1
            return await self._crash_and_boot()
        return True

    async def _stop_within(self, operations: int) -> None:
        """Let the process end in one of its next disk operations, if there are so many."""
        self._disk.stops_in = operations
        await self._wait_for_change(5.0)

    async def _restart(self) -> bool:
        assert self._broker is not None
        assert self._process is not None
        if self._random.random() < 0.3:
            self._disk.stops_in = self._random.randint(0, 20)
        context = self._process.context.copy()
        stopping = self._loop.create_task(self._broker.stop(), context=context)
        await self._done_or_dead(stopping)
        if not self._process.is_dead and stopping.exception() is not None:
            self._history.violation(f"the broker does not stop: {stopping.exception()!r}")
        return await self._crash_and_boot()

    async def _crash_and_boot(self) -> bool:
        """Let the broker end if it did not, then start it until it stays."""
        while True:
            self._crash()
            await asyncio.sleep(self._random.random() ** 2 * 4.0)
            loses_power = self._ends is not Ends.KILL and self._random.random() < 0.7
            self._disk.restart(lost_power=loses_power)
            if loses_power:
                self._history.forget(keeps_acknowledged=self._ends is Ends.POWER_CUT)
            self._trace(f"boot {self._boots} power lost {loses_power}")
            if not self._network.is_calm and self._random.random() < 0.3:
                self._disk.stops_in = self._random.randint(0, 40)
            if not await self._boot():
                return False
            if self._process is not None and not self._process.is_dead:
                self._disk.stops_in = -1
                return True

    def _crash(self) -> None:
        process = self._process
        if process is not None and not process.is_dead:
            self._trace("crash")
            self._loop.kill(process)
            self._network.forget(process, silently=self._random.random() < 0.3)
            self._changed.set()

    async def _boot(self) -> bool:
        """Start a broker, which may be killed meanwhile; False where it refuses to start."""
        self._boots += 1
        process = self._process = Process(f"broker{self._boots}")
        self._disk.on_stop = self._crash
        # The time of day was set meanwhile.
        self._clock.offset_ms = EPOCH_MS + self._random.randint(-2000, 2000)
        self._broker = Broker(self._config, self._disk, clock=self._clock, rng=self._fork())
        context = process.context.copy()
        starting = self._loop.create_task(self._broker.start(), context=context)
        await self._done_or_dead(starting)
        if process.is_dead:
            return True
        error = starting.exception()
        if error is not None:
            self._history.violation(f"the broker does not start: {error!r}")
        return error is None

    async def _done_or_dead(self, task: asyncio.Task[None]) -> None:
        task.add_done_callback(lambda _: self._changed.set())
        process = self._process
        assert process is not None
        while not task.done() and not process.is_dead:
            await self._wait_for_change(60.0)

    async def _wait_for_change(self, timeout_s: float) -> None:
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), timeout_s)

    # The end

    async def _finish(self, admin: Admin, tasks: dict[str, asyncio.Task[None]]) -> None:
        """Let everybody come to an end, then compare."""
        common = (self._network, self._history)
        writers = [
            c for c in self._clients if isinstance(c, Producer | Admin | TransactionalProducer)
        ]
        for writer in writers:
            writer.is_draining = True
        for writer in writers:
            await self._end(writer, tasks[writer.name])
        if not await self._crash_and_boot():
            return
        # Every partition ends with something new, so that everybody has to come so far.
        closing = Producer("closing", *common, self._fork(), places=self._places, acks=-1)
        for place in self._places:
            await closing.pause(1.0)
            await closing.write(place)
        reader = Consumer("reader", *common, self._fork(), places=self._places)
        ends = await self._read_all(reader, admin, self._places)
        logs = dict(reader.logs)
        if self._has_transactions:
            auditor = self._auditor("late-auditor")
            await self._read_all(auditor, admin, self._accounts)
            self._ledger.final(auditor.logs)
            logs.update(auditor.logs)
        self._history.final(logs)
        self._history.topics_found(await admin.topics())
        for client in self._clients:
            client.is_draining = True
        await self._let_readers_finish(ends)
        for client in self._clients:
            client.is_done = client.is_draining = True
        for client in self._clients:
            await self._end(client, tasks[client.name])

    async def _read_all(
        self, reader: Consumer | CommittedReader, admin: Admin, places: list[Place]
    ) -> dict[Place, int]:
        """Let somebody read everything; gives the ends."""
        ends = await admin.ends(places)
        deadline_s = self._loop.time() + _PATIENCE_S
        while reader.positions != ends and self._loop.time() < deadline_s:
            await reader.poll()
        if reader.positions != ends:
            self._history.violation(f"stuck: {reader.name} is at {reader.positions} of {ends}")
        return ends

    async def _let_readers_finish(self, ends: dict[Place, int]) -> None:
        deadline_s = self._loop.time() + _PATIENCE_S
        consumers = [client for client in self._clients if isinstance(client, Consumer)]

        def behind() -> list[str]:
            late = [client.name for client in consumers if client.positions != ends]
            # An offset may outlive the records before it where nothing was flushed.
            expected = {} if self._ends is Ends.POWER_CUT_UNFLUSHED else ends
            for place, end in expected.items():
                if max(self._history.last_committed(_GROUP, place), 0) != end:
                    late.append(f"{_GROUP} {place.partition}")
            return late

        while behind():
            if self._loop.time() > deadline_s:
                self._history.violation(f"stuck: {', '.join(behind())}")
                return
            await asyncio.sleep(1.0)

    async def _end(self, client: Client, task: asyncio.Task[None]) -> None:
        try:
            await asyncio.wait_for(asyncio.shield(task), _PATIENCE_S)
        except TimeoutError:
            self._history.violation(f"stuck: {client.name}")
        except Exception as error:
            self._history.violation(f"broken answer: {client.name}: {error!r}")


class _Errors(logging.Handler):
    """What the broker itself takes for an error."""

    def __init__(self, history: History, disk_fails: bool) -> None:
        super().__init__(logging.ERROR)
        self._history = history
        self._disk_fails = disk_fails

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if not (self._disk_fails and _is_of_disk(error)):
            self._history.violation(f"logged: {record.getMessage()}: {error!r}")


def _is_of_disk(error: BaseException | None) -> bool:
    return isinstance(error, OSError | DiskError)
