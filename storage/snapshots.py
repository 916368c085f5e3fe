"""The files with the producers of a log as they were at an offset, in Kafka's format.

There is one where each segment begins, and one at the recovery point.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable

from kafkapy.storage.disk import Disk
from kafkapy.storage.producers import Producers
from kafkapy.storage.segment import SNAPSHOT_SUFFIX, Segment


class Snapshots:
    """The snapshots of one log."""

    def __init__(self, disk: Disk, directory: str) -> None:
        self._disk = disk
        self._directory = directory
        self._offsets: list[int] = []  # of those that may become superfluous

    def path(self, offset: int) -> str:
        """The file that tells of an offset."""
        return f"{self._directory}/{offset:020}{SNAPSHOT_SUFFIX}"

    def load(self, offset: int) -> Producers | None:
        """Read the one at an offset; None where it is missing or damaged. May raise OSError."""
        with contextlib.suppress(ValueError, FileNotFoundError):
            return Producers.restore(self._disk.read(self.path(offset)), offset)
        return None

    def load_newest(
        self, offsets: Iterable[int], first: int, last: int, bases: Collection[int]
    ) -> Producers | None:
        """Read the newest sound one from `first` to `last`; remove what is of no use.

        Those at the `bases` of segments before it stay. May raise OSError.
        """
        found = None
        for offset in sorted(offsets, reverse=True):
            if found is None and first <= offset <= last:
                found = self.load(offset)
                if found is not None:
                    self.note(offset)
                    continue
            if found is None or offset not in bases:
                self._disk.remove(self.path(offset))
        return found

    def write(self, producers: Producers) -> None:
        """Write down the producers at the offset up to which they tell. May raise OSError."""
        offset = producers.end_offset
        if offset not in self._offsets:
            self._disk.replace(self.path(offset), producers.snapshot())
            self.note(offset)

    def note(self, offset: int) -> None:
        """Account for one that exists."""
        if offset not in self._offsets:
            self._offsets.append(offset)

    def drop_before(self, recovery_point: int, segments: Iterable[Segment]) -> None:
        """Remove what no recovery needs any more. May raise OSError."""
        superfluous = [offset for offset in self._offsets if offset < recovery_point]
        if superfluous:
            kept = {segment.base_offset for segment in segments}
            for offset in superfluous:
                self._offsets.remove(offset)
                if offset not in kept:
                    self._disk.remove(self.path(offset))
