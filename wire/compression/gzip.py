"""Gzip, by the standard library's zlib."""

from __future__ import annotations

import zlib
from typing import Final

from kafkapy.wire.errors import DecompressionError
from kafkapy.wire.schema import Buffer

# A stream may consist of several members, but each costs a copy of what follows it.
MAX_MEMBERS: Final = 64

_WITH_GZIP_HEADER: Final = 16 + zlib.MAX_WBITS


def compress(data: Buffer, level: int) -> bytes:
    """Compress into one member; -1 is zlib's default level."""
    encoder = zlib.compressobj(level, zlib.DEFLATED, _WITH_GZIP_HEADER)
    return encoder.compress(data) + encoder.flush()


def decompress(data: Buffer, max_bytes: int) -> bytes:
    """Decompress one or more members."""
    pieces: list[bytes] = []
    room = max_bytes
    for _ in range(MAX_MEMBERS):
        decoder = zlib.decompressobj(_WITH_GZIP_HEADER)
        try:
            piece = decoder.decompress(data, room + 1)
        except zlib.error as error:
            raise DecompressionError(f"gzip: {error}") from error
        room -= len(piece)
        if room < 0:
            raise DecompressionError(f"gzip: more than {max_bytes} bytes")
        if not decoder.eof:
            raise DecompressionError("gzip: the data ends too early")
        pieces.append(piece)
        data = decoder.unused_data
        if not data:
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)
    raise DecompressionError(f"gzip: more than {MAX_MEMBERS} members")
