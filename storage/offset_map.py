"""The newest offset of each key in a part of a log, in a fixed amount of memory.

Keys are told apart by 128 bits, as in Kafka's cleaner: two of the interpreter's own hashes, which
are keyed by a secret of the process and cost a fifth of a digest. (They have half as many bits on
machines of 32 bits.)
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from typing import Final

from kafkapy.wire.records.packed import PackedRecord

ENTRY_BYTES: Final = 24  # the two hashes, and the offset

# What is known of an offset; 0 is nothing.
NEWEST_VALUE: Final = 1
NEWEST_TOMBSTONE: Final = 2
SUPERSEDED: Final = 3

_SALT: Final = b"\0"


class OffsetMap:
    """A hash table with open addressing that never grows, for the offsets from `start` on.

    It takes as many keys as `load_factor` says; `latest_offset` is up to where it knows the log. Of
    the first `marked` offsets it can tell without the key which are superseded.
    """

    __slots__ = (
        "_capacity",
        "_last",
        "_marks",
        "_slots",
        "_start",
        "_words",
        "latest_offset",
        "size",
    )

    def __init__(self, slots: int, load_factor: float, start: int = 0, marked: int = 0) -> None:
        self._slots = max(slots, 2)
        # One slot stays free, at which every search ends.
        self._capacity = min(max(int(slots * load_factor), 1), self._slots - 1)
        # Three words for each slot: the hashes, and how far behind `start` the offset is plus one;
        # 0 is a free slot. Pages that nothing is put into cost nothing.
        self._words = memoryview(mmap.mmap(-1, ENTRY_BYTES * self._slots)).cast("q")
        self._last = len(self._words) - 3
        self._start = start
        self._marks = bytearray(marked)
        self.latest_offset = -1
        self.size = 0

    def put(self, records: Iterable[PackedRecord]) -> bool:
        """Note the offsets of records that have keys; False where the map is full."""
        words, slots, last = self._words, self._slots, self._last
        marks, start = self._marks, self._start
        for offset, key, has_value, _, _ in records:
            index = offset - start
            if key is None or index < 0:
                continue
            if self.size >= self._capacity:
                return False
            first = hash(key)
            at = first % slots * 3
            while older := words[at + 2]:
                if words[at] == first and words[at + 1] == hash(_SALT + key):
                    if older <= len(marks):
                        marks[older - 1] = SUPERSEDED
                    break
                at = at + 3 if at < last else 0
            else:
                words[at], words[at + 1] = first, hash(_SALT + key)
                self.size += 1
            words[at + 2] = index + 1
            if index < len(marks):
                marks[index] = NEWEST_VALUE if has_value else NEWEST_TOMBSTONE
        return True

    def get(self, key: bytes) -> int:
        """The offset of a key, -1 for one that is not in the map."""
        words, first = self._words, hash(key)
        at = first % self._slots * 3
        while index := words[at + 2]:
            if words[at] == first and words[at + 1] == hash(_SALT + key):
                return self._start + index - 1
            at = at + 3 if at < self._last else 0
        return -1

    def is_newest(self, key: bytes, offset: int) -> bool:
        """Whether the map has no later offset of a key."""
        index = offset - self._start
        mark = self._marks[index] if 0 <= index < len(self._marks) else 0
        return mark != SUPERSEDED if mark else offset >= self.get(key)

    def marks(self, offset: int, end: int) -> bytearray:
        """What is known of each offset before `end`; nothing where it is not one of the first."""
        start = self._start
        return self._marks[offset - start : end - start] if offset >= start else bytearray()
