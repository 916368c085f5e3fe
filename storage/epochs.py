"""Which leader epoch wrote which offsets (KIP-101, KIP-279)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from operator import attrgetter

from kafkapy.storage.checkpoints import EpochStart
from kafkapy.storage.engine import EpochEnd

_UNKNOWN = EpochEnd(-1, -1)
_by_epoch = attrgetter("leader_epoch")
_by_offset = attrgetter("start_offset")


class LeaderEpochs:
    """The epochs of one log with the offsets where they start; both rise."""

    __slots__ = ("entries", "latest")

    def __init__(self, entries: Iterable[EpochStart] = ()) -> None:
        self.entries: list[EpochStart] = []
        self.latest = -1
        for entry in entries:
            self.assign(*entry)

    def assign(self, leader_epoch: int, start_offset: int) -> None:
        """Begin an epoch; one that began at the same offset or later wrote nothing."""
        if leader_epoch <= self.latest:
            return
        while self.entries and self.entries[-1].start_offset >= start_offset:
            self.entries.pop()
        self.entries.append(EpochStart(leader_epoch, start_offset))
        self.latest = leader_epoch

    def end_of(self, leader_epoch: int, log_end: int) -> EpochEnd:
        """Where an epoch, or the largest one before it that is known, ended."""
        if leader_epoch < 0 or leader_epoch > self.latest:
            return _UNKNOWN
        if leader_epoch == self.latest:
            return EpochEnd(leader_epoch, log_end)
        following = bisect_right(self.entries, leader_epoch, key=_by_epoch)
        end_offset = self.entries[following].start_offset
        if following == 0:
            return EpochEnd(leader_epoch, end_offset)
        return EpochEnd(self.entries[following - 1].leader_epoch, end_offset)

    def at(self, offset: int) -> int:
        """The epoch that an offset belongs to, or -1."""
        following = bisect_right(self.entries, offset, key=_by_offset)
        return self.entries[following - 1].leader_epoch if following else -1

    def cut_front(self, start_offset: int) -> bool:
        """Forget what lies before the log's start; tells whether anything changed."""
        following = bisect_right(self.entries, start_offset, key=_by_offset)
        if following == 0:
            return False
        kept = self.entries[following - 1]._replace(start_offset=start_offset)
        if following == 1 and kept == self.entries[0]:
            return False
        self.entries[:following] = [kept]
        return True

    def cut_back(self, end_offset: int) -> None:
        """Forget epochs that start after the log's end."""
        while self.entries and self.entries[-1].start_offset > end_offset:
            self.entries.pop()
        self.latest = self.entries[-1].leader_epoch if self.entries else -1
