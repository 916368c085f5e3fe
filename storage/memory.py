"""The engine whose logs live and die with the process: for tests."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from kafkapy.storage.checkpoints import CLEAN_SHUTDOWN
from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.local import LocalEngine


class MemoryEngine(LocalEngine):
    """The local engine over files that are a dict."""

    def __init__(
        self,
        *,
        now_ms: Callable[[], int],
        random: Random | None = None,
        producer_id_expiration_ms: int = 24 * 3600 * 1000,
        max_expanded_bytes: int = 256 << 20,
        disk: MemoryDisk | None = None,
    ) -> None:
        self._memory = disk or MemoryDisk()
        super().__init__(
            self._memory,
            now_ms=now_ms,
            random=random,
            producer_id_expiration_ms=producer_id_expiration_ms,
            max_expanded_bytes=max_expanded_bytes,
        )

    def clone(self) -> MemoryEngine:
        """Give an engine, yet to be started, that has copies of all logs as they are now."""
        self._save_all()
        copy = self._memory.clone()
        self._memory.remove(CLEAN_SHUTDOWN)
        return MemoryEngine(
            now_ms=self._now_ms,
            random=self._env.random,
            producer_id_expiration_ms=self._producer_id_expiration_ms,
            max_expanded_bytes=self._env.max_expanded_bytes,
            disk=copy,
        )
