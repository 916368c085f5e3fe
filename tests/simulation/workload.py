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
from tests.simulation.cast import Cast
from tests.simulation.checker import History
from tests.simulation.clients import PORT
from tests.simulation.disk import SimulatedDisk
from tests.simulation.ending import Ending
from tests.simulation.loop import EPOCH_MS, Process, Trace, VirtualClock, VirtualLoop
from tests.simulation.members import Admin
from tests.simulation.network import Network

# After how long without trouble a run has to be over.
_LONGEST_END_S = 240.0


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
    counts: dict[str, int]


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
        self._broker: Broker | None = None
        self._process: Process | None = None
        self._dead: list[object] = []  # held, so that nothing of them happens before the end
        self._changed = asyncio.Event()
        self._boots = 0
        self._disk_fails = random.random() < 0.3
        self._blackouts = 0.7  # how many crashes take the power with them
        # Where nothing is flushed, half a transaction may survive.
        self._cast = self._new_cast()

    def _new_cast(self) -> Cast:
        has_transactions = self._ends is not Ends.POWER_CUT_UNFLUSHED
        return Cast(self._network, self._history, self._fork(), has_transactions=has_transactions)

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
            "log.retention.check.interval.ms": random.choice(("1500", "1500", "300000")),
            "log.cleaner.min.cleanable.ratio": "0.1",
            "log.cleaner.backoff.ms": random.choice(("300", "2000")),
            "log.segment.delete.delay.ms": "3000",
            "max.incremental.fetch.session.cache.slots": random.choice(("1", "1000")),
        }
        if self._ends is Ends.POWER_CUT:
            settings["log.flush.interval.messages"] = "1"
        elif random.random() < 0.3:
            settings["log.flush.interval.messages"] = "5"
        return settings

    def run(self) -> Result:
        """Run to the end."""
        errors = _Errors(self._history, self._disk_fails)
        logger = logging.getLogger("kafkapy")
        logger.addHandler(errors)
        try:
            self._loop.run(self._main_in_time())
        finally:
            logger.removeHandler(errors)
        for error in self._loop.errors:
            self._history.violation(f"unhandled error: {error}")
        return Result(
            self._seed,
            self._ends,
            self._history.violations,
            self._trace.digest,
            self._trace.lines,
            self._loop.time(),
            {"starts": self._boots} | self._cast.counts(),
        )

    async def _main_in_time(self) -> None:
        try:
            await asyncio.wait_for(self._main(), self._seconds + _LONGEST_END_S)
        except TimeoutError:
            self._history.violation("stuck: the run does not end")

    async def _main(self) -> None:
        if not await self._boot():
            return
        admin = Admin(*self._cast.of_one("setup"))
        for name, partitions, settings in self._cast.topics():
            await admin.create(name, partitions, **settings)
        clients = self._cast.clients
        tasks = {client.name: asyncio.create_task(client.run()) for client in clients}
        if not await self._make_trouble():
            return
        self._trace("calm")
        self._network.is_calm = True
        self._disk.fails_in = -1
        if not await self._crash_and_boot():
            return
        ending = Ending(
            self._cast,
            admin,
            tasks,
            self._loop.time,
            keeps_records=self._ends is not Ends.POWER_CUT_UNFLUSHED,
        )
        await ending.drain()
        if await self._crash_and_boot():
            await ending.compare()

    # Trouble

    async def _make_trouble(self) -> bool:
        """Make trouble for as long as was asked; False where the broker does not come back."""
        while self._loop.time() < self._seconds:
            await asyncio.sleep(self._random.random() * 6.0)
            if not await self._trouble():
                return False
        return True

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
            loses_power = self._ends is not Ends.KILL and self._random.random() < self._blackouts
            self._disk.restart(lost_power=loses_power)
            if loses_power:
                self._network.silenced.add(self._process)
                self._cast.forget(keeps_acknowledged=self._ends is Ends.POWER_CUT)
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
            self._cast.starts.crash()
            self._loop.kill(process)
            self._network.forget(process, silently=self._random.random() < 0.3)
            self._changed.set()

    async def _boot(self) -> bool:
        """Start a broker, which may be killed meanwhile; False where it refuses to start."""
        self._boots += 1
        if self._process is not None:
            self._dead.append((self._process, self._broker))
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
