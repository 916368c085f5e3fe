import struct
import sys
import tracemalloc
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.wire.errors import FrameTooLargeError
from kafkapy.wire.framing import FrameSplitter

MAX_BYTES = 1_000_000


def frame_of(body: bytes) -> bytes:
    return struct.pack(">i", len(body)) + body


def take_all(splitter: FrameSplitter) -> list[bytes]:
    return [bytes(frame) for frame in iter(splitter.next_frame, None)]


def test_nothing_is_there_before_anything_was_fed() -> None:
    splitter = FrameSplitter(MAX_BYTES)
    splitter.feed(b"")
    assert splitter.next_frame() is None
    assert splitter.buffered_bytes == 0


def test_one_chunk_may_hold_several_frames_and_the_start_of_another() -> None:
    splitter = FrameSplitter(MAX_BYTES)
    splitter.feed(frame_of(b"one") + frame_of(b"") + frame_of(b"three") + b"\0\0\0\4ab")
    assert take_all(splitter) == [b"one", b"", b"three"]
    assert splitter.buffered_bytes == 4 + 2
    splitter.feed(b"cd")
    assert take_all(splitter) == [b"abcd"]
    assert splitter.buffered_bytes == 0


def test_an_empty_frame_may_end_the_data() -> None:
    splitter = FrameSplitter(MAX_BYTES)
    splitter.feed(frame_of(b""))
    assert take_all(splitter) == [b""]


@given(
    bodies=st.lists(st.binary(max_size=20) | st.integers(0, 20_000).map(bytes), max_size=8),
    sizes=st.lists(st.integers(1, 9000), min_size=1, max_size=20),
    patience=st.integers(0, 5),
)
def test_frames_come_out_whole_however_the_data_is_cut(
    bodies: list[bytes], sizes: list[int], patience: int
) -> None:
    data = b"".join(map(frame_of, bodies))
    splitter = FrameSplitter(MAX_BYTES)
    frames, position, turn = [], 0, 0
    while position < len(data):
        size = sizes[turn % len(sizes)]
        splitter.feed(data[position : position + size])
        position += size
        turn += 1
        if turn % (patience + 1) == 0:  # at times the caller leaves frames where they are
            frame = splitter.next_frame()
            frames += [] if frame is None else [bytes(frame)]
    assert frames + take_all(splitter) == bodies
    assert splitter.buffered_bytes == 0


def test_frames_come_out_of_single_bytes() -> None:
    splitter = FrameSplitter(MAX_BYTES)
    frames = []
    for byte in frame_of(b"first") + frame_of(b"x" * 5000) + frame_of(b"last"):
        splitter.feed(bytes([byte]))
        frames += take_all(splitter)
    assert frames == [b"first", b"x" * 5000, b"last"]


def test_frames_that_are_not_taken_wait_and_are_counted() -> None:
    splitter = FrameSplitter(MAX_BYTES)
    splitter.feed(frame_of(b"one") + frame_of(b"two"))
    assert splitter.next_frame() == b"one"
    splitter.feed(frame_of(b"three"))
    assert splitter.buffered_bytes == 7 + 9
    assert take_all(splitter) == [b"two", b"three"]


@pytest.mark.parametrize("size", [-1, -(2**31), MAX_BYTES + 1, 2**31 - 1])
def test_an_impossible_size_is_refused_each_time(size: int) -> None:
    splitter = FrameSplitter(MAX_BYTES)
    splitter.feed(struct.pack(">i", size)[:3])
    assert splitter.next_frame() is None
    splitter.feed(struct.pack(">i", size)[3:])
    for _ in range(2):
        with pytest.raises(FrameTooLargeError):
            splitter.next_frame()


def test_a_frame_of_the_largest_size_is_taken() -> None:
    splitter = FrameSplitter(10)
    splitter.feed(frame_of(b"x" * 10))
    assert take_all(splitter) == [b"x" * 10]


def test_a_large_frame_in_one_chunk_is_a_view_that_cannot_be_changed() -> None:
    splitter = FrameSplitter(MAX_BYTES)
    chunk = frame_of(b"x" * 100_000)
    splitter.feed(chunk)
    frame = splitter.next_frame()
    assert isinstance(frame, memoryview)
    assert frame.obj is chunk
    assert frame.readonly


def test_a_large_frame_in_many_chunks_cannot_be_changed_either() -> None:
    splitter = FrameSplitter(MAX_BYTES)
    data = frame_of(b"x" * 100_000)
    splitter.feed(data[:50_000])
    assert splitter.next_frame() is None
    splitter.feed(data[50_000:])
    frame = splitter.next_frame()
    assert isinstance(frame, memoryview)
    assert frame.readonly
    assert frame == data[4:]


def peak_memory_bytes(splitter: FrameSplitter, chunks: list[bytes]) -> int:
    tracemalloc.start()
    try:
        for chunk in chunks:
            splitter.feed(bytes(bytearray(chunk)))  # what a socket gives is a new object
            splitter.next_frame()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_announced_size_costs_nothing_until_the_data_arrives() -> None:
    splitter = FrameSplitter(100_000_000)
    assert peak_memory_bytes(splitter, [struct.pack(">i", 100_000_000), b"x" * 10]) < 10_000


def test_tiny_chunks_cost_no_more_memory_than_large_ones() -> None:
    data = struct.pack(">i", MAX_BYTES) + b"x" * 100_000
    pairs = [data[position : position + 2] for position in range(0, len(data), 2)]
    assert peak_memory_bytes(FrameSplitter(MAX_BYTES), pairs) < 200_000


def test_a_large_frame_is_put_together_without_a_second_copy_of_it() -> None:
    data = frame_of(bytes(MAX_BYTES))
    chunks = [data[position : position + 65536] for position in range(0, len(data), 65536)]
    assert peak_memory_bytes(FrameSplitter(MAX_BYTES), chunks) < 1.3 * MAX_BYTES


class Cut(NamedTuple):
    """A frame, how much of it comes with what was sent before, and whether it is taken at once."""

    body: bytes
    sent_before: int
    is_taken: bool = True


def chunks_of(cuts: list[Cut]) -> Iterator[tuple[bytes, bool]]:
    """What arrives, and whether its reader has the time to take frames."""
    rest = b""
    for cut in cuts:
        frame = frame_of(cut.body)
        if rest or cut.sent_before:
            yield rest + frame[: cut.sent_before], cut.is_taken
        rest = frame[cut.sent_before :]
    yield rest, True


# A frame of which nothing was sent before is a chunk of its own if the same holds of the next.
cuts = st.builds(
    Cut,
    st.binary(max_size=20) | st.integers(4090, 4100).map(bytes) | st.just(bytes(70_000)),
    st.just(0) | st.integers(0, 5000),
    st.booleans(),
)


@given(cuts=st.lists(cuts, max_size=8), max_bytes=st.sampled_from([10, 4095, MAX_BYTES]))
def test_to_ask_for_the_only_frame_changes_nothing_but_who_gives_it(
    cuts: list[Cut], max_bytes: int
) -> None:
    asked, fed = FrameSplitter(max_bytes), FrameSplitter(max_bytes)
    for chunk, is_taken in chunks_of(cuts):
        fed.feed(chunk)
        if not is_taken:
            asked.feed(chunk)
            continue
        only = asked.only_frame(chunk)
        try:
            expected = take_all(fed)
        except FrameTooLargeError:
            assert only is None
            with pytest.raises(FrameTooLargeError):
                take_all(asked)
            return
        frames = [] if only is None else [bytes(only)]
        assert frames + take_all(asked) == expected
        assert asked.buffered_bytes == fed.buffered_bytes


@pytest.mark.parametrize("size", [*range(6), 4096, 4097, 100_000])
def test_the_only_frame_is_given_and_nothing_of_it_kept(size: int) -> None:
    splitter = FrameSplitter(MAX_BYTES)
    chunk = frame_of(b"x" * size)
    references = sys.getrefcount(chunk)
    frame = splitter.only_frame(chunk)
    assert frame == b"x" * size
    assert isinstance(frame, bytes) or (frame.obj is chunk and frame.readonly)
    assert isinstance(frame, bytes) == (size <= 4096)
    del frame
    assert sys.getrefcount(chunk) == references
    assert splitter.buffered_bytes == 0
    assert splitter.next_frame() is None


@pytest.mark.parametrize("size", range(4))
def test_less_than_a_size_is_no_frame_yet(size: int) -> None:
    splitter = FrameSplitter(MAX_BYTES)
    data = frame_of(b"body")
    assert splitter.only_frame(data[:size]) is None
    assert splitter.buffered_bytes == size
    rest = splitter.only_frame(data[size:])
    assert rest == (None if size else b"body")
    assert take_all(splitter) == ([b"body"] if size else [])


@pytest.mark.parametrize("size", [-1, -4, -(2**31), 11, 2**31 - 1])
def test_an_only_frame_of_an_impossible_size_is_refused_as_any_other(size: int) -> None:
    splitter = FrameSplitter(10)
    assert splitter.only_frame(struct.pack(">i", size) + bytes(max(0, min(size, 20)))) is None
    for _ in range(2):
        with pytest.raises(FrameTooLargeError):
            splitter.next_frame()


def test_a_whole_frame_behind_others_waits_for_its_turn() -> None:
    splitter = FrameSplitter(MAX_BYTES)
    splitter.feed(frame_of(b"one"))
    assert splitter.only_frame(frame_of(b"two")) is None
    assert take_all(splitter) == [b"one", b"two"]
