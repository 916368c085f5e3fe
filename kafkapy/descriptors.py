"""How many files the process may have open, and how many of them may be those of logs."""

from __future__ import annotations

import contextlib
import sys

# What macOS allows a process that has no other limit; more would be refused there.
_FALLBACK = 10240
_UNLIMITED = 1 << 20
_FEWEST = 64

if sys.platform == "win32":

    def raise_limit() -> None:
        """Do nothing: there is no limit that could be raised."""

    def limit() -> int:
        """What the C runtime allows."""
        return 8192

else:
    import resource

    def raise_limit() -> None:
        """Let the process open as many files as it may, as Kafka's start script does."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        for wanted in (hard, _FALLBACK):
            if soft == resource.RLIM_INFINITY or soft >= wanted != resource.RLIM_INFINITY:
                return
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
                return

    def limit() -> int:
        """How many files the process may have open."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return _UNLIMITED if soft == resource.RLIM_INFINITY else soft


def for_segments() -> int:
    """How many files of logs may stay open; as many are left for connections."""
    return max(limit() // 2, _FEWEST)
