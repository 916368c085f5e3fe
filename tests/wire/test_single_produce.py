"""The hand-written codec of ordinary produce requests agrees with the general one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.wire import single_produce
from kafkapy.wire.api import request_header_version, response_header_version
from kafkapy.wire.compile import decode, encode
from kafkapy.wire.errors import WireError
from kafkapy.wire.headers import (
    RequestHeader,
    read_request_header,
    write_request_header,
    write_response_header,
)
from kafkapy.wire.messages.produce import (
    PartitionProduceData,
    PartitionProduceResponse,
    ProduceRequest,
    ProduceResponse,
    TopicProduceData,
    TopicProduceResponse,
)

VERSIONS = range(3, 14)
ID = bytes(range(16))

int16s = st.integers(-(2**15), 2**15 - 1)
int32s = st.integers(-(2**31), 2**31 - 1)
int64s = st.integers(-(2**63), 2**63 - 1)
ascii_texts = st.text(st.characters(codec="ascii"), max_size=30)
sizes = st.sampled_from([1, 61, 126, 127, 128, 200, 5000, 16382, 16383, 16384, 2**21])


def request(
    *,
    topics: int = 1,
    partitions: int = 1,
    acks: int = -1,
    records: bytes | None = b"records",
    transactional_id: str | None = None,
    name: str = "topic",
    partition: int = 3,
    timeout_ms: int = 1000,
) -> ProduceRequest:
    data = [PartitionProduceData(partition, records) for _ in range(partitions)]
    asked = [TopicProduceData(name, ID, data) for _ in range(topics)]
    return ProduceRequest(transactional_id, acks, timeout_ms, asked)


def frame_of(
    message: ProduceRequest,
    version: int,
    client_id: str | None = "client",
    correlation_id: int = 7,
    key: int = 0,
) -> bytes:
    header = RequestHeader(key, version, correlation_id, client_id)
    return write_request_header(header, request_header_version(0, version)) + encode(
        message, version
    )


def by_the_general_codec(frame: bytes) -> single_produce.SingleProduce:
    header, body = read_request_header(frame, request_header_version)
    message = decode(ProduceRequest, frame, header.api_version, body)
    assert message.transactional_id is None
    (topic,) = message.topic_data
    (partition,) = topic.partition_data
    assert partition.records is not None
    return (
        header.api_version,
        header.correlation_id,
        message.acks,
        topic.topic_id if header.api_version >= 13 else topic.name.encode(),
        partition.index,
        bytes(partition.records),
    )


@given(
    version=st.sampled_from(VERSIONS),
    client_id=st.none() | ascii_texts,
    correlation_id=int32s,
    acks=st.sampled_from([1, -1]),
    name=ascii_texts.filter(bool),
    partition=int32s,
    timeout_ms=int32s,
    size=sizes,
)
def test_an_ordinary_request_reads_as_through_the_general_codec(
    version: int,
    client_id: str | None,
    correlation_id: int,
    acks: int,
    name: str,
    partition: int,
    timeout_ms: int,
    size: int,
) -> None:
    message = request(
        acks=acks, name=name, partition=partition, timeout_ms=timeout_ms, records=b"r" * size
    )
    frame = frame_of(message, version, client_id, correlation_id)
    read = single_produce.read(frame)
    assert read == by_the_general_codec(frame)
    assert single_produce.read(memoryview(frame)) == read


@given(
    version=st.sampled_from(VERSIONS),
    client_id=st.none() | st.text(max_size=3),
    records=st.binary(max_size=140),
    cut=st.integers(0, 6),
    changes=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 255)), max_size=3),
    rest=st.binary(max_size=3),
)
def test_what_it_reads_of_a_damaged_request_the_general_codec_reads_alike(
    version: int,
    client_id: str | None,
    records: bytes,
    cut: int,
    changes: list[tuple[int, int]],
    rest: bytes,
) -> None:
    frame = bytearray(frame_of(request(records=records), version, client_id))
    for position, value in changes:
        frame[position % len(frame)] = value
    damaged = bytes(frame[: len(frame) - cut] + rest)
    read = single_produce.read(damaged)
    if read is not None:
        assert read == by_the_general_codec(damaged)


@given(data=st.binary(max_size=80))
def test_arbitrary_bytes_are_refused_wherever_the_general_codec_refuses_them(data: bytes) -> None:
    read = single_produce.read(data)
    try:
        expected = by_the_general_codec(data)
    except (WireError, AssertionError, ValueError):
        assert read is None
    else:
        assert read in (None, expected)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "unusual",
    [
        {"topics": 0},
        {"topics": 2},
        {"partitions": 0},
        {"partitions": 2},
        {"acks": 0},
        {"acks": 2},
        {"records": None},
        {"transactional_id": "t"},
        {"transactional_id": ""},
    ],
    ids=str,
)
def test_an_unusual_request_is_left_to_the_general_codec(
    version: int, unusual: dict[str, object]
) -> None:
    assert single_produce.read(frame_of(request(**unusual), version)) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("version", range(3, 13))
def test_a_name_beyond_ascii_is_left_to_the_general_codec(version: int) -> None:
    assert single_produce.read(frame_of(request(name="t\u00f6pic"), version)) is None


@pytest.mark.parametrize("version", VERSIONS)
def test_another_api_is_left_to_the_general_codec(version: int) -> None:
    assert single_produce.read(frame_of(request(), version, key=1)) is None


@pytest.mark.parametrize("version", range(3))
def test_versions_with_message_sets_are_left_to_the_general_codec(version: int) -> None:
    assert single_produce.read(frame_of(request(), version)) is None


@pytest.mark.parametrize("version", range(9, 14))
def test_tagged_fields_anywhere_are_left_to_the_general_codec(version: int) -> None:
    frame = frame_of(request(), version)
    after_client_id = 16
    tag = b"\1\0\0"
    assert frame[after_client_id] == 0
    in_header = frame[:after_client_id] + tag + frame[after_client_id + 1 :]
    for tagged in (in_header, frame[:-1] + tag, frame[:-2] + tag + b"\0"):
        by_the_general_codec(tagged)
        assert single_produce.read(tagged) is None


@given(
    version=st.sampled_from(VERSIONS),
    correlation_id=int32s,
    name=st.text(st.characters(codec="ascii"), min_size=1, max_size=126),
    partition=int32s,
    offsets=st.tuples(int64s, int64s, int64s),
)
def test_the_answer_is_that_of_the_general_codec(
    version: int, correlation_id: int, name: str, partition: int, offsets: tuple[int, int, int]
) -> None:
    base_offset, log_append_time_ms, log_start_offset = offsets
    topic = ID if version >= 13 else name.encode()
    result = PartitionProduceResponse(
        partition, 0, base_offset, log_append_time_ms, log_start_offset
    )
    response = ProduceResponse([TopicProduceResponse(name, ID, [result])])
    header = write_response_header(correlation_id, response_header_version(0, version))
    expected = header + encode(response, version)
    ordinary = version, correlation_id, -1, topic, partition, b""
    written = single_produce.write(ordinary, *offsets)
    assert written == len(expected).to_bytes(4, "big") + expected
