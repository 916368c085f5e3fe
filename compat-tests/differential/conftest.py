"""A node of Kafka and a broker of ours, side by side.

`REFERENCE_BOOTSTRAP` names a Kafka that runs already; it must be a broker with the node id 1.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import own, reference
from harness.probe import Probe

sys.path.insert(0, str(Path(__file__).parent))  # for the stories


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where Kafka listens."""
    if address := os.environ.get("REFERENCE_BOOTSTRAP"):
        yield address
        return
    if reason := reference.unavailable():
        pytest.skip(reason)
    with reference.node(tmp_path_factory.mktemp("kafka")) as node:
        yield node.bootstrap


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where our broker listens."""
    options = ("--override", "node.id=1")
    with own.own_broker(tmp_path_factory.mktemp("ours"), *options) as broker:
        yield broker.bootstrap


@pytest.fixture
def probes(kafka: str, ours: str) -> Iterator[tuple[Probe, Probe]]:
    """A connection to each, Kafka first."""
    with contextlib.closing(Probe(kafka)) as to_kafka, contextlib.closing(Probe(ours)) as to_ours:
        yield to_kafka, to_ours


@pytest.fixture
def meant(request: pytest.FixtureRequest) -> dict[str, str]:
    """Where a difference was seen that is meant, and why; printed at the end."""
    reasons: dict[str, str] = {}
    request.node.user_properties.append(("meant", reasons))
    return reasons
