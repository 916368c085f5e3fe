"""Clients that send what no client should: each gets Kafka's answer, and the next one is served."""

from __future__ import annotations

import asyncio
import logging
import random
import struct
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kafkapy.handlers.table import TABLE
from kafkapy.testing import Broker
from kafkapy.wire.api import API, ApiKey
from kafkapy.wire.compression import Compression, compress
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.api_versions import ApiVersionsRequest, ApiVersionsResponse
from kafkapy.wire.messages.create_partitions import (
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from kafkapy.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kafkapy.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from kafkapy.wire.messages.produce import (
    PartitionProduceData,
    PartitionProduceResponse,
    ProduceRequest,
    TopicProduceData,
)
from kafkapy.wire.records.legacy import build_message_set
from kafkapy.wire.records.record import Record, build_batch
from tests.fuzzing.frames import frame_of
from tests.fuzzing.records import batch_of, bomb, message, with_checksum
from tests.fuzzing.target import Target
from tests.fuzzing.values import Filler
from tests.kafkapy.wire_client import RawClient

MAX_REQUEST_BYTES = 1 << 20
BOMB_BYTES = 64 << 20
MIB = 1 << 20

API_VERSIONS_V0 = struct.pack(">hhih", ApiKey.API_VERSIONS, 0, 7, -1)
VALID = build_batch([Record(0, 1_700_000_000_000, b"key", b"value")])


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    config = {"socket.request.max.bytes": str(MAX_REQUEST_BYTES)}
    with Broker(config, topics=["topic"]) as started:
        yield started


@pytest.fixture
def client(broker: Broker) -> Iterator[RawClient]:
    with RawClient(broker.bootstrap_servers) as connected:
        yield connected


@pytest.fixture(autouse=True)
def the_next_client_is_served(broker: Broker, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    with RawClient(broker.bootstrap_servers) as next_client:
        assert next_client.call(ApiVersionsRequest(), 0).error_code == ErrorCode.NONE
    unexpected = [entry for entry in caplog.records if entry.levelno >= logging.ERROR]
    assert not unexpected


def header(key: int, version: int, client_id: bytes = b"\xff\xff") -> bytes:
    return struct.pack(">hhi", key, version, 7) + client_id


@contextmanager
def memory_below(limit_bytes: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit_bytes
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("seed", range(20))
def test_noise_closes_the_connection_or_is_answered(client: RawClient, seed: int) -> None:
    noise = random.Random(seed).randbytes(4096)
    client.send_bytes(noise)
    assert client.is_closed()


@pytest.mark.parametrize("size", [-1, -2, -(2**31), 2**31 - 1, MAX_REQUEST_BYTES + 1])
def test_a_size_that_no_request_may_have_closes_the_connection(
    client: RawClient, size: int
) -> None:
    client.send_bytes(struct.pack(">i", size))
    assert client.is_closed()


@pytest.mark.parametrize("size", range(10))
def test_a_frame_too_short_for_a_header_closes_the_connection(client: RawClient, size: int) -> None:
    client.send_frame(API_VERSIONS_V0[:size])
    assert client.is_closed()


@pytest.mark.parametrize("key", [-1, -(2**15), 4, 7, 52, 58, 93, 32767])
def test_an_api_that_is_not_served_closes_the_connection(client: RawClient, key: int) -> None:
    client.send_frame(header(key, 0) + bytes(20))
    assert client.is_closed()


@pytest.mark.parametrize("version", [-1, 14, 99, 32767, -(2**15)])
def test_a_version_that_is_not_served_closes_the_connection(
    client: RawClient, version: int
) -> None:
    client.send_frame(header(ApiKey.METADATA, version) + bytes(20))
    assert client.is_closed()


@pytest.mark.parametrize("version", [5, 99, 32767, -1, -(2**15)])
def test_an_unknown_version_of_api_versions_is_answered_in_version_0(
    client: RawClient, version: int
) -> None:
    client.send_frame(header(ApiKey.API_VERSIONS, version) + bytes(1))
    response: ApiVersionsResponse = client.receive(ApiVersionsRequest(), 0, correlation_id=7)
    assert response.error_code == ErrorCode.UNSUPPORTED_VERSION
    assert (ApiKey.API_VERSIONS, 0, 4) in [
        (each.api_key, each.min_version, each.max_version) for each in response.api_keys
    ]


@pytest.mark.parametrize("size", [1000, 32767])
def test_a_client_id_longer_than_the_frame_closes_the_connection(
    client: RawClient, size: int
) -> None:
    client.send_frame(header(ApiKey.API_VERSIONS, 0, struct.pack(">h", size) + b"abc"))
    assert client.is_closed()


@pytest.mark.parametrize("count", [1, 1000, 2**31 - 1, -(2**31)])
def test_a_count_above_the_bytes_that_are_there_closes_the_connection(
    client: RawClient, count: int
) -> None:
    with memory_below(4 * MIB):
        client.send_frame(header(ApiKey.METADATA, 1) + struct.pack(">i", count))
        assert client.is_closed()


def test_more_tagged_fields_than_bytes_close_the_connection(client: RawClient) -> None:
    with memory_below(4 * MIB):
        client.send_frame(header(ApiKey.METADATA, 9) + b"\0\1\0\0\0\xff\xff\xff\xff\x07")
        assert client.is_closed()


def _with_unknown_tagged_fields(count: int) -> bytes:
    tags = b"".join(
        bytes((tag & 0x7F | 0x80, tag >> 7 & 0x7F | 0x80, tag >> 14, 0))
        for tag in range(20_000, 20_000 + count)
    )
    number = bytes((count & 0x7F | 0x80, count >> 7 & 0x7F | 0x80, count >> 14))
    return header(ApiKey.METADATA, 9) + b"\0\1\0\0\0" + number + tags


def test_many_unknown_tagged_fields_are_skipped_without_being_kept(client: RawClient) -> None:
    frame = _with_unknown_tagged_fields(50_000)
    with memory_below(6 * len(frame)):
        client.send_frame(frame)
        assert client.receive(MetadataRequest(), 9, correlation_id=7).topics == []


def test_more_elements_than_the_broker_takes_end_the_connection(
    broker: Broker, client: RawClient
) -> None:
    client.send_frame(_with_unknown_tagged_fields(50_001))
    assert client.is_closed()
    with RawClient(broker.bootstrap_servers) as next_client:
        assert next_client.call(MetadataRequest(topics=[]), 9).topics == []


def test_bytes_behind_a_request_are_ignored(client: RawClient) -> None:
    client.send_frame(API_VERSIONS_V0 + b"and more")
    assert client.receive(ApiVersionsRequest(), 0, correlation_id=7).error_code == ErrorCode.NONE


def test_a_frame_in_single_bytes_is_answered(client: RawClient) -> None:
    data = struct.pack(">i", len(API_VERSIONS_V0)) + API_VERSIONS_V0
    for at in range(len(data)):
        client.send_bytes(data[at : at + 1])
    assert client.receive(ApiVersionsRequest(), 0, correlation_id=7).error_code == ErrorCode.NONE


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 12])
def test_a_client_that_vanishes_inside_a_frame_hurts_nobody(client: RawClient, size: int) -> None:
    data = struct.pack(">i", len(API_VERSIONS_V0)) + API_VERSIONS_V0
    client.send_bytes(data[:size])
    client.close()


def test_an_announced_frame_costs_no_memory_before_it_arrives(broker: Broker) -> None:
    clients = [RawClient(broker.bootstrap_servers) for _ in range(50)]
    try:
        for each in clients:
            each.call(ApiVersionsRequest(), 0)
        with memory_below(2 * MIB):
            for each in clients:
                each.send_bytes(struct.pack(">i", MAX_REQUEST_BYTES) + b"\0")
            with RawClient(broker.bootstrap_servers) as other:
                for _ in range(3):
                    other.call(ApiVersionsRequest(), 0)
    finally:
        for each in clients:
            each.close()


def test_a_request_of_exactly_the_limit_is_answered(client: RawClient) -> None:
    client.send_frame(API_VERSIONS_V0 + bytes(MAX_REQUEST_BYTES - len(API_VERSIONS_V0)))
    assert client.receive(ApiVersionsRequest(), 0, correlation_id=7).error_code == ErrorCode.NONE


def test_a_client_that_reads_nothing_costs_no_more_than_a_few_answers(broker: Broker) -> None:
    batch = build_batch([Record(0, 1_700_000_000_000, None, bytes(900_000))])
    ask = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=MAX_REQUEST_BYTES)
    request = FetchRequest(session_epoch=-1, topics=[FetchTopic(topic="large", partitions=[ask])])
    with RawClient(broker.bootstrap_servers) as client:
        client.call(MetadataRequest(topics=[MetadataRequestTopic(name="large")]), 9)
        assert produce(client, batch, topic="large").error_code == ErrorCode.NONE
        with memory_below(16 * MIB):
            first = client.send(request, 12)
            for _ in range(99):
                client.send(request, 12)
            with RawClient(broker.bootstrap_servers) as other:
                for _ in range(10):
                    other.call(ApiVersionsRequest(), 0)
        for correlation_id in range(first, first + 100):
            client.receive(request, 12, correlation_id)


def produce(
    client: RawClient,
    records: bytes | None,
    *,
    version: int = 9,
    acks: int = 1,
    topic: str = "topic",
) -> PartitionProduceResponse:
    partition = PartitionProduceData(index=0, records=records)
    data = TopicProduceData(name=topic, partition_data=[partition])
    response = client.call(ProduceRequest(acks=acks, timeout_ms=1000, topic_data=[data]), version)
    result: PartitionProduceResponse = response.responses[0].partition_responses[0]
    return result


def changed(offset: int, form: str, value: int) -> bytes:
    batch = bytearray(VALID)
    struct.pack_into(">" + form, batch, offset, value)
    return with_checksum(bytes(batch))


BASE_OFFSET, LENGTH, MAGIC, ATTRIBUTES, LAST_DELTA, PRODUCER_ID, COUNT = 0, 8, 16, 21, 23, 43, 57
CORRUPT, INVALID = ErrorCode.CORRUPT_MESSAGE, ErrorCode.INVALID_RECORD
WRONG_BATCHES = {
    "nothing": (b"", INVALID),
    "a few bytes": (b"0123456789", INVALID),
    "a part of the header": (VALID[:60], INVALID),
    "all but the last byte": (VALID[:-1], INVALID),
    "a wrong checksum": (VALID[:-1] + b"?", CORRUPT),
    "an unknown magic": (changed(MAGIC, "b", 3), CORRUPT),
    "a negative magic": (changed(MAGIC, "b", -1), CORRUPT),
    "a message set": (build_message_set([Record(value=b"v")], 1), INVALID),
    "length 0": (changed(LENGTH, "i", 0), CORRUPT),
    "length -1": (changed(LENGTH, "i", -1), CORRUPT),
    "length too small": (changed(LENGTH, "i", len(VALID) - 13), CORRUPT),
    "length too large": (changed(LENGTH, "i", len(VALID) - 11), INVALID),
    "length minimum": (changed(LENGTH, "i", -(2**31)), CORRUPT),
    "more records than there are": (changed(COUNT, "i", 2), INVALID),
    "no records": (changed(COUNT, "i", 0), INVALID),
    "a negative number of records": (changed(COUNT, "i", -1), INVALID),
    "the largest number of records": (changed(COUNT, "i", 2**31 - 1), INVALID),
    "offsets beyond the records": (changed(LAST_DELTA, "i", 5), INVALID),
    "a negative offset delta": (changed(LAST_DELTA, "i", -1), INVALID),
    "the largest offset delta": (changed(LAST_DELTA, "i", 2**31 - 1), INVALID),
    "a control batch": (changed(ATTRIBUTES, "h", 0x20), INVALID),
    "a base offset": (changed(BASE_OFFSET, "q", 5), INVALID),
    "a producer id without a sequence": (changed(PRODUCER_ID, "q", 5), INVALID),
    "two batches": (VALID + VALID, INVALID),
}


@pytest.mark.parametrize(("records", "code"), WRONG_BATCHES.values(), ids=WRONG_BATCHES)
def test_a_wrong_batch_is_refused_with_kafka_s_code(
    client: RawClient, records: bytes, code: ErrorCode
) -> None:
    assert produce(client, records).error_code == code
    assert produce(client, VALID).error_code == ErrorCode.NONE


@pytest.mark.parametrize("acks", [-2, 2, -(2**15), 2**15 - 1])
def test_acks_that_do_not_exist_are_refused(client: RawClient, acks: int) -> None:
    assert produce(client, VALID, acks=acks).error_code == ErrorCode.INVALID_REQUIRED_ACKS


def test_a_wrong_batch_without_acks_closes_the_connection(client: RawClient) -> None:
    partition = PartitionProduceData(index=0, records=VALID[:-1] + b"?")
    topic = TopicProduceData(name="topic", partition_data=[partition])
    client.send(ProduceRequest(acks=0, timeout_ms=1000, topic_data=[topic]), 9)
    assert client.is_closed()


@pytest.mark.parametrize("codec", [Compression.GZIP, Compression.SNAPPY, Compression.LZ4])
@pytest.mark.parametrize("magic", [0, 1])
def test_a_message_set_that_expands_without_end_is_refused(
    client: RawClient, codec: Compression, magic: int
) -> None:
    value = bomb(codec, BOMB_BYTES)
    if codec is Compression.SNAPPY:
        value = value[: MAX_REQUEST_BYTES // 2]
    records = message(magic, codec, value)
    with memory_below(16 * MAX_REQUEST_BYTES):
        assert produce(client, records, version=2).error_code == ErrorCode.CORRUPT_MESSAGE


def test_a_message_set_inside_a_message_set_is_refused(client: RawClient) -> None:
    inner = build_message_set([Record(value=b"v")], 1, compression=Compression.GZIP)
    records = message(1, Compression.GZIP, compress(Compression.GZIP, inner))
    assert produce(client, records, version=2).error_code == ErrorCode.CORRUPT_MESSAGE


def test_a_compacted_topic_does_not_expand_a_bomb_without_end() -> None:
    config = {
        "log.cleanup.policy": "compact",
        "socket.request.max.bytes": str(MAX_REQUEST_BYTES),
    }
    with Broker(config, topics=["topic"]) as compacting:
        records = batch_of(bomb(Compression.GZIP, BOMB_BYTES), attributes=Compression.GZIP)
        with RawClient(compacting.bootstrap_servers) as client, memory_below(16 * MIB):
            assert produce(client, records).error_code in (CORRUPT, INVALID)
        with RawClient(compacting.bootstrap_servers) as client:
            assert produce(client, VALID).error_code == ErrorCode.NONE


@pytest.mark.parametrize("count", [10_003, 2**31 - 1])
def test_a_topic_does_not_grow_by_more_partitions_than_a_request_may_create(count: int) -> None:
    topic = CreatePartitionsTopic(name="plain", count=count, assignments=None)

    async def main() -> None:
        async with Target(seed=0) as target:
            await target.answer(frame_of(CreatePartitionsRequest(topics=[topic]), 3))
            assert target.partition_count < 100

    asyncio.run(main())


@pytest.mark.parametrize("key", TABLE, ids=lambda key: key.name)
def test_no_number_in_a_request_can_harm(key: ApiKey) -> None:
    """Every two, four and ten bytes of a request are replaced by lengths that cannot be."""
    first, last = TABLE[key].versions

    async def main() -> None:
        async with Target(seed=0) as target:
            filler = Filler(random.Random(key), list(target.topic_ids.values()))
            for version in {first, last}:
                for _ in range(3):
                    frame = frame_of(filler.message(API[key].request, version), version)
                    for at in range(8, min(len(frame), 120)):
                        for damaged in damage(frame, at):
                            await target.answer(damaged)
            await target.ping()

    asyncio.run(main())


def damage(frame: bytes, at: int) -> Iterator[bytes]:
    for form, size in ((">h", 2), (">i", 4)):
        smallest = -(1 << 8 * size - 1)
        for value in (-1, -2, smallest, -smallest - 1):
            yield frame[:at] + struct.pack(form, value) + frame[at + size :]
    for varint in (b"\xff\xff\xff\xff\x0f", b"\xff\xff\xff\xff\x07", b"\xff" * 10):
        yield frame[:at] + varint + frame[at + 1 :]
