"""The only place that touches a file system, and a file system that is a dict.

Paths are relative to the disk's root and separated by `/`. Every method may raise OSError.
A write reaches the operating system before it returns; only `fsync` makes it survive a power cut.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from kafkapy.storage.errors import DirectoryLockedError
from kafkapy.wire.schema import Buffer

# Larger writes to new pages cost several times as much per byte, and erratically so.
WRITE_BYTES = 64 * 1024
_BINARY = getattr(os, "O_BINARY", 0)


class File(Protocol):
    """An open file that grows at its end and is read anywhere."""

    def append(self, pieces: Sequence[Buffer]) -> None:
        """Write all pieces at the end."""

    def pread(self, size: int, position: int) -> bytes:
        """Read up to `size` bytes; fewer only at the end of the file."""

    def truncate(self, size: int) -> None:
        """Cut the file; the next append goes to the new end."""

    def fsync(self) -> None:
        """Return when all that was written is on the medium; may run in a thread."""

    def close(self) -> None:
        """Give the descriptor back."""


class Disk(Protocol):
    """A directory tree. `blocking` tells whether `fsync` and `remove` deserve a thread."""

    blocking: bool

    def open(self, path: str) -> File:
        """Open a file for appending and reading, creating it where it is missing."""

    def size(self, path: str) -> int:
        """The bytes of a file, or -1 where there is none."""

    def read(self, path: str) -> bytes:
        """A whole small file. Raises FileNotFoundError."""

    def replace(self, path: str, content: bytes, *, sync: bool = False) -> None:
        """Write a whole small file so that a reader sees either the old or the new one."""

    def list(self, path: str = "") -> list[str]:
        """The names in a directory, sorted."""

    def mkdir(self, path: str) -> None:
        """Create a directory and its parents. Raises FileExistsError."""

    def rename(self, old: str, new: str) -> None:
        """Move a file or a directory."""

    def remove(self, path: str) -> None:
        """Delete a file, or a directory with all that is in it; nothing there is fine."""

    def sync_directory(self, path: str) -> None:
        """Make the creations and renames in a directory survive a power cut."""

    def usage(self) -> tuple[int, int]:
        """The bytes of the volume, and how many of them are free; -1 where unknown."""

    def lock(self) -> Callable[[], None]:
        """Hold the disk until the returned function is called. Raises DirectoryLockedError."""


if sys.platform == "win32":

    def _pread(fd: int, size: int, position: int) -> bytes:
        os.lseek(fd, position, os.SEEK_SET)
        return os.read(fd, size)

    _sync = os.fsync

    def _lock(fd: int) -> None:
        import msvcrt

        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

else:
    _pread = os.pread
    _sync = getattr(os, "fdatasync", os.fsync)

    def _lock(fd: int) -> None:
        import fcntl

        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


# What ends by itself, or with a little help: no room, too many files, no memory.
_PASSING = frozenset(
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EMFILE", "ENFILE", "ENOMEM")
    if hasattr(errno, name)
)


def is_passing(error: BaseException) -> bool:
    """Whether the disk is sound, and only has no room for what was asked."""
    return isinstance(error, OSError) and error.errno in _PASSING


def append_whole(file: File, pieces: Sequence[Buffer], size: int) -> None:
    """Append to a file of `size` bytes all or, where the disk has no room, nothing.

    Raises OSError; one that `is_passing` leaves the file as it was.
    """
    try:
        file.append(pieces)
    except OSError as error:
        if is_passing(error):
            try:
                file.truncate(size)
            except OSError as failure:
                raise OSError(errno.EIO, "part of a write could not be taken back") from failure
        raise


class _OsFile:
    __slots__ = ("_fd",)

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY, 0o644)

    def append(self, pieces: Sequence[Buffer]) -> None:
        for piece in pieces:
            size = len(piece)
            written = os.write(self._fd, piece) if size <= WRITE_BYTES else 0
            if written < size:
                self._append_in_parts(memoryview(piece)[written:])

    def _append_in_parts(self, rest: memoryview) -> None:
        # Writes that end where a block of this size does cost a third less than any others.
        end = os.lseek(self._fd, 0, os.SEEK_END)
        while rest:
            written = os.write(self._fd, rest[: WRITE_BYTES - end % WRITE_BYTES])
            rest = rest[written:]
            end += written

    def pread(self, size: int, position: int) -> bytes:
        return _pread(self._fd, size, position)

    def truncate(self, size: int) -> None:
        os.ftruncate(self._fd, size)

    def fsync(self) -> None:
        _sync(self._fd)

    def close(self) -> None:
        os.close(self._fd)


class OsDisk:
    """A directory of the operating system; created, with its parents, where it is missing."""

    blocking = True

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.fspath(root)
        os.makedirs(self.root, exist_ok=True)

    def __str__(self) -> str:
        return self.root

    def _path(self, path: str) -> str:
        return f"{self.root}/{path}"

    def open(self, path: str) -> File:
        return _OsFile(self._path(path))

    def size(self, path: str) -> int:
        try:
            return os.stat(self._path(path)).st_size
        except FileNotFoundError:
            return -1

    def read(self, path: str) -> bytes:
        with open(self._path(path), "rb") as file:
            return file.read()

    def replace(self, path: str, content: bytes, *, sync: bool = False) -> None:
        new = self._path(path) + ".tmp"
        try:
            with open(new, "wb") as file:
                file.write(content)
                if sync:
                    file.flush()
                    _sync(file.fileno())
            os.replace(new, self._path(path))
        except OSError:
            with suppress(OSError):
                os.unlink(new)
            raise

    def list(self, path: str = "") -> list[str]:
        return sorted(os.listdir(self._path(path)))

    def mkdir(self, path: str) -> None:
        os.makedirs(self._path(path))

    def rename(self, old: str, new: str) -> None:
        os.replace(self._path(old), self._path(new))

    def remove(self, path: str) -> None:
        full = self._path(path)
        with suppress(FileNotFoundError):
            if os.path.isdir(full):
                shutil.rmtree(full)
            else:
                os.unlink(full)

    def sync_directory(self, path: str) -> None:
        if sys.platform != "win32":  # which has no such thing
            fd = os.open(self._path(path), os.O_RDONLY)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)

    def usage(self) -> tuple[int, int]:
        total, _, free = shutil.disk_usage(self.root)
        return total, free

    def lock(self) -> Callable[[], None]:
        fd = os.open(self._path(".lock"), os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(fd)
        except OSError as error:
            os.close(fd)
            raise DirectoryLockedError(f"another process holds {self.root}") from error
        return lambda: os.close(fd)


class _MemoryFile:
    __slots__ = ("_content",)

    def __init__(self, content: bytearray) -> None:
        self._content = content

    def append(self, pieces: Sequence[Buffer]) -> None:
        for piece in pieces:
            self._content += piece

    def pread(self, size: int, position: int) -> bytes:
        return bytes(memoryview(self._content)[position : position + size])

    def truncate(self, size: int) -> None:
        del self._content[size:]

    def fsync(self) -> None:
        pass

    def close(self) -> None:
        pass


class MemoryDisk:
    """A disk that is gone with its process. `clone` copies it."""

    blocking = False

    def __init__(self) -> None:
        self._files: dict[str, dict[str, bytearray]] = {"": {}}

    def __str__(self) -> str:
        return "memory"

    def clone(self) -> MemoryDisk:
        """Give an independent copy."""
        copy = MemoryDisk()
        copy._files = {
            directory: {name: bytearray(content) for name, content in files.items()}
            for directory, files in self._files.items()
        }
        return copy

    def _place(self, path: str) -> tuple[dict[str, bytearray], str]:
        directory, _, name = path.rpartition("/")
        try:
            return self._files[directory], name
        except KeyError:
            raise FileNotFoundError(path) from None

    def open(self, path: str) -> File:
        files, name = self._place(path)
        return _MemoryFile(files.setdefault(name, bytearray()))

    def size(self, path: str) -> int:
        files, name = self._place(path)
        return len(files[name]) if name in files else -1

    def read(self, path: str) -> bytes:
        files, name = self._place(path)
        if name not in files:
            raise FileNotFoundError(path)
        return bytes(files[name])

    def replace(self, path: str, content: bytes, *, sync: bool = False) -> None:
        files, name = self._place(path)
        files[name] = bytearray(content)

    def list(self, path: str = "") -> list[str]:
        directories = self._files if path == "" else ()
        return sorted([*self._files[path], *filter(None, directories)])

    def mkdir(self, path: str) -> None:
        if path in self._files:
            raise FileExistsError(path)
        self._files[path] = {}

    def rename(self, old: str, new: str) -> None:
        if old in self._files:
            self._files[new] = self._files.pop(old)
            return
        files, name = self._place(old)
        into, new_name = self._place(new)
        if name not in files:
            raise FileNotFoundError(old)
        into[new_name] = files.pop(name)

    def remove(self, path: str) -> None:
        if path in self._files:
            del self._files[path]
        else:
            directory, _, name = path.rpartition("/")
            self._files.get(directory, {}).pop(name, None)

    def sync_directory(self, path: str) -> None:
        pass

    def usage(self) -> tuple[int, int]:
        return -1, -1

    def lock(self) -> Callable[[], None]:
        return lambda: None
