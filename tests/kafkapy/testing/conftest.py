"""A broker of the test's own, as a user would have it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kafkapy.testing import Broker


@pytest.fixture
def broker() -> Iterator[Broker]:
    with Broker(topics=["topic", "wide:3"]) as broker:
        yield broker
