"""Every scenario with kafka-python."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import own, programs

HERE = Path(__file__).parent
PROGRAM = (sys.executable, HERE / "compat.py")

OTHERWISE = {
    "headers": {
        **programs.SCENARIOS["headers"].seen,
        "headers": [["a", "1"], ["a", "2"], ["b", ""]],  # it takes no header without a value
    }
}
scenarios = [name for name in programs.played(HERE, "kafka_python") if name != "restart"]


@pytest.mark.parametrize("scenario", scenarios)
def test_a_scenario_goes_as_with_kafka(
    scenario: str, bootstrap: str, unique: Callable[[str], str]
) -> None:
    seen = programs.seen([PROGRAM, scenario], bootstrap, unique("kafka-python"))
    assert seen == OTHERWISE.get(scenario, programs.SCENARIOS[scenario].seen)


@pytest.mark.scenario("restart")
def test_what_was_acknowledged_outlives_the_broker(
    restartable: own.OwnBroker, unique: Callable[[str], str]
) -> None:
    command = [PROGRAM, "restart"]
    seen = programs.seen_over_a_restart(command, restartable, unique("kafka-python"))
    assert seen == programs.SCENARIOS["restart"].seen


MORE = {"volume": {"whole": True}, "auto_creation": {"records": 1}}


@pytest.mark.parametrize(
    "play",
    [
        pytest.param("volume", marks=pytest.mark.scenario("volume")),
        pytest.param("auto_creation", marks=pytest.mark.scenario("auto-creation")),
    ],
)
def test_what_only_this_suite_plays(
    play: str, bootstrap: str, unique: Callable[[str], str]
) -> None:
    assert programs.seen([PROGRAM, play], bootstrap, unique("kafka-python")) == MORE[play]
