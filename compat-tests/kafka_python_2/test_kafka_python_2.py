"""Every scenario with kafka-python 2.0, which many still have."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import own, process, programs

HERE = Path(__file__).parent
LIBRARY = HERE / "build" / "site"
INSTALL_TIMEOUT_S = 100

pytestmark = pytest.mark.timeout(INSTALL_TIMEOUT_S + 100)

OTHERWISE = {
    "headers": {
        **programs.SCENARIOS["headers"].seen,
        "headers": [["a", "1"], ["a", "2"], ["b", ""]],  # it takes no header without a value
    },
    "restart": {"lost": 0},  # what it sends again may be there twice
}
scenarios = [name for name in programs.played(HERE, "kafka_python_2") if name != "restart"]


@pytest.fixture(scope="session")
def program() -> tuple[str | Path, ...]:
    """The program; what it imports is installed beside it, as the newest release is elsewhere."""
    if not LIBRARY.exists():
        options = ["--quiet", "--no-deps", "--requirement", HERE / "requirements.txt"]
        scratch = HERE / "build" / "installing"
        try:
            process.run(
                [sys.executable, "-m", "pip", "install", *options, "--target", scratch],
                timeout_s=INSTALL_TIMEOUT_S,
            )
        except (AssertionError, subprocess.TimeoutExpired) as error:
            pytest.skip(f"pip could not install it: {str(error).strip().splitlines()[-1]}")
        scratch.rename(LIBRARY)
    return sys.executable, HERE / "compat.py"


def expected(scenario: str) -> dict:
    return OTHERWISE.get(scenario, programs.SCENARIOS[scenario].seen)


@pytest.mark.parametrize("scenario", scenarios)
def test_a_scenario_goes_as_with_kafka(
    scenario: str,
    program: tuple[str | Path, ...],
    bootstrap: str,
    unique: Callable[[str], str],
) -> None:
    assert programs.seen([program, scenario], bootstrap, unique("old")) == expected(scenario)


@pytest.mark.scenario("restart")
def test_what_was_acknowledged_outlives_the_broker(
    program: tuple[str | Path, ...], restartable: own.OwnBroker, unique: Callable[[str], str]
) -> None:
    seen = programs.seen_over_a_restart([program, "restart"], restartable, unique("old"))
    assert seen == expected("restart")


MORE = {"volume": {"whole": True}, "auto_creation": {"records": 1}}


@pytest.mark.parametrize(
    "play",
    [
        pytest.param("volume", marks=pytest.mark.scenario("volume")),
        pytest.param("auto_creation", marks=pytest.mark.scenario("auto-creation")),
    ],
)
def test_what_only_this_suite_plays(
    program: tuple[str | Path, ...], play: str, bootstrap: str, unique: Callable[[str], str]
) -> None:
    assert programs.seen([program, play], bootstrap, unique("old")) == MORE[play]
