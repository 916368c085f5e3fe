"""A disk with a page cache. A killed process loses nothing of it; a power cut loses what it may.

What survives a power cut for certain: the content of a file as it was when its `fsync` began, and
the names in a directory as they were at its `sync_directory`. Of what came later a file keeps all,
nothing, the front, or some sectors, and a directory the first changes of those it saw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from kafkapy.storage.errors import DirectoryLockedError
from kafkapy.wire.schema import Buffer
from tests.simulation.loop import KilledError, current_process

_SECTOR_BYTES = 512


class StoppedError(KilledError):
    """The process was killed in this very operation."""


class _Inode:
    """A file's bytes, and those of them that are on the medium."""

    __slots__ = ("content", "durable")

    def __init__(self, content: bytes = b"", durable: bytes = b"") -> None:
        self.content = bytearray(content)
        self.durable = durable

    def lose_power(self, random: Random) -> None:
        if self.content != self.durable:
            self.durable = _torn(self.durable, bytes(self.content), random)
            self.content = bytearray(self.durable)


def _torn(old: bytes, new: bytes, random: Random) -> bytes:
    fate = random.random()
    if fate < 0.25:
        return new
    if fate < 0.4:
        return old
    if fate < 0.7 and new.startswith(old):
        return new[: random.randint(len(old), len(new))]
    size = random.choice((len(old), len(new), random.randint(0, max(len(old), len(new)))))
    size = max(size, min(len(old), len(new)))
    kept = bytearray(size)  # a sector that was never written holds zeros
    for start in range(0, size, _SECTOR_BYTES):
        source = random.choice((old, new))
        sector = source[start : min(start + _SECTOR_BYTES, size)]
        kept[start : start + len(sector)] = sector
    return bytes(kept)


class _Directory:
    """Names and what they stand for; changes that are not durable yet wait in order."""

    __slots__ = ("_changes", "_durable", "entries")

    def __init__(self) -> None:
        self.entries: dict[str, _Inode | _Directory] = {}
        self._durable: dict[str, _Inode | _Directory] = {}
        self._changes: list[dict[str, _Inode | _Directory | None]] = []

    def change(self, changes: dict[str, _Inode | _Directory | None]) -> None:
        """Change several names at once."""
        self._changes.append(changes)
        _apply(changes, self.entries)

    def sync(self) -> None:
        self._durable = dict(self.entries)
        self._changes.clear()

    def lose_power(self, random: Random) -> None:
        survive = random.choice((0, len(self._changes), random.randint(0, len(self._changes))))
        for changes in self._changes[:survive]:
            _apply(changes, self._durable)
        self.entries = dict(self._durable)
        self._changes.clear()
        for entry in self.entries.values():
            entry.lose_power(random)


def _apply(
    changes: dict[str, _Inode | _Directory | None], entries: dict[str, _Inode | _Directory]
) -> None:
    for name, entry in changes.items():
        if entry is None:
            entries.pop(name, None)
        else:
            entries[name] = entry


class _File:
    def __init__(self, disk: SimulatedDisk, path: str, inode: _Inode) -> None:
        self._disk = disk
        self._path = path
        self._inode = inode

    def append(self, pieces: Sequence[Buffer]) -> None:
        data = b"".join(pieces)
        try:
            self._disk.operate("append", self._path)
        except (StoppedError, OSError):
            # Whatever stops a write may do so in the middle of it.
            if data:
                self._inode.content += data[: self._disk.random.randrange(len(data))]
            raise
        self._inode.content += data

    def pread(self, size: int, position: int) -> bytes:
        return bytes(memoryview(self._inode.content)[position : position + size])

    def truncate(self, size: int) -> None:
        self._disk.operate("truncate", self._path)
        del self._inode.content[size:]

    def fsync(self) -> None:
        self._disk.operate("fsync", self._path)
        self._inode.durable = bytes(self._inode.content)

    def close(self) -> None:
        pass


class SimulatedDisk:
    """Implements `kafkapy.storage.disk.Disk`.

    `stops_in` counts operations that change something; at 0 the next one calls `on_stop`, and
    raises StoppedError. `fails_in` counts likewise, and raises OSError once.
    """

    blocking = True

    def __init__(self, random: Random, trace: Callable[[str], None]) -> None:
        self.random = random
        self.stops_in = -1
        self.fails_in = -1
        self.on_stop: Callable[[], None] = lambda: None
        self._trace = trace
        self._root = _Directory()
        self._is_locked = False

    def operate(self, operation: str, path: str) -> None:
        """Note an operation, and let it fail if its time has come."""
        process = current_process()
        if process is not None:
            process.check()
        self._trace(f"disk {operation} {path}")
        if self.stops_in == 0:
            self.on_stop()
            raise StoppedError(operation)
        self.stops_in -= 1
        self.fails_in -= 1
        if self.fails_in == -1:
            raise OSError(f"{operation} failed")
        self.fails_in = max(self.fails_in, -1)
        self.stops_in = max(self.stops_in, -1)

    def restart(self, *, lost_power: bool) -> None:
        """Become what the next process finds."""
        self._is_locked = False
        self.stops_in = self.fails_in = -1
        if lost_power:
            self._root.lose_power(self.random)

    # Names

    def _place(self, path: str) -> tuple[_Directory, str]:
        parent, _, name = path.rpartition("/")
        return self._directory(parent), name

    def _directory(self, path: str) -> _Directory:
        directory = self._root
        for name in path.split("/") if path else ():
            found = directory.entries.get(name)
            if not isinstance(found, _Directory):
                raise FileNotFoundError(path)
            directory = found
        return directory

    def _inode(self, path: str) -> _Inode:
        directory, name = self._place(path)
        found = directory.entries.get(name)
        if not isinstance(found, _Inode):
            raise FileNotFoundError(path)
        return found

    # Disk

    def open(self, path: str) -> _File:
        directory, name = self._place(path)
        if name not in directory.entries:
            self.operate("create", path)
            directory.change({name: _Inode()})
        return _File(self, path, self._inode(path))

    def size(self, path: str) -> int:
        try:
            return len(self._inode(path).content)
        except FileNotFoundError:
            return -1

    def read(self, path: str) -> bytes:
        return bytes(self._inode(path).content)

    def replace(self, path: str, content: bytes, *, sync: bool = False) -> None:
        directory, name = self._place(path)
        self.operate("write", path)
        inode = _Inode(content)
        directory.change({f"{name}.tmp": inode})
        if sync:
            self.operate("fsync", f"{path}.tmp")
            inode.durable = content
        self.operate("replace", path)
        directory.change({f"{name}.tmp": None, name: inode})

    def list(self, path: str = "") -> list[str]:
        return sorted(self._directory(path).entries)

    def mkdir(self, path: str) -> None:
        directory, name = self._place(path)
        if name in directory.entries:
            raise FileExistsError(path)
        self.operate("mkdir", path)
        directory.change({name: _Directory()})

    def rename(self, old: str, new: str) -> None:
        directory, name = self._place(old)
        into, new_name = self._place(new)
        if name not in directory.entries:
            raise FileNotFoundError(old)
        taken = into.entries.get(new_name)
        if isinstance(taken, _Directory) and taken.entries:
            raise OSError(f"{new} is a directory that is not empty")
        self.operate("rename", old)
        directory.change({name: None, new_name: directory.entries[name]})

    def remove(self, path: str) -> None:
        directory, name = self._place(path)
        found = directory.entries.get(name)
        if found is None:
            return
        if isinstance(found, _Directory):
            for inner in list(found.entries):
                self.remove(f"{path}/{inner}")
        self.operate("remove", path)
        directory.change({name: None})

    def sync_directory(self, path: str) -> None:
        self.operate("sync", path)
        self._directory(path).sync()

    def usage(self) -> tuple[int, int]:
        return -1, -1

    def lock(self) -> Callable[[], None]:
        if self._is_locked:
            raise DirectoryLockedError("another process holds the disk")
        self._is_locked = True
        return self._unlock

    def _unlock(self) -> None:
        self._is_locked = False
