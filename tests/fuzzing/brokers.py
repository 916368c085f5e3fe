"""A whole broker on a damaged directory: its metadata, its groups and its transactions."""

from __future__ import annotations

import contextlib
from random import Random

from kafkapy.broker import Broker
from kafkapy.config.broker import BrokerConfig
from kafkapy.server.context import Peer
from kafkapy.server.dispatch import CloseConnectionError
from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.errors import StorageError
from kafkapy.wire.errors import WireError
from kafkapy.wire.messages.add_partitions_to_txn import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
)
from kafkapy.wire.messages.create_topics import CreatableTopic
from kafkapy.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kafkapy.wire.messages.init_producer_id import InitProducerIdRequest
from kafkapy.wire.messages.metadata import MetadataRequest
from kafkapy.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from kafkapy.wire.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup
from kafkapy.wire.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from kafkapy.wire.records.record import Record, build_batch
from kafkapy.wire.schema import Message
from tests.fuzzing.damage import damage, paths
from tests.fuzzing.errors import FuzzError
from tests.fuzzing.frames import frame_of
from tests.fuzzing.target import ErrorLog, ManualClock, settled

_CONFIG = {
    "listeners": "PLAINTEXT://127.0.0.1:0",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.num.partitions": "1",
    "log.cleaner.enable": "false",
}
_PEER = Peer(0, "127.0.0.1", "127.0.0.1", 9092, "PLAINTEXT")
_TOPICS = ("a", "b")

_templates: list[MemoryDisk] = []


def _broker(disk: MemoryDisk) -> Broker:
    return Broker(BrokerConfig(_CONFIG), disk, clock=ManualClock(), rng=Random(0))


async def _ask(broker: Broker, request: Message, version: int) -> None:
    frame = frame_of(request, version)
    with contextlib.suppress(WireError, CloseConnectionError):
        await settled(broker.dispatcher, frame, _PEER)


def _requests() -> list[tuple[Message, int]]:
    batch = build_batch([Record(0, 1_700_000_000_000, b"key", b"value")])
    offsets = [OffsetCommitRequestPartition(partition_index=0, committed_offset=1)]
    asked: list[tuple[Message, int]] = [(MetadataRequest(topics=None), 12)]
    for topic in _TOPICS:
        data = TopicProduceData(topic, partition_data=[PartitionProduceData(0, batch)])
        committed = OffsetCommitRequestTopic(name=topic, partitions=offsets)
        partition = FetchPartition(0, fetch_offset=0, partition_max_bytes=1000)
        added = AddPartitionsToTxnTopic(name=topic, partitions=[0])
        asked += [
            (ProduceRequest(None, 1, 1000, [data]), 9),
            (FetchRequest(max_wait_ms=0, topics=[FetchTopic(topic, partitions=[partition])]), 11),
            (OffsetCommitRequest(group_id=topic, topics=[committed]), 8),
            (OffsetFetchRequest(groups=[OffsetFetchRequestGroup(group_id=topic)]), 8),
            (InitProducerIdRequest(transactional_id=topic, transaction_timeout_ms=10_000), 4),
            (
                AddPartitionsToTxnRequest(
                    v3_and_below_transactional_id=topic,
                    v3_and_below_producer_id=1,
                    v3_and_below_topics=[added],
                ),
                3,
            ),
        ]
    return asked


async def _new_template() -> list[MemoryDisk]:
    """Make the directory of a broker that runs, and that of one that has stopped."""
    disk = MemoryDisk()
    broker = _broker(disk)
    await broker.start()
    for topic in _TOPICS:
        new = CreatableTopic(name=topic, num_partitions=1, replication_factor=1)
        await broker.controller.create_topic(new, validate_only=False)
    for _ in range(3):
        for request, version in _requests():
            await _ask(broker, request, version)
    running = disk.clone()
    await broker.stop()
    return [running, disk]


async def try_damaged_broker(random: Random) -> None:
    """Damage the files of a broker, start it, use it, and start it again. Raises FuzzError."""
    if not _templates:
        _templates.extend(await _new_template())
    disk = random.choice(_templates).clone()
    harmed = damage(random, disk, paths(disk))
    for _ in range(2):
        broker = _broker(disk)
        with ErrorLog() as log:
            try:
                await broker.start()
            except StorageError:
                return
            for request, version in _requests():
                await _ask(broker, request, version)
            await broker.stop()
        if log.unexpected:
            raise FuzzError(f"after damage of {harmed}: {log.unexpected[0]}")
