"""Files that nothing needs any more, removed only after a delay, as `file.delete.delay.ms` asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kafkapy.storage import swap
from kafkapy.storage.disk import Disk
from kafkapy.storage.flushing import in_thread


class Deletions:
    """What is to be removed, and when. What is left at the end, the next start removes."""

    def __init__(self, disk: Disk, now_ms: Callable[[], int]) -> None:
        self._disk = disk
        self._now_ms = now_ms
        self._due: list[tuple[int, str]] = []

    def add(self, paths: Sequence[str], delay_ms: int) -> None:
        """Remove files or directories after a delay."""
        due_ms = self._now_ms() + delay_ms
        self._due += [(due_ms, path) for path in paths]

    async def set_aside(self, paths: Sequence[str], delay_ms: int) -> None:
        """Rename files to `.deleted`, and remove them after a delay. May raise OSError."""
        if paths:
            self.add(
                await in_thread(self._disk, lambda: swap.set_aside(self._disk, paths)), delay_ms
            )

    async def remove_due(self) -> None:
        """Remove what is due. May raise OSError."""
        now_ms = self._now_ms()
        paths = [path for due_ms, path in self._due if due_ms <= now_ms]
        if paths:
            self._due = [deletion for deletion in self._due if deletion[0] > now_ms]
            await in_thread(self._disk, lambda: self._remove(paths))

    def _remove(self, paths: Sequence[str]) -> None:
        for path in paths:
            self._disk.remove(path)
