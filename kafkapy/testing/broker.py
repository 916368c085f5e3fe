"""The same broker as the command starts, inside the process of a test."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from types import TracebackType

from kafkapy import broker as _broker
from kafkapy.config.broker import BrokerConfig
from kafkapy.event_loop import event_loop_runner
from kafkapy.metadata.topics import parse_topic
from kafkapy.storage.disk import MemoryDisk, OsDisk

_HOST = "127.0.0.1"
_STOP_TIMEOUT_S = 30.0


class Broker:
    """A running broker; a context manager, or `start` and `stop` by hand.

    `config` holds Kafka's `server.properties` keys; `topics` are names, or `NAME:PARTITIONS`.
    With a `data_dir` the log is kept there; a broker started on it later goes on with it. A
    consumer group's first rebalance does not wait for more members, unless configured otherwise.
    """

    def __init__(
        self,
        config: Mapping[str, str] | None = None,
        *,
        data_dir: str | os.PathLike[str] | None = None,
        port: int = 0,
        topics: Sequence[str] = (),
    ) -> None:
        settings = {
            "listeners": f"PLAINTEXT://{_HOST}:{port}",
            "group.initial.rebalance.delay.ms": "0",
        }
        self._config = BrokerConfig({**settings, **(config or {})})
        self._disk = MemoryDisk() if data_dir is None else OsDisk(data_dir)
        self._topics = [parse_topic(topic) for topic in topics]
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._bootstrap_servers = ""

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
        self._thread.join(_STOP_TIMEOUT_S)
        self._thread = None

    def __enter__(self) -> Broker:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self, ready: Future[str]) -> None:
        try:
            event_loop_runner()(self._serve(ready))
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    async def _serve(self, ready: Future[str]) -> None:
        broker = _broker.Broker(self._config, self._disk)
        await broker.start()
        await broker.create_topics(self._topics)
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        ready.set_result(f"{_HOST}:{broker.endpoints[0].port}")
        await self._stop.wait()
        await broker.stop()
