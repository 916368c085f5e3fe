"""A disk whose power can be cut between any two changes."""

from kafkapy.storage.disk import MemoryDisk


class PowerCutError(OSError):
    """What every change of a disk without power raises."""


class BreakingDisk(MemoryDisk):
    """Stops working after as many changes of its directories as `left` says, if it says any."""

    def __init__(self):
        super().__init__()
        self.left = None

    def _change(self):
        if self.left is not None:
            if self.left == 0:
                raise PowerCutError("no power")
            self.left -= 1

    def replace(self, path, content, *, sync=False):
        self._change()
        super().replace(path, content, sync=sync)

    def rename(self, old, new):
        self._change()
        super().rename(old, new)

    def remove(self, path):
        self._change()
        super().remove(path)

    def open(self, path):
        if self.size(path) < 0:
            self._change()
        return super().open(path)

    def sync_directory(self, path):
        self._change()

    def repaired(self):
        """Give a copy that works."""
        copy = BreakingDisk()
        copy._files = self.clone()._files
        return copy
