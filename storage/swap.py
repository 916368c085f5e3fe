"""Putting a new segment in the place of others so that a crash at any moment loses nothing.

The files are written as `.cleaned`; made durable, they become `.swap`, and from then on they count.
What they replace is set aside as `.deleted`, and `.swap` is taken off. `recover` finishes or takes
back what a crash interrupted. Names and order are Kafka's, which can open such a directory.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from kafkapy.storage.disk import Disk
from kafkapy.storage.segment import LOG_SUFFIX, SNAPSHOT_SUFFIX, OpenSegments, Segment

CLEANED = ".cleaned"
SWAP = ".swap"
DELETED = ".deleted"
_OFFSET_DIGITS = 20
_REPLACED = (LOG_SUFFIX, ".index", ".timeindex", ".txnindex")


def commit(disk: Disk, segment: Segment) -> None:
    """Make the files of a `.cleaned` segment durable and rename them; it must be closed."""
    paths = [path for path in segment.paths() if disk.size(path) >= 0]
    for path in paths:
        file = disk.open(path)
        try:
            file.fsync()
        finally:
            file.close()
    for path in paths:
        disk.rename(path, path.removesuffix(CLEANED) + SWAP)
    disk.sync_directory(segment.path.rpartition("/")[0])


def finish(disk: Disk, segment: Segment) -> None:
    """Give the files of a `.swap` segment their final names."""
    segment.unload()
    # The log comes first: without a `.log.swap` nothing more would be replaced.
    for path in segment.paths():
        with contextlib.suppress(FileNotFoundError):
            disk.rename(path, path.removesuffix(SWAP))
    segment.suffix = ""


def set_aside(disk: Disk, paths: Iterable[str]) -> list[str]:
    """Rename the files that exist; gives what is to be removed later."""
    renamed = []
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            disk.rename(path, path + DELETED)
            renamed.append(path + DELETED)
    return renamed


def remove_cleaned(disk: Disk, directory: str) -> None:
    """Remove what a compaction that was given up left, before `recover` takes it for another's."""
    for name in disk.list(directory):
        if name.endswith(CLEANED):
            disk.remove(f"{directory}/{name}")


def replaced_paths(segments: list[Segment]) -> list[str]:
    """Every file that goes when one segment replaces several; the first snapshot stays."""
    first = segments[0].path + SNAPSHOT_SUFFIX
    return [path for segment in segments for path in segment.paths() if path != first]


def recover(disk: Disk, directory: str) -> list[str]:
    """Bring a directory in order after a crash; gives the names that are in it then.

    May raise OSError or CorruptRecordError.
    """
    names = disk.list(directory)
    if any(name.endswith((CLEANED, SWAP, DELETED, ".tmp")) for name in names):
        _recover(disk, directory, names)
        return disk.list(directory)
    return names


def _recover(disk: Disk, directory: str, names: list[str]) -> None:
    # What is behind the first `.cleaned` did not become `.swap` as a whole.
    first_cleaned = min(
        [_offset_of(name) for name in names if name.endswith(CLEANED)], default=2**63
    )
    swaps = []
    for name in names:
        if name.endswith(SWAP) and _offset_of(name) < first_cleaned:
            swaps.append(name)
        elif name.endswith((CLEANED, SWAP, DELETED, ".tmp")):
            disk.remove(f"{directory}/{name}")
    for swap in swaps:
        if swap.endswith(LOG_SUFFIX + SWAP):
            start, end = _extent(disk, directory, swap)
            for name in names:
                if name.endswith(_REPLACED) and start <= _offset_of(name) < end:
                    disk.remove(f"{directory}/{name}")
    for swap in swaps:
        disk.rename(f"{directory}/{swap}", f"{directory}/{swap.removesuffix(SWAP)}")


def _offset_of(name: str) -> int:
    digits = name[:_OFFSET_DIGITS]
    return int(digits) if digits.isascii() and digits.isdigit() else -1


def _extent(disk: Disk, directory: str, name: str) -> tuple[int, int]:
    """The offsets that a `.swap` segment takes the place of; at least its base offset."""
    start = _offset_of(name)
    size = disk.size(f"{directory}/{name}")
    segment = Segment(
        OpenSegments(disk),
        directory,
        start,
        size=size,
        created_ms=0,
        index_interval_bytes=0,
        suffix=SWAP,
    )
    end = start + 1
    for _, header in segment.scan():
        end = header.next_offset
    segment.discard()
    return start, end
