"""What may happen to the bytes of a frame on its way."""

from __future__ import annotations

import struct
from collections.abc import Callable
from random import Random

_LIMITS = (-1, -2, 0, 1, 0x7F, 0x80, 0x7FFF, -0x8000, 0x7FFFFFFF, -0x80000000)
_FORMATS = (("b", 8), ("h", 16), ("i", 32), ("q", 64))
_VARINTS = (b"\0", b"\x7f", b"\x80\x01", b"\xff\xff\x03", b"\xff\xff\xff\xff\x0f", b"\xff" * 10)
_HEADER_BYTES = 8

Mutation = Callable[[Random, bytearray, bytes], bytearray]


def flip_bits(random: Random, frame: bytearray, other: bytes) -> bytearray:
    """Turn over one to four bits."""
    for _ in range(random.randint(1, 4) if frame else 0):
        frame[random.randrange(len(frame))] ^= 1 << random.randrange(8)
    return frame


def cut(random: Random, frame: bytearray, other: bytes) -> bytearray:
    """Lose the end."""
    return frame[: random.randrange(len(frame) + 1)]


def splice(random: Random, frame: bytearray, other: bytes) -> bytearray:
    """Go on with the end of another frame."""
    return frame[: random.randrange(len(frame) + 1)] + other[random.randrange(len(other) + 1) :]


def repeat(random: Random, frame: bytearray, other: bytes) -> bytearray:
    """Say a part many times."""
    start = random.randrange(len(frame) + 1)
    part = frame[start : start + random.randint(1, 40)]
    return frame[:start] + part * random.choice((2, 3, 100)) + frame[start:]


def set_number(random: Random, frame: bytearray, other: bytes) -> bytearray:
    """Put a limit of its type where a length, a count or any other number may stand."""
    form, bits = random.choice(_FORMATS)
    size = bits // 8
    if len(frame) >= size:
        fitting = [limit for limit in _LIMITS if -(1 << bits - 1) <= limit < 1 << bits - 1]
        at = random.randrange(len(frame) - size + 1)
        struct.pack_into(">" + form, frame, at, random.choice(fitting))
    return frame


def set_varint(random: Random, frame: bytearray, other: bytes) -> bytearray:
    """Put a number of variable length in place of a byte."""
    at = random.randrange(len(frame) + 1)
    frame[at : at + 1] = random.choice(_VARINTS)
    return frame


def set_header(random: Random, frame: bytearray, other: bytes) -> bytearray:
    """Ask for another API or version with the same body."""
    if len(frame) >= _HEADER_BYTES:
        key, version = struct.unpack_from(">hh", frame)
        if random.random() < 0.5:
            key = random.choice((-1, 0, 1, 18, 93, 256, 32767, random.randrange(93)))
        version = random.choice((-1, 0, 99, 32767, version ^ 1, max(version - 1, -1)))
        struct.pack_into(">hh", frame, 0, key, version)
    return frame


_MUTATIONS: tuple[Mutation, ...] = (
    flip_bits,
    cut,
    splice,
    repeat,
    set_number,
    set_number,
    set_varint,
    set_header,
)


def mutate(random: Random, frame: bytes, other: bytes) -> bytes:
    """Damage a frame once or twice; `other` is one to take parts from."""
    damaged = bytearray(frame)
    for _ in range(random.choice((1, 1, 2))):
        damaged = random.choice(_MUTATIONS)(random, damaged, other)
    return bytes(damaged)
