"""aiokafka speaks the older, non-flexible versions of the protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import pytest

aiokafka = pytest.importorskip("aiokafka")


@pytest.fixture
def play() -> Callable[[Coroutine], object]:
    """Run a coroutine in a loop of its own, for 60 seconds at most."""
    return lambda scenario: asyncio.run(asyncio.wait_for(scenario, 60))
