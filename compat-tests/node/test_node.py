"""KafkaJS with the codecs that its users add."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import process

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def runner() -> tuple[str | Path, ...]:
    """The program, once what it needs is installed as the lock file says."""
    if reason := process.missing("node", "npm"):
        pytest.skip(reason)
    lock, installed = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        process.run(["npm", "ci", "--ignore-scripts"], cwd=HERE)
    return "node", HERE / "compat.js"


@pytest.fixture
def seen(
    runner: tuple[str | Path, ...], bootstrap: str, unique: Callable[[str], str]
) -> Callable[..., dict]:
    """Run a scenario and give what it saw."""

    def run(scenario: str, *words: str) -> dict:
        command = [*runner, bootstrap, scenario, unique("node"), *words]
        return json.loads(process.run(command).stdout)

    return run


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_records_come_back_as_they_went(seen, codec):
    assert seen("round_trip", codec) == {"records": 200}


def test_a_group_goes_on_where_it_committed(seen):
    assert seen("resume") == {"committed": 8, "next": 8}


def test_two_members_share_and_one_takes_over(seen):
    assert seen("rebalance") == {"together": [2, 2], "alone": [4]}


def test_a_topic_is_created_described_altered_and_deleted(seen):
    described = {"partitions": 3, "end": 5, "before": "60000", "after": "120000"}
    assert seen("admin") == described


def test_offsets_are_found_by_time(seen):
    assert seen("times") == {"early": 0, "between": 1, "late": 3}


@pytest.mark.parametrize(("scenario", "code"), [("unknown_topic", 3), ("too_large", 10)])
def test_errors_have_the_codes_of_kafka(seen, scenario, code):
    assert seen(scenario) == {"code": code}
