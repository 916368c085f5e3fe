"""A disk that notes what was flushed, and what a power cut leaves of such a disk.

Beside the data directory there is another one with a link to every file that was ever flushed, and
a journal: of which file how many bytes are durable, and of which directory which names are. `cut`
takes away of the data directory what it may, so that a test needs no machine to unplug.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from kafkapy.storage.disk import File, OsDisk
from kafkapy.wire.schema import Buffer

_JOURNAL = "journal"


class _Journal:
    """What is durable from now on. A line is written at once, and stays when the process dies."""

    def __init__(self, side: Path) -> None:
        self._side = side
        self._fd = os.open(side / _JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def file(self, path: str, size: int) -> None:
        """Note that the first bytes of a file are durable."""
        with contextlib.suppress(FileNotFoundError):  # it has another name meanwhile
            inode = os.stat(path).st_ino
            with contextlib.suppress(FileExistsError):
                os.link(path, self._side / str(inode))
            self._write(["file", inode, size])

    def directory(self, path: str, names: dict[str, int]) -> None:
        """Note that a directory has these names for sure."""
        self._write(["directory", os.stat(path).st_ino, names])

    def _write(self, entry: list[Any]) -> None:
        os.write(self._fd, json.dumps(entry).encode() + b"\n")


class _JournaledFile:
    def __init__(self, file: File, path: str, journal: _Journal) -> None:
        self._file = file
        self._path = path
        self._journal = journal
        self.pread, self.close = file.pread, file.close

    def append(self, pieces: Sequence[Buffer]) -> None:
        self._file.append(pieces)

    def truncate(self, size: int) -> None:
        self._file.truncate(size)
        # What is written behind it now is not what was durable there.
        self._journal.file(self._path, size)

    def fsync(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            size = os.path.getsize(self._path)
            self._file.fsync()
            self._journal.file(self._path, size)


class JournaledDisk(OsDisk):
    """An `OsDisk` that writes the journal; what it finds at first is taken to be durable."""

    def __init__(self, root: str, side: Path) -> None:
        super().__init__(root)
        shutil.rmtree(side, ignore_errors=True)
        side.mkdir(parents=True)
        self._journal = _Journal(side)
        for directory, _, files in os.walk(self.root):
            for name in files:
                path = os.path.join(directory, name)
                self._journal.file(path, os.path.getsize(path))
            self._journal.directory(directory, _names(directory))

    def open(self, path: str) -> File:
        return _JournaledFile(super().open(path), self._path(path), self._journal)

    def replace(self, path: str, content: bytes, *, sync: bool = False) -> None:
        super().replace(path, content, sync=sync)
        if sync:
            self._journal.file(self._path(path), len(content))

    def sync_directory(self, path: str) -> None:
        names = _names(self._path(path))
        super().sync_directory(path)
        self._journal.directory(self._path(path), names)


def _names(directory: str) -> dict[str, int]:
    with os.scandir(directory) as entries:
        return {entry.name: entry.inode() for entry in entries}


class Losses(NamedTuple):
    """What a power cut took: names in directories, and bytes of files."""

    names: int
    bytes: int


def cut(root: Path, side: Path, random: Random) -> Losses:
    """Leave what a power cut leaves of a directory whose broker is dead."""
    return _Cut(side, random).directory(root)


class _Cut:
    def __init__(self, side: Path, random: Random) -> None:
        self._side = side
        self._random = random
        self._sizes: dict[int, int] = {}
        self._names: dict[int, dict[str, int]] = {}
        for line in (side / _JOURNAL).read_bytes().split(b"\n")[:-1]:
            kind, inode, what = json.loads(line)
            if kind == "file":
                self._sizes[inode] = what
            else:
                self._names[inode] = what

    def directory(self, path: Path) -> Losses:
        lost_names, lost_bytes = 0, 0
        if self._random.random() < 0.5:
            lost_names += self._take_names(path)
        for child in sorted(path.iterdir()):
            if child.is_dir():
                losses = self.directory(child)
                lost_names += losses.names
                lost_bytes += losses.bytes
            else:
                lost_bytes += self._take_bytes(child)
        return Losses(lost_names, lost_bytes)

    def _take_names(self, path: Path) -> int:
        """Give a directory the names that it has for sure; tells how many changed."""
        durable = self._names.get(path.stat().st_ino, {})
        count = 0
        for name, inode in _names(str(path)).items():
            if durable.get(name) != inode:
                count += 1
                child = path / name
                shutil.rmtree(child) if child.is_dir() else child.unlink()
        for name, inode in durable.items():
            kept = self._side / str(inode)
            if not (path / name).exists() and kept.exists():
                count += 1
                os.link(kept, path / name)
        return count

    def _take_bytes(self, path: Path) -> int:
        """Take what was not flushed of a file, or a part of it, or put zeros there."""
        size = path.stat().st_size
        durable = self._sizes.get(path.stat().st_ino, 0)
        if size <= durable:
            return 0
        fate = self._random.random()
        if fate < 0.2:
            return 0
        end = self._random.choice((durable, self._random.randint(durable, size)))
        os.truncate(path, end)
        if fate < 0.4:
            os.truncate(path, size)
        return size - end
