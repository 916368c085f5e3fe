"""A broker, and the commands run in this process as a user would type them."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator

import pytest

from kafkapy.testing import Broker
from kafkapy.tools import run
from tests.kafkapy.tools.command import Ended, Run


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with Broker() as running:
        yield running


@pytest.fixture
def kafkapy(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run a command line against the broker; fails unless it ends with `status`."""
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap_servers)

    def typed(line: str, *more: str, stdin: bytes = b"", status: int = 0) -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        ended = run([*line.split(), *more])
        captured = capsys.readouterr()
        assert ended == status, captured.err
        return Ended(ended, captured.out, captured.err)

    return typed
