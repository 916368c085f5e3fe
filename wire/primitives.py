"""Variable-length integers: seven bits a byte, lowest first, the top bit set on all but the last.

Signed ones are zigzag-encoded, so that small negative numbers stay short. Readers take a buffer
and an offset and give `(value, offset behind it)`; what ends early, or does not fit its width, is
a `MalformedError`.

Source: Kafka's protocol guide, "Protocol Primitive Types"; KIP-482.
"""

from __future__ import annotations

from kafkapy.wire.errors import MalformedError
from kafkapy.wire.schema import Buffer

_LONGEST_VARINT = 5
_LONGEST_VARLONG = 10


def read_unsigned_varint(data: Buffer, offset: int) -> tuple[int, int]:
    """Read an unsigned 32-bit integer of one to five bytes."""
    return _read(data, offset, 32, _LONGEST_VARINT)


def read_varint(data: Buffer, offset: int) -> tuple[int, int]:
    """Read a signed 32-bit integer of one to five bytes."""
    value, offset = _read(data, offset, 32, _LONGEST_VARINT)
    return (value >> 1) ^ -(value & 1), offset


def read_varlong(data: Buffer, offset: int) -> tuple[int, int]:
    """Read a signed 64-bit integer of one to ten bytes."""
    value, offset = _read(data, offset, 64, _LONGEST_VARLONG)
    return (value >> 1) ^ -(value & 1), offset


def write_unsigned_varint(value: int) -> bytes:
    """Encode an unsigned 32-bit integer; `ValueError` if it is none."""
    return _write(value, 32)


def write_varint(value: int) -> bytes:
    """Encode a signed 32-bit integer; `ValueError` if it is none."""
    return _write((value << 1) ^ (value >> 31), 32)


def write_varlong(value: int) -> bytes:
    """Encode a signed 64-bit integer; `ValueError` if it is none."""
    return _write((value << 1) ^ (value >> 63), 64)


def _read(data: Buffer, offset: int, bits: int, longest: int) -> tuple[int, int]:
    value = shift = 0
    last = 7 * (longest - 1)
    try:
        while (byte := data[offset]) > 0x7F:
            if shift == last:
                raise MalformedError(f"a varint is longer than {longest} bytes")
            value |= (byte & 0x7F) << shift
            shift += 7
            offset += 1
    except IndexError:
        raise MalformedError("the bytes end inside a varint") from None
    value |= byte << shift
    if value >> bits:
        raise MalformedError(f"a varint does not fit {bits} bits")
    return value, offset + 1


def _write(value: int, bits: int) -> bytes:
    if value < 0 or value >> bits:
        raise ValueError(f"a varint does not fit {bits} bits")
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
