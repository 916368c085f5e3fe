"""The commands as processes: what they need, what they import, and how they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafkapy.cli import TOOL_COMMANDS
from kafkapy.testing import Broker
from kafkapy.tools.app import COMMANDS
from tests.kafkapy.tools.command import Run

ROOT = Path(__file__).resolve().parents[3]
TYPED = [sys.executable, "-m", "kafkapy"]
NOWHERE = "127.0.0.1:1"


@pytest.fixture
def environment(broker: Broker) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "BOOTSTRAP": broker.bootstrap_servers}


@pytest.fixture
def reader(kafkapy: Run, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has printed the first of many records and waits for more."""
    kafkapy("topics create endless --if-not-exists")
    kafkapy("produce endless -n 20000 --size 100")
    process = subprocess.Popen(
        [*TYPED, "consume", "endless", "-q", "-u"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_names_that_are_handed_over_are_those_that_exist() -> None:
    assert TOOL_COMMANDS == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(kafkapy: Run, name: str) -> None:
    assert kafkapy(f"{name} --help").out.startswith(f"Usage: kafkapy {name} ")


def test_a_broker_imports_nothing_of_the_tools() -> None:
    done = python(
        "import sys, kafkapy.__main__\n"
        "names = {'click', 'rich', 'confluent_kafka', 'kafka', 'kafkapy.tools'}\n"
        "sys.exit(str(names & set(sys.modules)) if names & set(sys.modules) else 0)"
    )
    assert done.stderr == ""


@pytest.mark.parametrize("package", ["click", "confluent_kafka"])
def test_without_the_extra_a_sentence_says_how_to_install_it(package: str) -> None:
    done = python(
        "import sys\n"
        f"sys.modules[{package!r}] = None\n"
        "from kafkapy.__main__ import main\n"
        "sys.exit(main(['topics', 'list']))"
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"kafkapy: `kafkapy topics` needs {package}: "
        "in a clone, pip install '.[cli]' installs it.\n"
    )


def test_a_broker_that_is_not_there_is_named(kafkapy: Run) -> None:
    for line in ("topics list", "consume t", "produce t"):
        failed = kafkapy(f"{line} -b {NOWHERE}", status=1)
        assert failed.err.startswith(f"kafkapy: no broker answers: {NOWHERE}: ")
        assert failed.err.count("\n") == 1


def test_client_properties_come_from_a_file_and_from_x(kafkapy: Run, tmp_path: Path) -> None:
    file = tmp_path / "client.properties"
    file.write_text(f"bootstrap.servers={NOWHERE}\nclient.id=from-a-file\n")
    kafkapy(f"topics list --command-config {file}", status=1)
    refused = kafkapy("topics list -X no.such.property=1", status=1)
    assert refused.err == 'kafkapy: No such configuration property: "no.such.property"\n'


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_ctrl_c_ends_quietly(reader: subprocess.Popen[bytes]) -> None:
    reader.send_signal(signal.SIGINT)
    _, err = reader.communicate(timeout=60)
    assert (reader.returncode, err) == (130, b"")


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_a_pipe_that_nobody_reads_any_more_ends_quietly(reader: subprocess.Popen[bytes]) -> None:
    assert reader.stdout is not None
    reader.stdout.close()
    assert reader.wait(timeout=60) == 141
    assert reader.stderr is not None
    assert reader.stderr.read() == b""
