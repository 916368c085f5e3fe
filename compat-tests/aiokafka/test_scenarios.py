"""Every scenario with aiokafka, which speaks the older, non-flexible versions of the protocol."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import own, programs

HERE = Path(__file__).parent
PROGRAM = (sys.executable, HERE / "compat.py")

OTHERWISE = {
    # It has no error for a static member that is fenced: it joins again.
    "static_members": {"same partitions": True, "rebalances of the other": 0}
}
scenarios = [name for name in programs.played(HERE, "aiokafka") if name != "restart"]


@pytest.mark.parametrize("scenario", scenarios)
def test_a_scenario_goes_as_with_kafka(
    scenario: str, bootstrap: str, unique: Callable[[str], str]
) -> None:
    seen = programs.seen([PROGRAM, scenario], bootstrap, unique("aiokafka"))
    assert seen == OTHERWISE.get(scenario, programs.SCENARIOS[scenario].seen)


@pytest.mark.scenario("restart")
def test_what_was_acknowledged_outlives_the_broker(
    restartable: own.OwnBroker, unique: Callable[[str], str]
) -> None:
    seen = programs.seen_over_a_restart([PROGRAM, "restart"], restartable, unique("aiokafka"))
    assert seen == programs.SCENARIOS["restart"].seen
