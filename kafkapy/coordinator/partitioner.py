"""Which partition of an internal topic a group or a transactional id belongs to.

Every broker and many tools compute it, so it is Java's `String.hashCode` bit for bit.
"""

from __future__ import annotations

import functools
import sys

_UTF_16 = f"utf-16-{'le' if sys.byteorder == 'little' else 'be'}"


def utf16_units(text: str) -> int:
    """Count the length of a string as Java does."""
    return len(text) if text.isascii() else len(_utf16(text)) // 2


def java_hash_code(text: str) -> int:
    """Give Java's hash of a string, a signed 32-bit number."""
    result = 0
    if text.isascii():
        for byte in text.encode("ascii"):
            result = (31 * result + byte) & 0xFFFFFFFF
    else:
        for unit in memoryview(_utf16(text)).cast("H"):
            result = (31 * result + unit) & 0xFFFFFFFF
    return result - (1 << 32) if result >= 1 << 31 else result


@functools.lru_cache(maxsize=4096)
def partition_for(key: str, partition_count: int) -> int:
    """Give the partition that owns a key. The smallest integer has no absolute value: it is 0."""
    code = java_hash_code(key)
    return 0 if code == -(1 << 31) else abs(code) % partition_count


def _utf16(text: str) -> bytes:
    return text.encode(_UTF_16, "surrogatepass")
