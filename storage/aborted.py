"""The aborted transactions of a log, which a committed read must skip (KIP-98).

Each segment has a `.txnindex` file in Kafka's format, with one entry per transaction that a marker
in this segment aborted. Few transactions abort, so all entries are kept in memory.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from kafkapy.storage.disk import Disk
from kafkapy.storage.engine import AbortedTransaction
from kafkapy.storage.producers import EndedTransaction
from kafkapy.storage.segment import ABORTED_SUFFIX
from kafkapy.wire.errors import CorruptRecordError
from kafkapy.wire.records.batch import LENGTH_END
from kafkapy.wire.schema import Buffer

_ENTRY = struct.Struct(">hqqqq")
_VERSION = 0
_EXTENT = struct.Struct(">qi11xi")

_by_first_offset = attrgetter("first_offset")


class AbortedEntry(NamedTuple):
    """One entry of a `.txnindex` file; `last_offset` is the marker's."""

    version: int
    producer_id: int
    first_offset: int
    last_offset: int
    last_stable_offset: int


class AbortedTransactions:
    """The entries of all segments, by the base offset of the segment that holds the marker.

    A file is written when its segment is made durable. What a crash loses of it, recovery makes
    anew from the markers.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._entries: dict[int, list[AbortedEntry]] = {}
        self._unsaved: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._entries)

    def load(self, disk: Disk, base_offset: int, following: int, end_offset: int) -> None:
        """Read what a segment's file says of the markers before `end_offset`.

        Raises CorruptRecordError where the file cannot be that of a segment which ends at
        `following`.
        """
        content = disk.read(self.path(base_offset))
        entries = decode_entries(content)
        offsets = [base_offset - 1, *(entry.last_offset for entry in entries), following]
        if (
            len(content) % _ENTRY.size
            or not all(map(int.__lt__, offsets, offsets[1:]))
            or any(entry.version or not 0 <= entry[2] < entry[3] for entry in entries)
        ):
            raise CorruptRecordError(f"{self.path(base_offset)} is damaged")
        kept = [entry for entry in entries if entry.last_offset < end_offset]
        if kept:
            self._entries[base_offset] = kept
        if len(kept) < len(entries):
            self._unsaved.add(base_offset)

    def start_over(self, base_offset: int) -> None:
        """Forget what was read of a segment that is about to be searched for markers."""
        self._entries.pop(base_offset, None)
        self._unsaved.add(base_offset)

    def add(self, base_offset: int, ended: EndedTransaction, last_stable_offset: int) -> None:
        """Add a transaction whose marker is in the segment at `base_offset`."""
        entry = AbortedEntry(_VERSION, *ended[:3], last_stable_offset)
        self._entries.setdefault(base_offset, []).append(entry)
        self._unsaved.add(base_offset)

    def path(self, base_offset: int) -> str:
        """The file of a segment, whether it exists or not."""
        return f"{self._directory}/{base_offset:020}{ABORTED_SUFFIX}"

    def take_unsaved(self) -> dict[int, bytes]:
        """Give the files that have changed since, by their segments; the caller writes them."""
        bases, self._unsaved = sorted(self._unsaved), set()
        return {base: encode_entries(self._entries.get(base, ())) for base in bases}

    def put_back(self, bases: Iterable[int]) -> None:
        """Note that the files of these segments were not written."""
        self._unsaved.update(bases)

    def among(self, records: Buffer, offset: int, base_offset: int) -> list[AbortedTransaction]:
        """The transactions that overlap what a read from `offset` in a segment found."""
        end_offset = _end_offset(records, offset)
        found = []
        for base in sorted(self._entries):
            if base < base_offset:
                continue
            for entry in self._entries[base]:
                if entry.last_offset >= offset and entry.first_offset < end_offset:
                    found.append(AbortedTransaction(entry.producer_id, entry.first_offset))
                if entry.last_stable_offset >= end_offset:
                    return found
        return found

    def overlapping(self, start_offset: int, end_offset: int) -> list[AbortedEntry]:
        """The transactions that reach into a range of offsets, by their first offsets."""
        found = [
            entry
            for entries in self._entries.values()
            for entry in entries
            if entry.last_offset >= start_offset and entry.first_offset < end_offset
        ]
        return sorted(found, key=_by_first_offset)

    def replace(
        self, base_offsets: Iterable[int], base_offset: int, entries: list[AbortedEntry]
    ) -> None:
        """Take the entries of one segment for those of the segments that it replaces."""
        for base in base_offsets:
            self.forget(base)
        if entries:
            self._entries[base_offset] = entries

    def drop_before(self, base_offset: int) -> None:
        """Forget the entries of segments that are gone."""
        for base in [base for base in self._entries if base < base_offset]:
            self.forget(base)

    def forget(self, base_offset: int) -> None:
        """Forget the entries of a segment that is gone."""
        self._entries.pop(base_offset, None)
        self._unsaved.discard(base_offset)


def encode_entries(entries: Iterable[AbortedEntry]) -> bytes:
    """Encode the content of a `.txnindex` file."""
    return b"".join([_ENTRY.pack(*entry) for entry in entries])


def decode_entries(content: bytes) -> list[AbortedEntry]:
    """Decode a `.txnindex` file, which a crash may have cut off."""
    whole = len(content) // _ENTRY.size * _ENTRY.size
    return [AbortedEntry(*fields) for fields in _ENTRY.iter_unpack(content[:whole])]


def _end_offset(records: Buffer, offset: int) -> int:
    position = 0
    while position < len(records):
        base_offset, length, delta = _EXTENT.unpack_from(records, position)
        offset = base_offset + delta + 1
        position += length + LENGTH_END
    return offset
