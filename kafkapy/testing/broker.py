"""The same broker as the command starts, inside the process of a test."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

from kafkapy import broker as _broker
from kafkapy.config.broker import BrokerConfig
from kafkapy.errors import ApiError
from kafkapy.handlers.table import TABLE
from kafkapy.metadata.topics import parse_topic
from kafkapy.releases import table_as_of
from kafkapy.server.dispatch import Served
from kafkapy.storage.disk import Disk, MemoryDisk, OsDisk
from kafkapy.testing import records
from kafkapy.testing.dispatch import FaultyDispatcher
from kafkapy.testing.faults import Fault, Faults, Predicate, parse_error
from kafkapy.testing.records import Headers, Record, Text
from kafkapy.testing.requests import RequestLog, parse_api
from kafkapy.testing.time_travel import TravelClock, TravelLoop
from kafkapy.wire.api import ApiKey
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.create_topics import CreatableTopic, CreatableTopicConfig
from kafkapy.wire.messages.offset_fetch import OffsetFetchRequestGroup

T = TypeVar("T")

_HOST = "127.0.0.1"
_TIMEOUT_S = 30.0
# Answers that were waiting go out in a few steps of the loop.
_SETTLING_STEPS = 10


class Broker:
    """A running broker; a context manager, or `start` and `stop` by hand.

    `config` holds Kafka's `server.properties` keys; `topics` are names, or `NAME:PARTITIONS`.
    With a `data_dir` the log is kept there; a broker started on it later goes on with it. A
    consumer group's first rebalance does not wait for more members, unless configured otherwise.
    With `as_version` it serves what that release of Kafka did, from "0.10.0" on.

    It runs in a thread of its own, and every method may be called from any other; a call takes
    well below a millisecond where it says nothing else, so that it may be made from async tests.
    Those should put calls that wait into `asyncio.to_thread`.
    """

    def __init__(
        self,
        config: Mapping[str, str] | None = None,
        *,
        data_dir: str | os.PathLike[str] | None = None,
        port: int = 0,
        topics: Sequence[str] = (),
        as_version: str | None = None,
    ) -> None:
        settings = {
            "listeners": f"PLAINTEXT://{_HOST}:{port}",
            "group.initial.rebalance.delay.ms": "0",
        }
        self.requests = RequestLog()
        self._config = BrokerConfig({**settings, **(config or {})})
        self._disk: Disk = MemoryDisk() if data_dir is None else OsDisk(data_dir)
        self._topics = [parse_topic(topic) for topic in topics]
        self._table = TABLE if as_version is None else table_as_of(as_version, TABLE)
        self._clock = TravelClock()
        self._faults = Faults()
        self._broker: _broker.Broker | None = None
        self._dispatcher: FaultyDispatcher | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._bootstrap_servers = ""

    # Life

    @property
    def bootstrap_servers(self) -> str:
        """The address for clients, `host:port`."""
        return self._bootstrap_servers

    def start(self) -> Broker:
        """Start, and return when clients are accepted.

        Raises what the start raised: OSError for a port in use, StorageError for the data.
        """
        ready: Future[str] = Future()
        self._thread = threading.Thread(
            target=self._run, args=(ready,), name="kafkapy-broker", daemon=True
        )
        self._thread.start()
        self._bootstrap_servers = ready.result()
        return self

    def stop(self) -> None:
        """Stop cleanly; the second time does nothing."""
        if self._thread is None or self._loop is None or self._stop is None:
            return
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_TIMEOUT_S)
        self._thread = None

    def reset(self) -> None:
        """Be a new broker on the same port, with the topics of the start; takes milliseconds.

        Gone are topics, records, groups, settings, sessions and producer ids; and what tests have
        made: faults, the log of requests, and time as far as records tell it. Clients stay
        connected and meet what they would meet if all topics and groups were deleted and made
        anew; only requests that would keep waiting for what is gone are cut off.
        """
        self._call(self._reset)

    def __enter__(self) -> Broker:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    # State

    def create_topic(
        self, name: str, partitions: int = 1, config: Mapping[str, str] | None = None
    ) -> None:
        """Create a topic. Raises ApiError where Kafka would refuse that."""
        configs = [CreatableTopicConfig(name=k, value=v) for k, v in (config or {}).items()]
        topic = CreatableTopic(
            name=name, num_partitions=partitions, replication_factor=1, configs=configs
        )
        self._call(lambda: self._now.controller.create_topic(topic, validate_only=False))

    def write(
        self,
        topic: str,
        value: Text | None,
        key: Text | None = None,
        headers: Headers = (),
        partition: int | None = None,
        timestamp_ms: int | None = None,
    ) -> Record:
        """Append a record to a topic, which is created if need be; gives it with its offset.

        Text is encoded as UTF-8. Without a partition the key decides, as in Kafka's own producers;
        without a key it is partition 0. Raises ApiError for an unknown partition, StorageError for
        a record that the topic does not take.
        """

        async def run() -> Record:
            broker = self._now
            found = await broker.controller.create_missing(topic)
            index = partition
            if index is None:
                index = records.partition_of(records.to_bytes(key), len(found.partitions))
            log = records.find_log(broker, topic, index)
            return await records.write(broker, log, value, key, headers, timestamp_ms)

        return self._call(run)

    def records(
        self,
        topic: str,
        partition: int | None = None,
        *,
        at_least: int = 0,
        timeout: float = 10.0,
    ) -> list[Record]:
        """Read a topic from start to end, partition by partition, or one of them.

        Records of transactions that are open or were aborted are among them. It takes as long as
        the records are many. Raises ApiError for an unknown topic or partition.

        With `at_least` it waits for that many records, and for the topic too; raises TimeoutError
        where they do not come in `timeout` seconds.
        """
        if at_least:
            return self._call(
                lambda: records.wait(lambda: self._now, topic, partition, at_least, timeout),
                timeout,
            )
        return self._call(lambda: records.read(self._now, topic, partition))

    def committed(self, group: str) -> dict[tuple[str, int], int]:
        """Give the committed offsets of a group by topic and partition; none for an unknown one."""

        async def run() -> dict[tuple[str, int], int]:
            asked = OffsetFetchRequestGroup(group_id=group, topics=None)
            try:
                found = self._now.groups.fetch_offsets(asked, require_stable=False)
            except ApiError as error:
                if error.code is ErrorCode.NOT_COORDINATOR:
                    return {}  # there has been no group yet
                raise
            return {
                (topic.name, partition.partition_index): partition.committed_offset
                for topic in found.topics
                for partition in topic.partitions
            }

        return self._call(run)

    # Time

    def advance(self, seconds: float) -> None:
        """Put the broker's time forward, and do what has become due by that.

        All its times move together: session timeouts, rebalance delays, long polls, delays of
        faults, retention, the timestamps that it gives. Time jumps: a timer that another one starts
        counts from the new time. The clients' own timers know nothing of it.
        """
        if seconds < 0:
            raise ValueError("time goes forward only")
        self._call(partial(self._advance, round(seconds * 1000)))

    # Faults

    def fault(
        self,
        api: str | ApiKey | None = None,
        *,
        error: str | ErrorCode | None = None,
        delay: float = 0.0,
        drop: bool = False,
        disconnect: bool = False,
        after: bool = False,
        times: int | None = None,
        client_id: str | None = None,
        topic: str | None = None,
        when: Predicate | None = None,
    ) -> Fault:
        """Let requests fail, until the fault is cleared or has met `times` requests.

        What happens: an answer with an `error`, no answer at all (`drop`), a cut connection
        (`disconnect`), or just a `delay` in seconds, which may precede any of these. With `after`
        the request is carried out first, and the client does not hear of it. Which requests: those
        of an `api`, of a `client_id`, that name a `topic`, for which `when(request)` is true; a
        request is met as a whole. Of several faults the oldest that matches acts.

        Raises ValueError for an unknown API or error, and for what contradicts itself.
        """
        endings = [error is not None, drop, disconnect]
        if sum(endings) > 1 or not (any(endings) or delay > 0):
            raise ValueError("a fault is one of error, drop and disconnect, or a delay")
        fault = Fault(
            self._faults,
            api=None if api is None else parse_api(api),
            error=None if error is None else parse_error(error),
            delay_s=delay,
            drop=drop,
            disconnect=disconnect,
            after=after,
            times=times,
            client_id=client_id,
            topic=topic,
            when=when,
        )
        self._faults.add(fault)
        return fault

    def clear_faults(self) -> None:
        """End all faults; requests that they hold back stay so."""
        self._faults.clear()

    # In the broker's thread

    @property
    def _now(self) -> _broker.Broker:
        """The broker that serves now; a reset puts another in its place."""
        assert self._broker is not None
        return self._broker

    def _call(self, run: Callable[[], Coroutine[Any, Any, T]], waiting_s: float = 0.0) -> T:
        if self._thread is None or self._loop is None:
            raise RuntimeError("the broker is not running")
        if self._thread is threading.current_thread():
            raise RuntimeError("the broker's own thread cannot wait for itself")
        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(_TIMEOUT_S + waiting_s)

    def _run(self, ready: Future[str]) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: TravelLoop(self._clock)) as runner:
                runner.run(self._serve(ready))
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    async def _serve(self, ready: Future[str]) -> None:
        self._dispatcher = None
        broker = self._broker = self._new_broker(self._disk)
        await broker.start()
        await broker.create_topics(self._topics)
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        ready.set_result(f"{_HOST}:{broker.endpoints[0].port}")
        await self._stop.wait()
        await self._stop_accepting()
        await self._now.stop()

    async def _stop_accepting(self) -> None:
        """Let connections that are being accepted become ours, so that the stop closes them too.

        asyncio loses, and leaves open, one that it accepts in the step in which its server closes.
        """
        listeners = self._now.listeners
        for server in listeners._servers if listeners is not None else ():
            for sock in server.sockets:
                asyncio.get_running_loop().remove_reader(sock)
        await _settle()

    def _new_broker(self, disk: Disk, cluster_id: str | None = None) -> _broker.Broker:
        return _broker.Broker(
            self._config,
            disk,
            cluster_id=cluster_id,
            clock=self._clock,
            table=self._table,
            new_dispatcher=self._dispatcher_of,
        )

    def _dispatcher_of(
        self, broker: _broker.Broker, table: Mapping[ApiKey, Served]
    ) -> FaultyDispatcher:
        """Give all brokers the same, which the connections know."""
        if self._dispatcher is None:
            self._dispatcher = FaultyDispatcher(broker, table, self.requests, self._faults)
        return self._dispatcher

    async def _reset(self) -> None:
        old = self._now
        self._faults.clear()
        self._clock.come_back()
        await old.transactions.close()
        await old.groups.close()
        await old.engine.delete(list(old.engine.logs()))
        await old.engine.close()
        if isinstance(self._disk, MemoryDisk):
            self._disk = MemoryDisk()
        else:
            for name in self._disk.list():
                self._disk.remove(name)
        new = self._new_broker(self._disk, old.cluster_id)
        await new.start(successor_of=old)
        await old.stop()
        await new.create_topics(self._topics)
        self._broker = new
        await self._hand_over(old, new)
        self.requests.clear()

    async def _hand_over(self, old: _broker.Broker, new: _broker.Broker) -> None:
        """Serve the clients of the old broker; the deletion of its logs has woken who waits."""
        if self._dispatcher is not None and new.listeners is not None:
            dispatcher = self._dispatcher
            dispatcher.serve(new)
            await _settle()
            new.listeners.disconnect(lambda each: dispatcher.is_served_by(each.peer, old))
            await _settle()

    async def _advance(self, duration_ms: int) -> None:
        self._clock.advance(duration_ms)
        await _settle()
        await self._now.groups.run_due()
        await self._now.transactions.run_due()
        await self._now.engine.maintain()
        await _settle()


async def _settle() -> None:
    for _ in range(_SETTLING_STEPS):
        await asyncio.sleep(0)
