"""Where the broker under test is, and names that no other test uses.

`BOOTSTRAP=host:port pytest compat-tests` runs the suites against any broker; without it they run
against ours, started once as a process of its own.
"""

from __future__ import annotations

import itertools
import os
import socket
import struct
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "support"))

from harness import own, reference  # noqa: E402

pytest_plugins = ["harness.card"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all-versions",
        action="store_true",
        help="compare every version of every API with Kafka, not only those that say most",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Warnings inside a stock client are its own business."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("default"))


MEANT: dict[str, str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    MEANT.update(dict(report.user_properties).get("meant", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the differences from Kafka that are meant, which the comparison has come across."""
    if MEANT:
        terminalreporter.section("differences from Kafka that are meant")
        for where, reason in sorted(MEANT.items()):
            terminalreporter.write_line(f"{where}: {reason}")


@pytest.fixture(scope="session")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if address := os.environ.get("BOOTSTRAP"):
        yield address
        return
    with own.own_broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker.bootstrap


@pytest.fixture
def restartable(tmp_path: Path) -> Iterator[own.OwnBroker]:
    """A broker of ours that the test may kill and start again."""
    if os.environ.get("BOOTSTRAP"):
        pytest.skip("BOOTSTRAP names a broker that is not ours to kill")
    with own.own_broker(tmp_path) as broker:
        yield broker


@pytest.fixture(scope="session")
def kafka_jars() -> Path:
    """The folder with the jars of Kafka itself."""
    if reason := reference.unavailable():
        pytest.skip(reason)
    return reference.libs()


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Make a name that a broker which others use at the same time has not seen."""
    counter = itertools.count()
    run = uuid.uuid4().hex[:10]
    return lambda stem: f"{stem}-{run}-{next(counter)}"


@pytest.fixture(scope="session")
def serves(bootstrap: str) -> Callable[[int], bool]:
    """Tell whether the broker lists an API, by its key, in its answer to ApiVersions."""
    host, _, port = bootstrap.split(",")[0].rpartition(":")
    with socket.create_connection((host, int(port)), 10) as sock, sock.makefile("rb") as answers:
        sock.sendall(struct.pack(">ihhih", 10, 18, 0, 1, -1))
        (size,) = struct.unpack(">i", answers.read(4))
        _, _, count = struct.unpack(">ihi", answers.read(10))
        keys = {key for key, _, _ in struct.iter_unpack(">hhh", answers.read(size - 10))}
    assert len(keys) == count
    return keys.__contains__
