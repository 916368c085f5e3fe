"""A short run of the fuzzer, the same every time; `make fuzz` runs it for longer."""

from __future__ import annotations

import time

from tests.fuzz import fuzz

FRAMES = 15_000
MAX_S = 15.0


def test_damaged_requests_raise_nothing_unexpected() -> None:
    # A slow machine tries fewer frames rather than taking longer.
    end_s = time.monotonic() + MAX_S
    result = fuzz(FRAMES, seed=0, is_over=lambda: time.monotonic() > end_s)
    assert result.frames > 0
    assert not result.failures, "\n".join(result.failures.values())
