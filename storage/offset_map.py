"""The newest offset of each key in a part of a log, in a fixed amount of memory.

Keys are told apart by 128 bits of their hash, as in Kafka's cleaner.
"""

from __future__ import annotations

import struct
from hashlib import blake2b
from typing import Final

ENTRY_BYTES: Final = 24  # the hash, and the offset

_HASH: Final = struct.Struct("QQ")


class OffsetMap:
    """A hash table with open addressing that never grows.

    It takes as many keys as `load_factor` says; `latest_offset` is up to where it knows the log.
    """

    __slots__ = ("_capacity", "_slots", "_words", "latest_offset", "size")

    def __init__(self, slots: int, load_factor: float) -> None:
        self._slots = max(slots, 2)
        # One slot stays free, at which every search ends.
        self._capacity = min(max(int(slots * load_factor), 1), self._slots - 1)
        # Three words for each slot: the hash, and the offset plus one; 0 is a free slot.
        self._words = memoryview(bytearray(ENTRY_BYTES * self._slots)).cast("Q")
        self.latest_offset = -1
        self.size = 0

    def put(self, key: bytes, offset: int) -> bool:
        """Note the offset of a key; False where the map is full."""
        if self.size >= self._capacity:
            return False
        at, high, low = self._find(key)
        words = self._words
        if not words[at + 2]:
            words[at], words[at + 1] = high, low
            self.size += 1
        words[at + 2] = offset + 1
        return True

    def get(self, key: bytes) -> int:
        """The offset of a key, -1 for one that is not in the map."""
        return self._words[self._find(key)[0] + 2] - 1

    def _find(self, key: bytes) -> tuple[int, int, int]:
        """The place of a key, or where it would be put; and the two halves of its hash."""
        high, low = _HASH.unpack(blake2b(key, digest_size=16).digest())
        words = self._words
        at = high % self._slots * 3
        while words[at + 2] and (words[at] != high or words[at + 1] != low):
            at += 3
            if at == len(words):
                at = 0
        return at, high, low
