"""Zstandard (KIP-110).

Frames are walked block by block before anything is decompressed: that finds where each one ends
and bounds what it can expand to, which its header may leave out, or lie about.
Source: RFC 8878, section 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kafkapy.wire.errors import DecompressionError
from kafkapy.wire.schema import Buffer

MAX_WINDOW_BYTES: Final = 1 << 27  # as much as Java's library accepts

_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_SKIPPABLE: Final = b"\x2a\x4d\x18"  # after a first byte of 0x50 to 0x5f
_MAX_BLOCK_BYTES: Final = 128 * 1024
_RLE: Final = 1
_COMPRESSED: Final = 2


def compress(data: Buffer, level: int) -> bytes:
    """Compress into one frame."""
    import zstandard

    return zstandard.ZstdCompressor(level=level).compress(data)


def decompress(data: Buffer, max_bytes: int) -> bytes:
    """Decompress one or more frames."""
    import zstandard

    view = memoryview(data)
    decoder = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES)
    pieces: list[bytes] = []
    room = max_bytes
    position = 0
    try:
        for end, max_content_bytes in _frames(view):
            if max_content_bytes:
                frame = view[position:end]
                limit = min(room, max_content_bytes)
                # Where the header names the content's size, that is what is allocated.
                if zstandard.frame_content_size(frame) > limit:
                    raise DecompressionError(f"zstd: more than {limit} bytes in a frame")
                pieces.append(decoder.decompress(frame, max_output_size=limit))
                room -= len(pieces[-1])
            position = end
    except zstandard.ZstdError as error:
        raise DecompressionError(f"zstd, up to {max_bytes} bytes: {error}") from error
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _frames(data: memoryview) -> Iterator[tuple[int, int]]:
    """Yield where each frame ends, and the most that it can expand to."""
    position = 0
    while True:
        if bytes(data[position : position + 4]) == _MAGIC:
            position, max_content_bytes = _walk_blocks(data, position)
        elif bytes(data[position + 1 : position + 4]) == _SKIPPABLE and data[position] >> 4 == 5:
            size = int.from_bytes(data[position + 4 : position + 8], "little")
            position, max_content_bytes = position + 8 + size, 0
        else:
            raise DecompressionError("zstd: not a frame")
        if position > len(data):
            raise DecompressionError("zstd: the data ends too early")
        yield position, max_content_bytes
        if position == len(data):
            return


def _walk_blocks(data: memoryview, position: int) -> tuple[int, int]:
    import zstandard

    has_checksum = zstandard.get_frame_parameters(data[position:]).has_checksum
    position += zstandard.frame_header_size(data[position:])
    max_content_bytes = 0
    last = False
    while not last:
        header = int.from_bytes(data[position : position + 3], "little")
        position += 3
        if position > len(data):
            raise DecompressionError("zstd: the data ends too early")
        last = bool(header & 1)
        kind, size = header >> 1 & 3, header >> 3
        if kind > _COMPRESSED or size > _MAX_BLOCK_BYTES:
            raise DecompressionError("zstd: a block that cannot be")
        position += 1 if kind == _RLE else size
        max_content_bytes += _MAX_BLOCK_BYTES if kind == _COMPRESSED else size
    return position + (4 if has_checksum else 0), max_content_bytes
