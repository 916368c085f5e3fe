"""The checkpoint files that tell offsets of all logs: how they are read, and when written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from kafkapy.storage.checkpoints import format_offsets, read_offsets
from kafkapy.storage.disk import Disk
from kafkapy.storage.flushing import in_thread

Offsets = dict[tuple[str, int], int]


class OffsetFiles:
    """Writes a file when it would say something new, and then for good."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._written: dict[str, Offsets] = {}
        self._lock = asyncio.Lock()

    def read(self, name: str) -> Offsets:
        """Read a file; one that is missing or damaged holds nothing."""
        offsets = read_offsets(self._disk, name)
        self._written[name] = offsets
        return dict(offsets)

    async def write(self, collect: Callable[[], Mapping[str, Offsets]]) -> None:
        """Write the files whose content `collect` gives by their names. May raise OSError."""
        async with self._lock:
            changed = self._changed(collect())
            if changed:
                await in_thread(self._disk, lambda: self._replace(changed))

    def write_at_once(self, offsets: Mapping[str, Offsets]) -> None:
        """Do the same without a thread. May raise OSError."""
        self._replace(self._changed(offsets))

    def _changed(self, files: Mapping[str, Offsets]) -> dict[str, Offsets]:
        return {name: found for name, found in files.items() if self._written.get(name) != found}

    def _replace(self, files: Mapping[str, Offsets]) -> None:
        for name, offsets in files.items():
            self._disk.replace(name, format_offsets(offsets), sync=True)
            self._written[name] = offsets
        if files:
            self._disk.sync_directory("")
