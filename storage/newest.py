"""The batch that an engine wrote last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kafkapy.wire.schema import Buffer

if TYPE_CHECKING:
    from kafkapy.storage.log import Log


class NewestBatch:
    """A batch as it was written, with the offsets that it spans: where `log` is None there is none.

    Whoever waits for a log reads what it waited for right after it was written. One batch for all
    logs, of the size of one write at most, saves that read the way to the disk.
    """

    __slots__ = ("base_offset", "batch", "end", "log")

    def __init__(self) -> None:
        self.log: Log | None = None
        self.base_offset = self.end = 0
        self.batch: Buffer = b""
