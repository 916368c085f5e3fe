"""The rdkafka crate, which brings a librdkafka of its own, used from Rust."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import process

HERE = Path(__file__).parent
BUILD_TIMEOUT_S = 300

pytestmark = pytest.mark.timeout(BUILD_TIMEOUT_S + 60)


@pytest.fixture(scope="session")
def runner() -> Path:
    """The program, built anew when its source has changed."""
    if reason := process.missing("cargo", "make", "cc"):
        pytest.skip(reason)
    command = ["cargo", "build", "--quiet", "--locked"]
    built = process.run(command, cwd=HERE, timeout_s=BUILD_TIMEOUT_S, check=False)
    if re.search(r"requires rustc|lock file version", built.stderr):
        pytest.skip(f"Rust is too old: {built.stderr.strip()}")
    assert built.returncode == 0, built.stderr
    return HERE / "target" / "debug" / "compat"


@pytest.fixture
def seen(runner: Path, bootstrap: str, unique: Callable[[str], str]) -> Callable[..., dict]:
    """Run a scenario and give what it saw."""

    def run(scenario: str, *words: str) -> dict:
        return json.loads(process.run([runner, bootstrap, scenario, unique("rust"), *words]).stdout)

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
    assert seen("times") == {"early": 0, "between": 1, "late": -1}


@pytest.mark.parametrize(("scenario", "code"), [("unknown_topic", 3), ("too_large", 10)])
def test_errors_have_the_codes_of_kafka(seen, scenario, code):
    assert seen(scenario) == {"code": code}
