"""KafkaJS with the codecs that its users add."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import process, programs

HERE = Path(__file__).parent
# KafkaJS has no null for a header, and gives the end for a time after the last record.
OTHERWISE = {
    "headers": {"headers": [["a", "1"], ["a", "2"], ["b", ""]]},
    "times": {"late": 3},
}


@pytest.fixture(scope="session")
def program() -> tuple[str | Path, ...]:
    """The program, once what it needs is installed as the lock file says."""
    if reason := process.missing("node", "npm"):
        pytest.skip(reason)
    lock, installed = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        process.run(["npm", "ci", "--ignore-scripts"], cwd=HERE)
    return "node", HERE / "compat.js"


@pytest.mark.parametrize("scenario", programs.played(HERE, "node"))
def test_kafkajs_sees(request, program, scenario):
    expected = programs.SCENARIOS[scenario].seen | OTHERWISE.get(scenario, {})
    assert programs.play(request, [program], scenario) == expected
