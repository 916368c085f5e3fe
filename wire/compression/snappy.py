"""Snappy, in the block framing of Java's snappy library and without any framing.

The framing is a header of 16 bytes, `\\x82SNAPPY\\0` and two version numbers, and then blocks, each
with its length in front. Java and most clients write it; some clients write one bare block.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from kafkapy.wire.errors import DecompressionError
from kafkapy.wire.schema import Buffer

BLOCK_BYTES: Final = 32 * 1024

_MAGIC: Final = b"\x82SNAPPY\x00"
_HEADER: Final = _MAGIC + struct.pack(">ii", 1, 1)
_BLOCK_LENGTH: Final = struct.Struct(">i")
# The longest copy makes 64 bytes of 3.
_MAX_EXPANSION: Final = 22


def compress(data: Buffer, level: int) -> bytes:
    """Compress into framed blocks; snappy has no levels."""
    import cramjam

    view = memoryview(data)
    pieces: list[bytes] = [_HEADER]
    for start in range(0, len(view), BLOCK_BYTES) or (0,):
        block = bytes(cramjam.snappy.compress_raw(view[start : start + BLOCK_BYTES]))
        pieces.append(_BLOCK_LENGTH.pack(len(block)))
        pieces.append(block)
    return b"".join(pieces)


def decompress(data: Buffer, max_bytes: int) -> bytes:
    """Decompress framed blocks or one bare block."""
    import cramjam

    room = max_bytes
    pieces: list[bytes] = []
    try:
        for block in _blocks(memoryview(data)):
            size = cramjam.snappy.decompress_raw_len(block)
            if size > _MAX_EXPANSION * len(block):
                raise DecompressionError(f"snappy: {len(block)} bytes cannot hold {size}")
            room -= size
            if room < 0:
                raise DecompressionError(f"snappy: more than {max_bytes} bytes")
            pieces.append(bytes(cramjam.snappy.decompress_raw(block)))
    except cramjam.DecompressionError as error:
        raise DecompressionError(str(error)) from error
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _blocks(data: memoryview) -> Iterator[memoryview]:
    if bytes(data[: len(_MAGIC)]) != _MAGIC:
        yield data
        return
    position = 0
    while position < len(data):
        # Streams may be concatenated: then a header stands where a block's length would.
        if bytes(data[position : position + len(_MAGIC)]) == _MAGIC:
            position = _after_header(data, position)
        start = position + _BLOCK_LENGTH.size
        if start > len(data):
            raise DecompressionError("snappy: the data ends in a block's length")
        (length,) = _BLOCK_LENGTH.unpack_from(data, position)
        position = start + length
        if length <= 0 or position > len(data):
            raise DecompressionError(f"snappy: a block of {length} bytes")
        yield data[start:position]


def _after_header(data: memoryview, position: int) -> int:
    end = position + len(_HEADER)
    if end >= len(data):
        raise DecompressionError("snappy: the data ends in or after a header")
    (version,) = _BLOCK_LENGTH.unpack_from(data, position + len(_MAGIC))
    if version < 1:
        raise DecompressionError(f"snappy: framing version {version}")
    return end
