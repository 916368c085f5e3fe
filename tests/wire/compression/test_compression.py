import contextlib
import gzip
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import cramjam
import lz4.frame
import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

import kafkapy
from kafkapy.wire.compression import LEVELS, Compression, compress, decompress
from kafkapy.wire.compression.gzip import MAX_MEMBERS
from kafkapy.wire.compression.lz4 import set_header_checksum
from kafkapy.wire.errors import DecompressionError, UnsupportedCompressionError, WireError

LIMIT = 1 << 20
CODECS = [codec for codec in Compression if codec]
codecs = st.sampled_from(CODECS)
contents = st.binary(max_size=300) | st.builds(
    lambda piece, count: piece * count, st.binary(max_size=20), st.integers(0, 9000)
)


@given(st.sampled_from(Compression), contents)
def test_what_was_compressed_decompresses_to_the_same(codec: Compression, data: bytes) -> None:
    assert decompress(codec, compress(codec, data), len(data)) == data


@given(st.sampled_from(Compression), contents)
def test_any_buffer_will_do(codec: Compression, data: bytes) -> None:
    compressed = compress(codec, memoryview(bytearray(data)))
    inside = memoryview(b"??" + compressed + b"??")[2:-2]
    assert decompress(codec, inside, LIMIT) == data


@pytest.mark.parametrize(
    ("codec", "level"),
    [(codec, level) for codec, levels in LEVELS.items() for level in levels],
)
def test_every_extreme_level_works(codec: Compression, level: int) -> None:
    data = b"some text, " * 1000
    assert decompress(codec, compress(codec, data, level), LIMIT) == data


@pytest.mark.parametrize("codec", LEVELS)
def test_a_level_out_of_range_is_refused(codec: Compression) -> None:
    for level in (LEVELS[codec].minimum - 3, LEVELS[codec].maximum + 1):
        with pytest.raises(ValueError, match="outside"):
            compress(codec, b"", level)


@pytest.mark.parametrize("codec", [-1, 5, 6, 7])
def test_an_unknown_codec_is_refused(codec: int) -> None:
    with pytest.raises(UnsupportedCompressionError):
        compress(codec, b"")
    with pytest.raises(UnsupportedCompressionError):
        decompress(codec, b"", LIMIT)


@given(codecs, contents, st.data())
def test_data_that_is_cut_short_is_refused(
    codec: Compression, data: bytes, draw: st.DataObject
) -> None:
    compressed = compress(codec, data)
    end = draw.draw(st.integers(0, len(compressed) - 1))
    with pytest.raises(DecompressionError):
        decompress(codec, compressed[:end], LIMIT)


@given(codecs, contents, st.binary(min_size=1, max_size=20).filter(lambda data: data[0] != 0x50))
@example(Compression.LZ4, b"x", lz4.frame.compress(b"y"))
@example(Compression.GZIP, b"x", b"\x00")
def test_anything_that_follows_is_refused(codec: Compression, data: bytes, more: bytes) -> None:
    with pytest.raises(DecompressionError):
        decompress(codec, compress(codec, data) + more, LIMIT)


@given(codecs, contents, st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=5))
def test_damaged_data_raises_nothing_but_wire_errors(
    codec: Compression, data: bytes, changes: list[tuple[int, int]]
) -> None:
    damaged = bytearray(compress(codec, data))
    for position, byte in changes:
        damaged[position % len(damaged)] = byte
    with contextlib.suppress(WireError):
        assert len(decompress(codec, damaged, LIMIT)) <= LIMIT


@given(codecs, st.binary(max_size=100))
def test_random_data_raises_nothing_but_wire_errors(codec: Compression, data: bytes) -> None:
    with contextlib.suppress(WireError):
        decompress(codec, data, LIMIT)


@pytest.mark.parametrize("codec", CODECS)
def test_the_limit_is_inclusive(codec: Compression) -> None:
    data = bytes(200_000)
    compressed = compress(codec, data)
    assert decompress(codec, compressed, len(data)) == data
    for limit in (0, 1, 65536, 131072, len(data) - 1):
        with pytest.raises(DecompressionError):
            decompress(codec, compressed, limit)


@pytest.mark.parametrize("codec", CODECS)
def test_a_bomb_does_not_take_more_memory_than_allowed(codec: Compression) -> None:
    bomb = compress(codec, bytes(64 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(DecompressionError):
            decompress(codec, bomb, LIMIT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * LIMIT + 2 * len(bomb)


def test_gzip_members_are_concatenated() -> None:
    assert decompress(Compression.GZIP, gzip.compress(b"a") + gzip.compress(b"b"), 2) == b"ab"
    with pytest.raises(DecompressionError, match="more than 1 bytes"):
        decompress(Compression.GZIP, gzip.compress(b"a") + gzip.compress(b"b"), 1)


def test_gzip_members_are_limited() -> None:
    with pytest.raises(DecompressionError, match="members"):
        decompress(Compression.GZIP, gzip.compress(b"") * (MAX_MEMBERS + 1), LIMIT)


def test_snappy_without_framing_is_read() -> None:
    data = b"abc" * 1000
    assert decompress(Compression.SNAPPY, bytes(cramjam.snappy.compress_raw(data)), 3000) == data


def test_snappy_claims_are_not_believed() -> None:
    with pytest.raises(DecompressionError, match="cannot hold"):
        decompress(Compression.SNAPPY, b"\xff\xff\xff\xff\x07\x00a", 1 << 31)


def test_snappy_streams_are_concatenated() -> None:
    stream = compress(Compression.SNAPPY, b"abc")
    assert decompress(Compression.SNAPPY, stream + stream, 6) == b"abcabc"
    with pytest.raises(DecompressionError):
        decompress(Compression.SNAPPY, stream + stream[:16], 6)


def test_snappy_of_an_impossible_framing_version_is_refused() -> None:
    data = bytearray(compress(Compression.SNAPPY, b"data"))
    struct.pack_into(">i", data, 8, 0)
    with pytest.raises(DecompressionError, match="version"):
        decompress(Compression.SNAPPY, data, LIMIT)


def test_lz4_is_written_as_independent_blocks_of_64_kb_without_checksums() -> None:
    assert compress(Compression.LZ4, bytes(70_000))[:6] == b"\x04\x22\x4d\x18\x60\x40"


@pytest.mark.parametrize("linked", [False, True])
def test_lz4_with_any_options_is_read(linked: bool) -> None:
    data = b"some text, " * 100_000
    frame = lz4.frame.compress(
        data,
        block_size=lz4.frame.BLOCKSIZE_MAX1MB,
        block_linked=linked,
        content_checksum=True,
        block_checksum=True,
        store_size=True,
    )
    assert decompress(Compression.LZ4, frame, len(data)) == data


@pytest.mark.parametrize("store_size", [False, True])
def test_an_lz4_header_checksum_can_be_broken_and_mended(store_size: bool) -> None:
    frame = lz4.frame.compress(b"data", store_size=store_size)
    broken = set_header_checksum(frame, including_magic=True)
    with pytest.raises(DecompressionError):
        decompress(Compression.LZ4, broken, LIMIT)
    assert set_header_checksum(broken, including_magic=False) == frame


def test_zstd_frames_are_concatenated_and_skippable_ones_skipped() -> None:
    frame = zstandard.compress(b"abc")
    skippable = b"\x53\x2a\x4d\x18" + struct.pack("<I", 5) + b"12345"
    assert decompress(Compression.ZSTD, frame + skippable + frame, 6) == b"abcabc"
    with pytest.raises(DecompressionError):
        decompress(Compression.ZSTD, frame + skippable[:-1], 6)


def test_zstd_without_the_content_size_but_with_a_checksum_is_read() -> None:
    data = b"some text, " * 100_000
    encoder = zstandard.ZstdCompressor(write_content_size=False, write_checksum=True)
    assert decompress(Compression.ZSTD, encoder.compress(data), len(data)) == data


def test_zstd_claims_are_not_believed() -> None:
    one_raw_block = struct.pack("<I", 3 << 3 | 1)[:3] + b"abc"
    for claim in (1 << 62, 4):
        frame = b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", claim) + one_raw_block
        with pytest.raises(DecompressionError):
            decompress(Compression.ZSTD, frame, 1 << 63)


def test_the_libraries_are_imported_at_first_use() -> None:
    program = (
        "import sys, kafkapy.wire.compression as c\n"
        "assert not {'cramjam', 'lz4', 'zstandard'} & sys.modules.keys()\n"
        "c.compress(c.Compression.LZ4, b'')\n"
        "assert 'lz4' in sys.modules\n"
    )
    subprocess.run(
        [sys.executable, "-c", program], check=True, cwd=Path(kafkapy.__path__[0]).parent
    )
