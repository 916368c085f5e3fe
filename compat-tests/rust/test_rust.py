"""The rdkafka crate, which brings a librdkafka of its own, used from Rust."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harness import process, programs

HERE = Path(__file__).parent
BUILD_TIMEOUT_S = 300
# librdkafka's own code where there is no offset to go on from, and no policy to find one.
OTHERWISE = {"out_of_range": {"code": -140}}

pytestmark = pytest.mark.timeout(BUILD_TIMEOUT_S + 120)


@pytest.fixture(scope="session")
def program() -> Path:
    """The program, built anew when its source has changed."""
    if reason := process.missing("cargo", "make", "cc"):
        pytest.skip(reason)
    command = ["cargo", "build", "--quiet", "--locked"]
    built = process.run(command, cwd=HERE, timeout_s=BUILD_TIMEOUT_S, check=False)
    if re.search(r"requires rustc|lock file version", built.stderr):
        pytest.skip(f"Rust is too old: {built.stderr.strip()}")
    assert built.returncode == 0, built.stderr
    return HERE / "target" / "debug" / "compat"


@pytest.mark.parametrize("scenario", programs.played(HERE, "rust"))
def test_rdkafka_sees(request, program, scenario):
    expected = programs.SCENARIOS[scenario].seen | OTHERWISE.get(scenario, {})
    assert programs.play(request, [program], scenario) == expected
