"""The Java client of five ages: one program, compiled against each of them.

A virtual machine takes longer to start than a scenario runs, so that one plays all scenarios of a
version; it is asked for them one by one. The program is in `scenarios`, what is called differently
in each version in `versions`.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import java, process, programs

HERE = Path(__file__).parent
SCENARIO_TIMEOUT_S = 90

pytestmark = pytest.mark.timeout(java.BUILD_TIMEOUT_S + SCENARIO_TIMEOUT_S)


def dropped(version: str, scenario: str) -> bool:
    """Tell whether a scenario needs versions of requests that Kafka 4 does not serve (KIP-896)."""
    if version == "0.10.2.2":
        return scenario != "admin_cluster"
    return scenario == "admin_configs" and version in ("0.11.0.3", "1.0.2")


def cases() -> Iterator[object]:
    for version in java.VERSIONS:
        for scenario in programs.played(HERE, version):
            too_old = os.environ.get("BOOTSTRAP") and dropped(version, scenario)
            reason = "Kafka 4 does not serve these versions of requests (KIP-896)"
            marks = [pytest.mark.xfail(reason=reason, strict=False)] if too_old else []
            yield pytest.param(version, scenario, marks=marks)


def program(version: str) -> list[str | Path]:
    """Give the command that runs the program with a version of the client."""
    return java.command("Compat", version, java.sources(version))


class Player:
    """A virtual machine that plays the scenarios it is asked for."""

    def __init__(self, command: list[str | Path], bootstrap: str, errors: Path) -> None:
        self._errors = errors
        with errors.open("wb") as sink:
            self._process = subprocess.Popen(
                [*command, bootstrap],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sink,
                text=True,
            )

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def play(self, scenario: str, name: str) -> dict:
        watchdog = threading.Timer(SCENARIO_TIMEOUT_S - 20, self._process.kill)
        watchdog.start()
        try:
            self._process.stdin.write(f"{scenario} {name}\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        finally:
            watchdog.cancel()
        assert line, f"not in time, or worse:\n{self._errors.read_text('utf-8', 'replace')[-3000:]}"
        seen = json.loads(line)
        assert "failed" not in seen, seen["failed"]
        return seen

    def close(self) -> None:
        process.stop(self._process)


@pytest.fixture(scope="session")
def player(bootstrap: str, tmp_path_factory) -> Iterator[Callable[[str], Player]]:
    """Give the machine of a version; there is one at a time."""
    running: dict[str, Player] = {}
    with contextlib.ExitStack() as stop:

        def of(version: str) -> Player:
            if version not in running or not running[version].lives:
                stop.close()
                running.clear()
                errors = tmp_path_factory.mktemp("java") / "errors"
                running[version] = Player(program(version), bootstrap, errors)
                stop.callback(running[version].close)
            return running[version]

        yield of


@pytest.mark.parametrize(("version", "scenario"), list(cases()))
def test_a_scenario_goes_as_with_kafka(
    player, unique, request, version: str, scenario: str
) -> None:
    if scenario == "restart":
        broker = request.getfixturevalue("restartable")
        command = [program(version), scenario]
        seen = programs.seen_over_a_restart(command, broker, unique("java"))
    else:
        seen = player(version).play(scenario, unique("java"))
    assert seen == programs.SCENARIOS[scenario].seen
