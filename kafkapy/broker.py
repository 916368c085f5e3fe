"""The composition root: what a broker is made of, and the order in which it starts and stops."""

from __future__ import annotations

import asyncio
import base64
import logging
import random
from collections.abc import Callable, Mapping, Sequence

from kafkapy import descriptors
from kafkapy.clock import Clock, SystemClock
from kafkapy.config.broker import BrokerConfig
from kafkapy.coordinator.groups import OFFSETS_TOPIC, GroupCoordinator
from kafkapy.coordinator.settings import GroupSettings
from kafkapy.coordinator.transaction.coordinator import TRANSACTION_TOPIC, TransactionCoordinator
from kafkapy.coordinator.transaction.markers import Markers
from kafkapy.coordinator.transaction.settings import TransactionSettings
from kafkapy.coordinator.transaction.transaction import TopicPartition
from kafkapy.errors import ApiError
from kafkapy.fetch_sessions import SessionCache
from kafkapy.handlers.table import TABLE
from kafkapy.internal_topics import overrides_of, partition_count_of
from kafkapy.meta_properties import load_cluster_id
from kafkapy.metadata.controller import Controller
from kafkapy.metadata.features import TRANSACTION_VERSION
from kafkapy.metadata.image import INTERNAL_TOPICS, Image, Topic
from kafkapy.metadata.topics import check_name
from kafkapy.server.context import Peer
from kafkapy.server.dispatch import Dispatcher, Served
from kafkapy.server.listener import Endpoint, Listeners
from kafkapy.storage.config import CompactionLimits
from kafkapy.storage.disk import Disk
from kafkapy.storage.engine import LogId
from kafkapy.storage.local import LocalEngine
from kafkapy.wire.api import ApiKey
from kafkapy.wire.error_codes import ErrorCode

_LOG = logging.getLogger(__name__)
# Since this version each transaction has an epoch of its own (KIP-890), as level 2 promises.
_END_TXN_WITH_EPOCHS = 5
# Between two checkpoints, where the configuration would have no rest at all.
_SHORTEST_MS = 1000


class Broker:
    """One broker: an engine, the metadata, the coordinators, and the listeners before them.

    It runs in the event loop in which `start` is called. Time and randomness come from the
    arguments, so that a test or a simulation can own them. `table` says which APIs are served, and
    `new_dispatcher` makes what is put between the listeners and the handlers.
    """

    def __init__(
        self,
        config: BrokerConfig,
        disk: Disk,
        *,
        cluster_id: str | None = None,
        clock: Clock | None = None,
        rng: random.Random | None = None,
        table: Mapping[ApiKey, Served] = TABLE,
        new_dispatcher: Callable[[Broker, Mapping[ApiKey, Served]], Dispatcher] = Dispatcher,
    ) -> None:
        self.clock = clock or SystemClock()
        self.rng = rng or random.SystemRandom()
        self.node_id = config.node_id
        self.rack: str | None = config["broker.rack"]
        self.cluster_id = cluster_id or ""
        self.endpoints: list[Endpoint] = []
        self.image = Image(config)
        # What compressed records of one request may expand to where the broker must read them.
        self.max_decompressed_bytes: int = config["socket.request.max.bytes"]
        # Elements of a request's arrays cost far more than their bytes.
        self.max_request_elements: int = config["max.request.elements"]
        self.engine = LocalEngine(
            disk,
            now_ms=self.clock.now_ms,
            random=self.rng,
            producer_id_expiration_ms=config["producer.id.expiration.ms"],
            max_open_segments=descriptors.for_segments(),
            max_expanded_bytes=self.max_decompressed_bytes,
        )
        self.controller = Controller(
            self.engine, self.image, self.clock, self.node_id, lambda: self.rng.randbytes(16)
        )
        self.groups = GroupCoordinator(
            self.engine,
            self.clock,
            GroupSettings.from_config(config),
            self._offsets_logs,
            self._new_member_id,
        )
        self.transactions = TransactionCoordinator(
            self.engine,
            self.clock,
            TransactionSettings.from_config(config),
            self._transaction_logs,
            self.controller.next_producer_id,
            Markers(self.engine, self.clock, self.groups, self._find_log),
        )
        self.fetch_sessions = SessionCache(
            config["max.incremental.fetch.session.cache.slots"], lambda: self.rng.getrandbits(31)
        )
        self.dispatcher = new_dispatcher(self, table)
        self.fetch_max_bytes: int = config["fetch.max.bytes"]
        self.disk = disk
        self._configured_cluster_id = cluster_id
        self.listeners: Listeners | None = None
        self._upkeep: list[asyncio.Task[None]] = []

    @property
    def config(self) -> BrokerConfig:
        """The configuration as it is now, with its dynamic changes."""
        return self.image.broker_config

    def _new_member_id(self) -> str:
        import uuid  # costs start-up time, and is needed by the first group

        return str(uuid.UUID(bytes=self.rng.randbytes(16), version=4))

    async def start(self, successor_of: Broker | None = None) -> None:
        """Recover the log, load the metadata and the groups, then accept clients.

        The successor of another broker takes over its sockets; their connections stay with the
        dispatcher that they have. Raises StorageError where the data cannot be used, OSError where
        a port cannot be bound.
        """
        await self.engine.start()
        try:
            self.cluster_id = load_cluster_id(
                self.disk, self.node_id, self._configured_cluster_id, self._new_cluster_id
            )
            await self.controller.load()
            self._hide_unserved_features()
            await self.groups.start()
            await self.transactions.start()
            self.controller.deleted_listeners += [
                self.groups.on_topics_deleted,
                self.transactions.on_topics_deleted,
            ]
            if successor_of is None:
                await self._listen()
            else:
                self.listeners, successor_of.listeners = successor_of.listeners, None
                self.endpoints = successor_of.endpoints
        except BaseException:
            await self.stop()
            raise
        _LOG.info("node %d of cluster %s has started", self.node_id, self.cluster_id)
        loop = asyncio.get_running_loop()
        self._upkeep.append(loop.create_task(self._maintain()))
        self._upkeep.append(loop.create_task(self._checkpoint()))
        if self.config["log.cleaner.enable"]:
            self._upkeep.append(loop.create_task(self._compact()))

    def _hide_unserved_features(self) -> None:
        """Tell of no feature that needs newer APIs than the table has; clients would use it."""
        end_txn = self.dispatcher.table.get(ApiKey.END_TXN)
        if end_txn is None or end_txn.versions.last < _END_TXN_WITH_EPOCHS:
            self.image.features.pop(TRANSACTION_VERSION, None)

    async def _listen(self) -> None:
        self.listeners = self._make_listeners()
        for listener in self.config.listeners:
            endpoint = Endpoint(listener.name, listener.host, listener.port)
            self.endpoints.append(await self.listeners.open(endpoint))

    async def stop(self) -> None:
        """Hang up, and make everything durable."""
        for task in self._upkeep:
            task.cancel()
        if self.listeners is not None:
            await self.listeners.close()
        await self.transactions.close()
        await self.groups.close()
        await self.engine.close()
        _LOG.info("node %d has stopped", self.node_id)

    def advertised(self, peer: Peer) -> tuple[str, int]:
        """Give the address to tell a client: what is advertised, or else what it dialled."""
        for listener in self.config.advertised_listeners:
            if listener.name == peer.listener and listener.host:
                return listener.host, listener.port or peer.local_port
        return peer.local_host, peer.local_port

    async def auto_create(self, name: str, may_create: bool) -> Topic:
        """Create a topic that a client asked for. Raises ApiError where that is not allowed."""
        check_name(name)
        if not may_create or not self.config["auto.create.topics.enable"]:
            raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        if name in INTERNAL_TOPICS:
            return await self.internal_topic(name)
        return await self.controller.create_missing(name)

    async def internal_topic(self, name: str) -> Topic:
        """Give one of the broker's own topics, created at its first use."""
        return await self.controller.create_missing(
            name, partition_count_of(name, self.config), overrides_of(name, self.config)
        )

    async def create_topics(self, topics: Sequence[tuple[str, int | None]]) -> None:
        """Create topics at the start, unless they exist."""
        for name, partitions in topics:
            await self.controller.create_missing(name, -1 if partitions is None else partitions)

    async def _offsets_logs(self) -> list[LogId]:
        return (await self.internal_topic(OFFSETS_TOPIC)).partitions

    async def _transaction_logs(self) -> list[LogId]:
        return (await self.internal_topic(TRANSACTION_TOPIC)).partitions

    def _find_log(self, at: TopicPartition) -> LogId | None:
        topic = self.image.topic(at.topic)
        return topic.partition(at.partition) if topic else None

    def _make_listeners(self) -> Listeners:
        config = self.config
        return Listeners(
            self.dispatcher,
            max_request_bytes=config["socket.request.max.bytes"],
            max_idle_ms=config["connections.max.idle.ms"],
            max_connections=config["max.connections"],
        )

    def _new_cluster_id(self) -> str:
        # Kafka's form: 16 random bytes in URL-safe base64 without padding.
        return base64.urlsafe_b64encode(self.rng.randbytes(16)).decode().rstrip("=")

    async def _maintain(self) -> None:
        interval_s = min(
            self.config["log.retention.check.interval.ms"],
            self.config["log.flush.scheduler.interval.ms"],
        )
        while True:
            await asyncio.sleep(interval_s / 1000)
            try:
                await self.engine.maintain()
            except Exception:
                _LOG.exception("maintenance of the log failed; it will be tried again")

    async def _checkpoint(self) -> None:
        interval_ms = max(self.config["log.flush.offset.checkpoint.interval.ms"], _SHORTEST_MS)
        while True:
            await asyncio.sleep(interval_ms / 1000)
            try:
                await self.engine.checkpoint()
            except Exception:
                _LOG.exception("a checkpoint failed; it will be tried again")

    async def _compact(self) -> None:
        while True:
            has_compacted = False
            try:
                has_compacted = await self.engine.compact(_compaction_limits(self.config))
            except Exception:
                _LOG.exception("a compaction failed")
            if not has_compacted:
                await asyncio.sleep(self.config["log.cleaner.backoff.ms"] / 1000)


def _compaction_limits(config: BrokerConfig) -> CompactionLimits:
    return CompactionLimits(
        map_bytes=config["log.cleaner.dedupe.buffer.size"],
        load_factor=config["log.cleaner.io.buffer.load.factor"],
        max_bytes_per_second=config["log.cleaner.io.max.bytes.per.second"],
    )
