"""LZ4, in the standard frame format with independent blocks (KIP-57)."""

from __future__ import annotations

import struct
from typing import Final

from kafkapy.wire.errors import DecompressionError
from kafkapy.wire.schema import Buffer

# Kafka's default level stands for the fast compressor; every other one is a high-compression level.
DEFAULT_LEVEL: Final = 9

_MAGIC: Final = b"\x04\x22\x4d\x18"
_FIRST_STEP_BYTES: Final = 64 * 1024
_CONTENT_SIZE_FLAG: Final = 0x08
_RESERVED_FLAGS: Final = 0x03


def compress(data: Buffer, level: int) -> bytes:
    """Compress into one frame of independent 64 KB blocks without checksums."""
    import lz4.frame

    return bytes(
        lz4.frame.compress(
            data,
            compression_level=0 if level == DEFAULT_LEVEL else max(level, 3),
            block_size=lz4.frame.BLOCKSIZE_MAX64KB,
            block_linked=False,
            store_size=False,
        )
    )


def decompress(data: Buffer, max_bytes: int) -> bytes:
    """Decompress one frame. Kafka's reader ends with the first, so nothing may follow it."""
    import lz4.frame

    if bytes(data[:4]) != _MAGIC:
        raise DecompressionError("lz4: not a frame")
    decoder = lz4.frame.LZ4FrameDecompressor()
    pieces: list[bytes] = []
    room = max_bytes + 1
    step = max(_FIRST_STEP_BYTES, 4 * len(data))
    while not decoder.eof:
        try:
            piece = decoder.decompress(data, max_length=min(room, step))
        except RuntimeError as error:
            raise DecompressionError(f"lz4: {error}") from error
        if not piece and not decoder.eof:
            raise DecompressionError("lz4: the data ends too early")
        pieces.append(piece)
        room -= len(piece)
        if room <= 0:
            raise DecompressionError(f"lz4: more than {max_bytes} bytes")
        data = b""  # the decoder keeps what it has not used
        step *= 2
    if decoder.unused_data:
        raise DecompressionError("lz4: data follows the frame")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def set_header_checksum(frame: Buffer, *, including_magic: bool) -> bytes:
    """Recompute the header checksum of a frame.

    Below record magic 1 it covers the frame's magic as well, by an old mistake that has become the
    format (KAFKA-3160). Raises DecompressionError where there is no frame header.
    """
    data = bytearray(frame)
    if len(data) < 7 or data[:4] != _MAGIC or data[4] & _RESERVED_FLAGS:
        raise DecompressionError("lz4: not a frame")
    end = 14 if data[4] & _CONTENT_SIZE_FLAG else 6
    if len(data) <= end:
        raise DecompressionError("lz4: the data ends in its header")
    data[end] = _xxh32(data[0 if including_magic else 4 : end]) >> 8 & 0xFF
    return bytes(data)


def _xxh32(data: Buffer) -> int:
    """Hash fewer than 16 bytes, as much as a frame header has."""
    value = 374761393 + len(data)
    whole = len(data) & ~3
    for (lane,) in struct.iter_unpack("<I", data[:whole]):
        value = _rotate(value + lane * 3266489917, 17) * 668265263
    for byte in data[whole:]:
        value = _rotate(value + byte * 374761393, 11) * 2654435761
    value &= 0xFFFFFFFF
    value = (value ^ value >> 15) * 2246822519 & 0xFFFFFFFF
    value = (value ^ value >> 13) * 3266489917 & 0xFFFFFFFF
    return value ^ value >> 16


def _rotate(value: int, bits: int) -> int:
    value &= 0xFFFFFFFF
    return value << bits & 0xFFFFFFFF | value >> 32 - bits
