"""The compression codecs of record batches.

Decompression is bounded: its result never exceeds the caller's limit, and no size that the input
claims is believed before it is checked. The libraries are imported when a codec is first used.

Source: Kafka's protocol guide; KIP-57 (lz4 framing), KIP-110 (zstd), KIP-390 (levels).
"""

from __future__ import annotations

import enum
from typing import Final, NamedTuple, Protocol

from kafkapy.wire.compression import gzip, lz4, snappy, zstd
from kafkapy.wire.errors import UnsupportedCompressionError
from kafkapy.wire.schema import Buffer


class Compression(enum.IntEnum):
    """The compression type in the lowest three bits of a batch's attributes."""

    NONE = 0
    GZIP = 1
    SNAPPY = 2
    LZ4 = 3
    ZSTD = 4


class LevelRange(NamedTuple):
    """The levels that `compression.<codec>.level` allows; the default may lie outside of them."""

    minimum: int
    maximum: int
    default: int


LEVELS: Final = {
    Compression.GZIP: LevelRange(1, 9, -1),
    Compression.LZ4: LevelRange(1, 17, lz4.DEFAULT_LEVEL),
    Compression.ZSTD: LevelRange(-131072, 22, 3),
}


class _Codec(Protocol):
    def compress(self, data: Buffer, level: int, /) -> bytes: ...

    def decompress(self, data: Buffer, max_bytes: int, /) -> bytes: ...


_CODECS: Final[dict[int, _Codec]] = {
    Compression.GZIP: gzip,
    Compression.SNAPPY: snappy,
    Compression.LZ4: lz4,
    Compression.ZSTD: zstd,
}


def compress(codec: int, data: Buffer, level: int | None = None) -> bytes:
    """Compress as Kafka's own producer does; `None` is the codec's default level.

    Raises UnsupportedCompressionError for an unknown codec, ValueError for a level out of range.
    """
    if codec == Compression.NONE:
        return bytes(data)
    implementation = _codec(codec)
    levels = LEVELS.get(Compression(codec))
    if levels is None:
        return implementation.compress(data, 0)
    if level is None:
        level = levels.default
    if level != levels.default and not levels.minimum <= level <= levels.maximum:
        raise ValueError(f"level {level} is outside of {levels.minimum} to {levels.maximum}")
    return implementation.compress(data, level)


def decompress(codec: int, data: Buffer, max_bytes: int) -> bytes:
    """Decompress everything in `data`, into at most `max_bytes`.

    Raises UnsupportedCompressionError for an unknown codec, DecompressionError for data that is
    damaged, cut short, followed by anything else, or larger than allowed.
    """
    if codec == Compression.NONE:
        return bytes(data)
    return _codec(codec).decompress(data, max_bytes)


def _codec(codec: int) -> _Codec:
    try:
        return _CODECS[codec]
    except KeyError:
        raise UnsupportedCompressionError(f"no compression has the number {codec}") from None
