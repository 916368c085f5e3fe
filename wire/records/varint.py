"""The signed numbers in records: zigzag varints of up to ten bytes, the same for 32 and 64 bits.

A reader looks at the first byte by itself, and comes here only where another one follows.
"""

from __future__ import annotations

import functools
from typing import Final

from kafkapy.wire.errors import CorruptRecordError
from kafkapy.wire.primitives import write_varlong
from kafkapy.wire.schema import Buffer

INT64_SIGN: Final = 1 << 63
_UINT64_MASK: Final = (1 << 64) - 1
_MAX_BYTES: Final = 10


def varint_at(data: bytes, position: int) -> tuple[int, int]:
    """Read the number at a position; gives what follows it, too.

    Raises CorruptRecordError, and IndexError where the data ends.
    """
    value = data[position]
    position += 1
    if value & 0x80:
        value, position = rest_of_varint(data, position, value)
    return value >> 1 ^ -(value & 1), position


def rest_of_varint(data: Buffer, position: int, value: int) -> tuple[int, int]:
    """Read on where the first byte, which is `value`, tells of another one.

    Gives the number as it is encoded, not as a signed one. Raises what `varint_at` raises.
    """
    byte = data[position]
    if byte < 0x80:
        return value & 0x7F | byte << 7, position + 1
    value &= 0x7F
    for shift in range(7, 7 * _MAX_BYTES, 7):
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _UINT64_MASK, position
    raise CorruptRecordError(f"a number of more than {_MAX_BYTES} bytes")


@functools.lru_cache(maxsize=1024)
def varint(value: int) -> bytes:
    """Encode a number, of which 64 bits count."""
    return write_varlong(wrap_int64(value))


def wrap_int64(value: int) -> int:
    """Overflow as a signed 64-bit number does: timestamps and their deltas may."""
    return (value + INT64_SIGN & _UINT64_MASK) - INT64_SIGN
