"""Produce: what is appended, what is refused, and that the shortcut answers as the codec does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafkapy.broker import Broker as InnerBroker
from kafkapy.config.broker import BrokerConfig
from kafkapy.handlers import produce
from kafkapy.server.context import Peer
from kafkapy.server.dispatch import CloseConnectionError
from kafkapy.storage.disk import MemoryDisk
from kafkapy.testing import Broker
from kafkapy.wire.compile import encode
from kafkapy.wire.compression import Compression
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.headers import RequestHeader, write_request_header
from kafkapy.wire.messages.create_topics import CreatableTopic, CreatableTopicConfig
from kafkapy.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kafkapy.wire.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from kafkapy.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from kafkapy.wire.messages.produce import (
    PartitionProduceData,
    PartitionProduceResponse,
    ProduceRequest,
    TopicProduceData,
)
from kafkapy.wire.records.legacy import build_message_set
from kafkapy.wire.records.record import Record, build_batch
from tests.kafkapy.wire_client import RawClient

TIME_MS = 1_700_000_000_000
VERSIONS = range(14)
VERSIONS_WITH_BATCHES = range(3, 14)
UNKNOWN_ID = bytes(range(16))
LATEST = -1
ANY_SIZE = 1 << 20
LARGEST_COPY_BYTES = 4096  # a larger frame is a view of what was received


def records(count: int = 1, size: int = 20) -> list[Record]:
    return [Record(offset, TIME_MS, b"key", b"v" * size) for offset in range(count)]


def payload(version: int, count: int = 1) -> bytes:
    if version < 3:
        return build_message_set(records(count), magic=1 if version == 2 else 0)
    return build_batch(records(count))


class Client(RawClient):
    """A raw client that knows the ids of topics."""

    def topic_id(self, name: str) -> bytes:
        asked = MetadataRequest([MetadataRequestTopic(name=name)], allow_auto_topic_creation=False)
        found = self.call(asked, 12).topics[0].topic_id
        assert isinstance(found, bytes)
        return found

    def request(
        self, data: bytes | None, *, topic: str = "one", partition: int = 0, acks: int = -1
    ) -> ProduceRequest:
        asked = TopicProduceData(
            topic, self.topic_id(topic), [PartitionProduceData(partition, data)]
        )
        return ProduceRequest(None, acks, 1000, [asked])

    def produce(self, data: bytes | None, version: int, **asked: Any) -> PartitionProduceResponse:
        response = self.call(self.request(data, **asked), version)
        (topic,) = response.responses
        (partition,) = topic.partition_responses
        assert isinstance(partition, PartitionProduceResponse)
        return partition

    def end_offset(self, topic: str = "one", partition: int = 0) -> int:
        asked = ListOffsetsTopic(topic, [ListOffsetsPartition(partition, timestamp=LATEST)])
        response = self.call(ListOffsetsRequest(-1, topics=[asked]), 7)
        offset = response.topics[0].partitions[0].offset
        assert isinstance(offset, int)
        return offset

    def stored(self, offset: int, topic: str = "one") -> bytes:
        asked = FetchTopic(topic, partitions=[FetchPartition(0, fetch_offset=offset)])
        asked.partitions[0].partition_max_bytes = ANY_SIZE
        response = self.call(FetchRequest(max_bytes=ANY_SIZE, topics=[asked]), 11)
        return bytes(response.responses[0].partitions[0].records)


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with Broker(topics=["one:1", "three:3"]) as started:
        yield started


@pytest.fixture
def client(broker: Broker) -> Iterator[Client]:
    with Client(broker.bootstrap_servers) as connected:
        yield connected


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_appends_and_tells_where(client: Client, version: int) -> None:
    end = client.end_offset()
    for round_ in range(2):  # the second time through the shortcut
        result = client.produce(payload(version, count=3), version)
        assert not result.error_code
        assert result.base_offset == end + 3 * round_
        assert result.log_append_time_ms == -1
        assert result.log_start_offset == (0 if version >= 5 else -1)
    assert client.end_offset() == end + 6


@pytest.mark.parametrize("version", VERSIONS_WITH_BATCHES)
@pytest.mark.parametrize("compression", list(Compression))
def test_a_batch_is_stored_as_it_came_but_for_its_offset(
    client: Client, version: int, compression: Compression
) -> None:
    batch = build_batch(records(20), compression=compression)
    result = client.produce(batch, version)
    if compression is Compression.ZSTD and version < 7:
        assert result.error_code == ErrorCode.UNSUPPORTED_COMPRESSION_TYPE
        return
    stored = client.stored(result.base_offset)
    assert stored[:8] == result.base_offset.to_bytes(8, "big")
    assert stored[16 : len(batch)] == batch[16:]


@pytest.mark.parametrize("version", VERSIONS_WITH_BATCHES)
def test_a_large_batch_is_stored_whole(client: Client, version: int) -> None:
    batch = build_batch(records(size=600_000))
    result = client.produce(batch, version)
    assert client.stored(result.base_offset)[16:] == batch[16:]


@pytest.mark.parametrize("version", VERSIONS)
def test_each_partition_has_its_own_result(client: Client, version: int) -> None:
    request = client.request(payload(version), topic="three")
    request.topic_data[0].partition_data += [
        PartitionProduceData(9, payload(version)),
        PartitionProduceData(2, payload(version)),
    ]
    end = client.end_offset("three", 2)
    (topic,) = client.call(request, version).responses
    assert [each.index for each in topic.partition_responses] == [0, 9, 2]
    assert [each.error_code for each in topic.partition_responses] == [
        ErrorCode.NONE,
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode.NONE,
    ]
    assert client.end_offset("three", 2) == end + 1


@pytest.mark.parametrize("version", VERSIONS)
def test_an_unknown_topic_is_refused(client: Client, version: int) -> None:
    asked = TopicProduceData("nobody", UNKNOWN_ID, [PartitionProduceData(0, payload(version))])
    response = client.call(ProduceRequest(None, 1, 1000, [asked]), version)
    (result,) = response.responses[0].partition_responses
    unknown_id = ErrorCode.UNKNOWN_TOPIC_ID
    expected = unknown_id if version >= 13 else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert result.error_code == expected


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("acks", [2, -2])
def test_other_acks_are_refused(client: Client, version: int, acks: int) -> None:
    result = client.produce(payload(version), version, acks=acks)
    assert result.error_code == ErrorCode.INVALID_REQUIRED_ACKS


@pytest.mark.parametrize("version", VERSIONS)
def test_acks_0_has_no_answer(client: Client, version: int) -> None:
    end = client.end_offset()
    client.send(client.request(payload(version), acks=0), version)
    assert client.end_offset() == end + 1


@pytest.mark.parametrize("version", VERSIONS)
def test_a_failure_with_acks_0_closes_the_connection(client: Client, version: int) -> None:
    client.send(client.request(payload(version), acks=0, partition=9), version)
    assert client.is_closed()


@pytest.mark.parametrize("version", VERSIONS_WITH_BATCHES)
@pytest.mark.parametrize("data", [None, b"", b"0123456789"], ids=["null", "nothing", "too little"])
def test_a_partition_without_a_batch_is_refused(
    client: Client, version: int, data: bytes | None
) -> None:
    assert client.produce(data, version).error_code == ErrorCode.INVALID_RECORD


@pytest.mark.parametrize("version", VERSIONS_WITH_BATCHES)
def test_a_message_set_is_refused_where_batches_belong(client: Client, version: int) -> None:
    data = build_message_set(records(), magic=1)
    assert client.produce(data, version).error_code == ErrorCode.INVALID_RECORD


@pytest.mark.parametrize("version", VERSIONS_WITH_BATCHES)
def test_a_wrong_checksum_is_refused_and_nothing_is_appended(client: Client, version: int) -> None:
    end = client.end_offset()
    batch = bytearray(build_batch(records()))
    batch[-1] ^= 1
    assert client.produce(bytes(batch), version).error_code == ErrorCode.CORRUPT_MESSAGE
    assert client.end_offset() == end


def test_a_duplicate_of_an_idempotent_batch_has_the_answer_of_the_first(client: Client) -> None:
    batch = build_batch(records(), producer_id=5, producer_epoch=0, base_sequence=0)
    first = client.produce(batch, 13)
    end = client.end_offset()
    assert client.produce(batch, 13).base_offset == first.base_offset
    assert client.end_offset() == end
    ahead = build_batch(records(), producer_id=5, producer_epoch=0, base_sequence=9)
    assert client.produce(ahead, 13).error_code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


class StillClock:
    """Time stands still, so that two brokers do the same."""

    def now_ms(self) -> int:
        return TIME_MS

    def monotonic_ms(self) -> int:
        return 0


BATCHES = {
    "plain": build_batch(records()),
    "compressed": build_batch(records(5), compression=Compression.GZIP),
    "zstd": build_batch(records(5), compression=Compression.ZSTD),
    "large": build_batch(records(size=5000)),
    "too large": build_batch(records(size=3000) * 500),
    "idempotent": build_batch(records(), producer_id=1, producer_epoch=0, base_sequence=0),
    "ahead": build_batch(records(), producer_id=1, producer_epoch=0, base_sequence=7),
    "transactional": build_batch(
        records(), producer_id=2, producer_epoch=0, base_sequence=0, is_transactional=True
    ),
    "control": build_batch(records(), producer_id=3, producer_epoch=0, is_control=True),
    "two": build_batch(records()) * 2,
    "damaged": build_batch(records())[:-1] + b"?",
    "cut": build_batch(records())[:-1],
    "message set": build_message_set(records(), magic=1),
    "nothing": b"",
}
TOPICS = ("plain", "stamped", "compacted", "replicated", "__consumer_offsets", "missing")
TOPIC_CONFIGS = {
    "stamped": {"message.timestamp.type": "LogAppendTime"},
    "compacted": {"cleanup.policy": "compact"},
    "replicated": {"min.insync.replicas": "2"},
}

produce_requests = st.tuples(
    st.sampled_from(VERSIONS_WITH_BATCHES),
    st.sampled_from([None, "client", "cli\u00e9nt", "__admin_client"]),
    st.sampled_from(TOPICS),
    st.integers(-1, 2),
    st.sampled_from([1, 1, -1, -1, 0, 2]),
    st.sampled_from(sorted(BATCHES)),
)


async def answers_of(asked: list[tuple[int, str | None, str, int, int, str]]) -> list[object]:
    """What a new broker answers, and what its logs hold then."""
    disk = MemoryDisk()
    config = BrokerConfig({"listeners": "PLAINTEXT://127.0.0.1:0"})
    started = InnerBroker(config, disk, clock=StillClock(), rng=Random(1))
    peer = Peer(1, "127.0.0.1", "127.0.0.1", 9092, "PLAINTEXT")
    await started.start()
    for name in TOPICS[:-1]:
        configs = [CreatableTopicConfig(*each) for each in TOPIC_CONFIGS.get(name, {}).items()]
        topic = CreatableTopic(name, num_partitions=2, replication_factor=1, configs=configs)
        if name.startswith("__"):
            await started.internal_topic(name)
        else:
            await started.controller.create_topic(topic, validate_only=False)
    found: list[object] = []
    first = (3, None, "plain", 0, 1, "plain")  # loads the handler, and with it the shortcut
    for version, client_id, name, partition, acks, kind in [first, *asked]:
        known = started.image.topic(name)
        topic_id = known.topic_id if known else UNKNOWN_ID
        data = TopicProduceData(name, topic_id, [PartitionProduceData(partition, BATCHES[kind])])
        header = RequestHeader(0, version, 7, client_id)
        frame = write_request_header(header, 2 if version >= 9 else 1)
        frame += encode(ProduceRequest(None, acks, 1000, [data]), version)
        request = memoryview(frame) if len(frame) > LARGEST_COPY_BYTES else frame
        try:
            pieces = started.dispatcher.answer_now(request)
            if pieces is None:
                pieces = await started.dispatcher.answer(request, peer)
            found.append(None if pieces is None else b"".join(pieces))
        except CloseConnectionError as error:
            found.append(str(error))
    await started.stop()
    contents = {
        f"{directory}/{name}": disk.read(f"{directory}/{name}")
        for topic_name in TOPICS[:-1]
        for directory in (f"{topic_name}-0", f"{topic_name}-1")
        for name in disk.list(directory)
        if name.endswith(".log")
    }
    return [*found, contents]


@settings(max_examples=40)
@given(asked=st.lists(produce_requests, max_size=12))
def test_the_shortcut_does_and_answers_what_the_handler_does(
    asked: list[tuple[int, str | None, str, int, int, str]],
) -> None:
    with_shortcut = asyncio.run(answers_of(asked))
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(produce, "shortcut")
        assert asyncio.run(answers_of(asked)) == with_shortcut
