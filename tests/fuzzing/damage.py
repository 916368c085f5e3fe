"""What may happen to the files of a data directory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from kafkapy.storage.disk import MemoryDisk
from tests.fuzzing.mutations import (
    Mutation,
    cut,
    flip_bits,
    repeat,
    set_number,
    set_varint,
    splice,
)

_CONTENTS: tuple[Mutation, ...] = (
    flip_bits,
    flip_bits,
    cut,
    splice,
    repeat,
    set_number,
    set_number,
    set_varint,
)
# File names that stand for work which a crash interrupted, or for nothing at all.
_SUFFIXES = (".swap", ".cleaned", ".deleted", ".tmp", ".log", ".index", ".snapshot", "")


def paths(disk: MemoryDisk) -> list[str]:
    """List the paths of all files."""
    found = []
    for name in disk.list():
        try:
            found += [f"{name}/{inner}" for inner in disk.list(name)]
        except KeyError:
            found.append(name)
    return found


def damage(random: Random, disk: MemoryDisk, candidates: Sequence[str]) -> set[str]:
    """Damage one file or two; gives their paths, those that have come or gone among them."""
    harmed = set()
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        path = random.choice(candidates)
        if disk.size(path) >= 0:
            harmed |= random.choice(_WAYS)(random, disk, path)
    return harmed


def _change(random: Random, disk: MemoryDisk, path: str) -> set[str]:
    content = disk.read(path)
    for _ in range(random.choice((1, 1, 2))):
        # What is spliced in comes from the same file: the bytes of another one could be anybody's.
        content = bytes(random.choice(_CONTENTS)(random, bytearray(content), content))
    disk.replace(path, content)
    return {path}


def _zero(random: Random, disk: MemoryDisk, path: str) -> set[str]:
    """Fill the end with zeros, as a file system may after a crash."""
    content = disk.read(path)
    at = random.randrange(len(content) + 1)
    disk.replace(path, content[:at] + bytes(len(content) - at + random.choice((0, 0, 100))))
    return {path}


def _fill(random: Random, disk: MemoryDisk, path: str) -> set[str]:
    disk.replace(path, random.randbytes(random.choice((0, 1, 12, 100, 1000))))
    return {path}


def _remove(random: Random, disk: MemoryDisk, path: str) -> set[str]:
    disk.remove(path)
    return {path}


def _rename(random: Random, disk: MemoryDisk, path: str) -> set[str]:
    new = path + random.choice(_SUFFIXES)
    if disk.size(new) < 0:
        disk.rename(path, new)
    return {path, new}


def _litter(random: Random, disk: MemoryDisk, path: str) -> set[str]:
    """Leave a file that has no business there."""
    directory, slash, name = path.rpartition("/")
    new = directory + slash + random.choice((
        f"{random.choice((0, 3, 10, 2**40)):020}{random.choice(_SUFFIXES)}",
        "x.log",
        f"{name}{random.choice(_SUFFIXES)}",
        "-1.log",
        "99.log",
    ))  # fmt: skip
    if disk.size(new) < 0:
        disk.replace(new, random.randbytes(random.choice((0, 10, 100))))
    return {new}


_WAYS: tuple[Callable[[Random, MemoryDisk, str], set[str]], ...] = (
    _change,
    _change,
    _change,
    _zero,
    _fill,
    _remove,
    _rename,
    _litter,
)
