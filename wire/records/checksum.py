"""CRC-32C, the checksum of record batches: in hardware, and over any buffer.

Only the extension module of the package `crc32c` is loaded. The package looks up its own version,
and what it imports for that takes a sixth of the time in which a broker starts.
"""

from __future__ import annotations

from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType
from typing import Protocol

from kafkapy.wire.schema import Buffer


class Checksum(Protocol):
    """Gives the CRC-32C of the data, or of what gave `value` followed by the data."""

    def __call__(self, data: Buffer, value: int = 0, /) -> int: ...


def _extension() -> ModuleType:
    package = PathFinder.find_spec("crc32c")
    if package is not None:
        spec = PathFinder.find_spec("crc32c._crc32c", package.submodule_search_locations)
        if spec is not None and spec.loader is not None:
            extension = module_from_spec(spec)
            spec.loader.exec_module(extension)
            return extension
    # Where it is not found so: in an archive, or built otherwise.
    import crc32c

    return crc32c


crc32c: Checksum = _extension().crc32c
