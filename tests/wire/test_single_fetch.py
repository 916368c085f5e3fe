"""The hand-written codec of ordinary fetches agrees with the general one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kafkapy.wire import single_fetch
from kafkapy.wire.api import request_header_version, response_header_version
from kafkapy.wire.compile import decode, encode
from kafkapy.wire.errors import WireError
from kafkapy.wire.headers import (
    RequestHeader,
    read_request_header,
    write_request_header,
    write_response_header,
)
from kafkapy.wire.messages.fetch import (
    FetchableTopicResponse,
    FetchPartition,
    FetchRequest,
    FetchResponse,
    FetchTopic,
    ForgottenTopic,
    PartitionData,
    ReplicaState,
)
from kafkapy.wire.schema import Struct
from kafkapy.wire.single_fetch import Found, SingleFetch

VERSIONS = range(4, 19)
VERSIONS_WITH_SESSIONS = range(7, 19)
VERSIONS_WITH_RACKS = range(11, 19)
FLEXIBLE_VERSIONS = range(12, 19)
VERSIONS_WITH_NAMES = range(4, 13)
ID = bytes(range(16))
LONGEST_NAME = "t" * 126

int8s = st.integers(-(2**7), 2**7 - 1)
int32s = st.integers(-(2**31), 2**31 - 1)
int64s = st.integers(-(2**63), 2**63 - 1)
versions = st.sampled_from(VERSIONS)
ascii_texts = st.text(st.characters(codec="ascii"), max_size=30)
names = ascii_texts.filter(bool) | st.sampled_from(["t" * 125, LONGEST_NAME])
racks = ascii_texts | st.sampled_from(["r" * 126, "r" * 127, "r" * 128, "r" * 300, "r\u00e4ck"])
client_ids = (
    st.none() | st.text(max_size=5) | st.sampled_from(["c" * 127, "c" * 128, "cli\u00e9nt"])
)
sizes = st.sampled_from([0, 1, 61, 126, 127, 128, 5000, 16382, 16383, 16384, 2**21 - 2, 2**21 - 1])


def request(
    topics: int = 1, partitions: int = 1, *, name: str = "topic", **asked: Any
) -> FetchRequest:
    """Ask for one partition by its name and its id; `partition` holds what is asked of it."""
    ask = {"partition": 3, "fetch_offset": 5, "partition_max_bytes": 1000}
    ask.update(asked.pop("partition", {}))
    named = [FetchTopic(name, ID, [FetchPartition(**ask)] * partitions)] * topics
    return FetchRequest(**{"max_wait_ms": 500, "min_bytes": 1, "topics": named, **asked})


def frame_of(
    message: FetchRequest,
    version: int,
    client_id: str | None = "client",
    correlation_id: int = 7,
    key: int = 1,
) -> bytes:
    header = RequestHeader(key, version, correlation_id, client_id)
    head = write_request_header(header, request_header_version(1, version))
    return head + encode(message, version)


def by_the_general_codec(frame: bytes) -> SingleFetch:
    """Raises AssertionError for what is not a consumer's request for one partition or none."""
    header, body = read_request_header(frame, request_header_version)
    version = header.api_version
    assert (header.api_key, version in VERSIONS) == (1, True)
    message = decode(FetchRequest, frame, version, body)
    assert message.replica_id == message.replica_state.replica_id == -1
    assert message.replica_state.replica_epoch == -1
    assert message.cluster_id is None
    assert not message.forgotten_topics_data
    found = SingleFetch(
        version,
        header.correlation_id,
        message.max_wait_ms,
        message.min_bytes,
        message.max_bytes,
        message.isolation_level,
        message.session_id,
        message.session_epoch,
    )
    if not message.topics:
        return found
    (topic,) = message.topics
    (ask,) = topic.partitions
    assert ask.replica_directory_id == bytes(16)
    assert ask.high_watermark == 2**63 - 1
    found.topic = topic.topic_id if version >= 13 else topic.topic.encode()
    found.ask = ask
    return found


def check(frame: bytes) -> SingleFetch | None:
    """What it reads, which is what the general codec reads."""
    read = single_fetch.read(frame)
    if read is not None:
        assert read == by_the_general_codec(frame)
    return read


def fill(message: Struct, version: int, values: dict[str, int]) -> None:
    """Set the fields that are in a version; the general codec writes no others."""
    for field in message.__fields__:
        if field.name in values and version in field.versions:
            setattr(message, field.name, values[field.name])


@given(
    version=versions,
    client_id=st.none() | ascii_texts,
    correlation_id=int32s,
    limits=st.fixed_dictionaries(
        {
            "max_wait_ms": int32s,
            "min_bytes": int32s,
            "max_bytes": int32s,
            "isolation_level": int8s,
            "session_id": int32s,
            "session_epoch": int32s,
        }
    ),
    ask=st.none()
    | st.fixed_dictionaries(
        {
            "partition": int32s,
            "current_leader_epoch": int32s,
            "fetch_offset": int64s,
            "last_fetched_epoch": int32s,
            "log_start_offset": int64s,
            "partition_max_bytes": int32s,
        }
    ),
    name=names,
    rack=ascii_texts,
)
def test_an_ordinary_request_reads_as_through_the_general_codec(
    version: int,
    client_id: str | None,
    correlation_id: int,
    limits: dict[str, int],
    ask: dict[str, int] | None,
    name: str,
    rack: str,
) -> None:
    message = request(topics=0 if ask is None else 1, name=name)
    fill(message, version, limits)
    if ask is not None:
        fill(message.topics[0].partitions[0], version, ask)
    if version in VERSIONS_WITH_RACKS:
        message.rack_id = rack
    frame = frame_of(message, version, client_id, correlation_id)
    read = check(frame)
    assert read is not None
    assert read.names_by_id == (version >= 13)
    assert single_fetch.read(memoryview(frame)) is None  # a frame that is a view is large


@st.composite
def requests(draw: st.DrawFn) -> tuple[FetchRequest, int]:
    """What any client may send, ordinary or not."""
    version = draw(versions)
    message = request(
        draw(st.sampled_from([0, 1, 1, 1, 2, 130])),
        draw(st.sampled_from([0, 1, 1, 1, 2])),
        name=draw(names | st.sampled_from(["", "t" * 127, "t" * 128, "t" * 249, "t\u00f6pic"])),
        isolation_level=draw(st.integers(0, 1)),
    )
    if version in VERSIONS_WITH_SESSIONS:
        message.session_id = draw(int32s)
        message.session_epoch = draw(int32s)
        if draw(st.integers(0, 3)) == 3:
            gone = ForgottenTopic("topic", ID, draw(st.lists(st.integers(0, 2), max_size=2)))
            message.forgotten_topics_data = [gone]
    if version in VERSIONS_WITH_RACKS:
        message.rack_id = draw(racks)
    if draw(st.integers(0, 4)) == 4:
        _make_unusual(draw, message, version)
    return message, version


def _make_unusual(draw: st.DrawFn, message: FetchRequest, version: int) -> None:
    if version < 15:
        message.replica_id = draw(st.integers(-2, 2))
    else:
        message.replica_state = ReplicaState(draw(st.integers(-2, 2)), draw(st.integers(-1, 2)))
    if version in FLEXIBLE_VERSIONS:
        message.cluster_id = draw(st.none() | st.just("cluster"))
    for topic in message.topics:
        for ask in topic.partitions:
            if version >= 17:
                ask.replica_directory_id = draw(st.sampled_from([bytes(16), ID]))
            if version >= 18:
                ask.high_watermark = draw(int64s)


@given(made=requests(), client_id=client_ids, rest=st.sampled_from([b"", b"", b"\0", b"rest"]))
def test_any_request_reads_as_through_the_general_codec_or_is_left_to_it(
    made: tuple[FetchRequest, int], client_id: str | None, rest: bytes
) -> None:
    message, version = made
    read = check(frame_of(message, version, client_id) + rest)
    if read is not None:
        assert len(message.topics) <= 1
        assert not rest


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("topics", [0, 1])
@pytest.mark.parametrize("client_id", [None, "c"])
def test_whatever_single_byte_is_changed_or_cut_off_it_reads_nothing_else_than_the_general_codec(
    version: int, topics: int, client_id: str | None
) -> None:
    message = request(topics, name="top")
    if version in VERSIONS_WITH_RACKS:
        message.rack_id = "r"
    frame = frame_of(message, version, client_id)
    assert check(frame) is not None
    for at in range(len(frame)):
        assert check(frame[:at]) is None
        # Values at which lengths, signs, varints and texts turn into others, and the neighbours.
        for value in {0, 1, 2, 3, 4, 127, 128, 129, 255, frame[at] ^ 1, frame[at] + 1 & 255}:
            check(frame[:at] + bytes((value,)) + frame[at + 1 :])
        check(frame[:at] + b"\0" + frame[at:])
        check(frame[:at] + frame[at + 1 :])


@given(
    made=requests(),
    client_id=client_ids,
    cut=st.integers(0, 6),
    changes=st.lists(st.tuples(st.integers(0, 120), st.integers(0, 255)), max_size=3),
    rest=st.binary(max_size=3),
)
def test_what_it_reads_of_a_damaged_request_the_general_codec_reads_alike(
    made: tuple[FetchRequest, int],
    client_id: str | None,
    cut: int,
    changes: list[tuple[int, int]],
    rest: bytes,
) -> None:
    frame = bytearray(frame_of(*made, client_id))
    for position, value in changes:
        frame[position % len(frame)] = value
    check(bytes(frame[: len(frame) - cut] + rest))


@given(data=st.binary(max_size=90), version=st.integers(0, 255))
def test_arbitrary_bytes_are_refused_wherever_the_general_codec_refuses_them(
    data: bytes, version: int
) -> None:
    frame = b"\0\1\0" + bytes((version,)) + data
    for each in (data, frame):
        read = single_fetch.read(each)
        try:
            expected = by_the_general_codec(each)
        except (WireError, AssertionError, ValueError):
            assert read is None
        else:
            assert read in (None, expected)


UNUSUAL: dict[str, tuple[range, dict[str, Any]]] = {
    "two topics": (VERSIONS, {"topics": 2}),
    "no partition": (VERSIONS, {"partitions": 0}),
    "two partitions": (VERSIONS, {"partitions": 2}),
    "no name": (VERSIONS_WITH_NAMES, {"name": ""}),
    "a name beyond ASCII": (VERSIONS_WITH_NAMES, {"name": "t\u00f6pic"}),
    "a long name": (VERSIONS_WITH_NAMES, {"name": LONGEST_NAME + "t"}),
    "a longer name": (VERSIONS_WITH_NAMES, {"name": "t" * 249}),
    "a replica": (range(4, 15), {"replica_id": 1}),
    "who reads all": (range(4, 15), {"replica_id": -2}),
    "a replica with its state": (range(15, 19), {"replica_state": ReplicaState(1, 1)}),
    "a forgotten topic": (
        VERSIONS_WITH_SESSIONS,
        {"forgotten_topics_data": [ForgottenTopic("topic", ID, [0])]},
    ),
    "a rack beyond ASCII": (VERSIONS_WITH_RACKS, {"rack_id": "r\u00e4ck"}),
    "a long rack": (FLEXIBLE_VERSIONS, {"rack_id": "r" * 127}),
    "a cluster": (FLEXIBLE_VERSIONS, {"cluster_id": "cluster"}),
    "a directory": (range(17, 19), {"partition": {"replica_directory_id": ID}}),
    "a high watermark": (range(18, 19), {"partition": {"high_watermark": 5}}),
}


@pytest.mark.parametrize(
    ("version", "unusual"),
    [
        pytest.param(version, unusual, id=f"{name} {version}")
        for name, (versions_with_it, unusual) in UNUSUAL.items()
        for version in versions_with_it
    ],
)
def test_an_unusual_request_is_left_to_the_general_codec(
    version: int, unusual: dict[str, Any]
) -> None:
    assert single_fetch.read(frame_of(request(**unusual), version)) is None


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_id_beyond_ascii_is_left_to_the_general_codec(version: int) -> None:
    assert single_fetch.read(frame_of(request(), version, "cli\u00e9nt")) is None


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("key", [0, 257, -255])
def test_another_api_is_left_to_the_general_codec(version: int, key: int) -> None:
    assert single_fetch.read(frame_of(request(), version, key=key)) is None


@pytest.mark.parametrize("version", range(4))
def test_versions_with_message_sets_are_left_to_the_general_codec(version: int) -> None:
    assert single_fetch.read(frame_of(request(), version)) is None


@pytest.mark.parametrize("version", [-1, 19, 260])
def test_a_version_that_is_not_served_is_left_to_the_general_codec(version: int) -> None:
    frame = frame_of(request(), 18)
    assert (
        single_fetch.read(frame[:2] + version.to_bytes(2, "big", signed=True) + frame[4:]) is None
    )


@pytest.mark.parametrize("version", FLEXIBLE_VERSIONS)
def test_tagged_fields_anywhere_are_left_to_the_general_codec(version: int) -> None:
    frame = frame_of(request(), version)
    in_header = 10 + len("client")
    # Behind the partition, its topic, and the request.
    behind_partition, behind_topic, behind_request = len(frame) - 5, len(frame) - 4, len(frame) - 1
    for at in (in_header, behind_partition, behind_topic, behind_request):
        assert frame[at] == 0
        tagged = frame[:at] + b"\1\x63\0" + frame[at + 1 :]
        by_the_general_codec(tagged)
        assert single_fetch.read(tagged) is None


def general(message: FetchResponse, version: int, correlation_id: int) -> bytes:
    """The frame that the general codec makes of a response."""
    response = write_response_header(correlation_id, response_header_version(1, version))
    response += encode(message, version)
    return len(response).to_bytes(4, "big") + response


def answered(version: int, correlation_id: int = 7) -> SingleFetch:
    return SingleFetch(version, correlation_id, 0, 0, 0, 0, 0, 0)


def check_answer(
    version: int,
    correlation_id: int,
    session_id: int,
    name: str,
    partition: int,
    found: Found,
) -> None:
    data = PartitionData(
        partition,
        0,
        found.high_watermark,
        found.last_stable_offset,
        found.log_start_offset,
        aborted_transactions=[] if found.is_committed else None,
        records=found.records,
    )
    named = FetchableTopicResponse(name, ID, [data])
    expected = FetchResponse(session_id=session_id, responses=[named])
    asked = answered(version, correlation_id)
    asked.topic = ID if version >= 13 else name.encode()
    asked.ask = FetchPartition(partition)
    pieces = single_fetch.write(asked, session_id, found)
    assert b"".join(pieces) == general(expected, version, correlation_id)
    assert any(piece is found.records for piece in pieces)  # without a copy of them


@given(
    version=versions,
    correlation_id=int32s,
    session_id=int32s,
    name=names,
    partition=int32s,
    found=st.builds(
        Found,
        sizes.map(bytes) | sizes.map(bytes).map(memoryview),
        int64s,
        int64s,
        int64s,
        st.booleans(),
    ),
)
@example(18, 7, 0, "t", 0, Found(memoryview(bytes(3 << 20)), 1, 1, 1, True))
@example(11, 7, 0, "t", 0, Found(bytes(3 << 20), 1, 1, 1, False))
def test_the_answer_is_that_of_the_general_codec(
    version: int, correlation_id: int, session_id: int, name: str, partition: int, found: Found
) -> None:
    check_answer(version, correlation_id, session_id, name, partition, found)


@pytest.mark.parametrize("version", VERSIONS_WITH_NAMES)
@pytest.mark.parametrize("length", [126, 127, 128, 249])
def test_a_session_may_know_a_topic_with_a_name_that_is_not_read_here(
    version: int, length: int
) -> None:
    check_answer(version, 7, 5, "t" * length, 0, Found(b"records", 1, 1, 1, True))


@given(version=versions, correlation_id=int32s, session_id=int32s, partition=int32s)
def test_without_news_the_answer_is_that_of_the_general_codec(
    version: int, correlation_id: int, session_id: int, partition: int
) -> None:
    asked = answered(version, correlation_id)
    asked.topic, asked.ask = b"topic", FetchPartition(partition)
    pieces = single_fetch.write(asked, session_id, None)
    expected = FetchResponse(session_id=session_id)
    assert b"".join(pieces) == general(expected, version, correlation_id)
