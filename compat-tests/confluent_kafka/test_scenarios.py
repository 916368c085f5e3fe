"""Every scenario with confluent-kafka, which is librdkafka."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import own, programs

HERE = Path(__file__).parent
PROGRAM = (sys.executable, HERE / "compat.py")

OTHERWISE = {
    "out_of_range": {"code": -140}  # librdkafka's own, for what it was told not to mend
}
scenarios = [name for name in programs.played(HERE, "confluent_kafka") if name != "restart"]


@pytest.mark.parametrize("scenario", scenarios)
def test_a_scenario_goes_as_with_kafka(
    scenario: str, bootstrap: str, unique: Callable[[str], str]
) -> None:
    seen = programs.seen([PROGRAM, scenario], bootstrap, unique("confluent"))
    assert seen == OTHERWISE.get(scenario, programs.SCENARIOS[scenario].seen)


@pytest.mark.scenario("restart")
def test_what_was_acknowledged_outlives_the_broker(
    restartable: own.OwnBroker, unique: Callable[[str], str]
) -> None:
    seen = programs.seen_over_a_restart([PROGRAM, "restart"], restartable, unique("confluent"))
    assert seen == programs.SCENARIOS["restart"].seen
