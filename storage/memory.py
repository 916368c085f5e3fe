"""The engine whose logs live and die with the process: for tests."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.local import LocalEngine


class MemoryEngine(LocalEngine):
    """The local engine over a dict of files; starts at once, and can be cloned."""

    def __init__(
        self,
        *,
        now_ms: Callable[[], int],
        random: Random | None = None,
        producer_id_expiration_ms: int = 24 * 3600 * 1000,
        max_expanded_bytes: int = 256 << 20,
        disk: MemoryDisk | None = None,
    ) -> None:
        super().__init__(
            disk or MemoryDisk(),
            now_ms=now_ms,
            random=random,
            producer_id_expiration_ms=producer_id_expiration_ms,
            max_expanded_bytes=max_expanded_bytes,
        )
