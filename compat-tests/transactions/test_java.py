"""Transactions of the Java client: the newest, with an epoch for each of them, and older ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import java, programs

HERE = Path(__file__).parent
COPIED = {"offset": 8, "sink": [f"v{number}!" for number in range(8)]}
SEEN = {
    "outcomes": {"committed": ["0", "2", "4"]},
    "zombie": {"commit": True, "begin": True, "committed": ["new", "newer"]},
    "copy": COPIED,
    "crash_and_timeout": {"committed": ["v0"]},
    "crash_and_return": COPIED,
}

pytestmark = [
    pytest.mark.timeout(java.BUILD_TIMEOUT_S + 120),
    pytest.mark.client("java_client"),
    pytest.mark.scenario("transactions"),
]


@pytest.mark.parametrize("scenario", SEEN)
@pytest.mark.parametrize("version", ["4.3.1", "2.8.2", "0.11.0.3"])
def test_a_scenario_goes_as_with_kafka(bootstrap, unique, version: str, scenario: str) -> None:
    sources = [HERE / "Transactions.java", *java.sources(version)]
    program = java.command("Transactions", version, sources)
    assert programs.seen([program, scenario], bootstrap, unique("java")) == SEEN[scenario]
