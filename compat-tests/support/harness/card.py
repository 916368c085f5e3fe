"""A pytest plug-in that prints the report card: a row per client, a column per scenario.

A test says what it shows with `@pytest.mark.scenario("codecs", …)`, names of `SCENARIOS`, unless
its parameter `scenario` says it. Its client is that of its folder, or of the folder that
`@pytest.mark.client("aiokafka")` names. What a client has no means for stands in its suite's
`lacks.toml`. `--card FILE.md` and `--card FILE.html` write the card to a file too.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import kafkapy
from harness import card_formats, programs
from harness.card_formats import FAILED, PASSED, SKIPPED, Card
from harness.clients import CLIENTS, SUITES
from harness.scenarios import SCENARIOS, of_parameters

SHOWS = "shows"
OWN_SUITE = "card"
FORMATS = {".md": card_formats.as_markdown, ".html": card_formats.as_html}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--card",
        action="append",
        default=[],
        metavar="FILE",
        help="write the report card to FILE.md or FILE.html; may be given again",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "scenario(*names): what the test shows of its client")
    config.addinivalue_line("markers", "client(suite): whose test this is, unless its folder's")
    for name in config.getoption("card"):
        if Path(name).suffix not in FORMATS:
            raise pytest.UsageError(f"--card writes {' or '.join(FORMATS)}, not {name}")
    if not hasattr(config, "workerinput"):  # a worker's results are reported by its controller
        config.pluginmanager.register(Recorder(config), "report-card")


def suite_of(path: Path) -> str | None:
    """Give the folder of a suite that a path lies in."""
    return path.relative_to(SUITES).parts[0] if SUITES in path.parents else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note on each test what it shows; that travels with its reports, from a worker too."""
    for item in items:
        named = item.get_closest_marker("client")
        suite = named.args[0] if named else suite_of(item.path)
        if suite in CLIENTS:
            item.user_properties.append((SHOWS, shown_by(item, suite)))


def shown_by(item: pytest.Item, suite: str) -> dict[str, object]:
    """Give whose test this is, and what it shows: the row of the card and its columns."""
    callspec = getattr(item, "callspec", None)
    parameters = callspec.params if callspec else {}
    marked = [name for mark in item.iter_markers("scenario") for name in mark.args]
    if unknown := set(marked) - SCENARIOS.keys():
        raise pytest.UsageError(f"{item.nodeid}: no such scenario: {sorted(unknown)}")
    return {
        "suite": suite,
        "key": str(parameters.get("client") or parameters.get("version") or suite),
        "row": CLIENTS[suite](parameters),
        "columns": marked or list(of_parameters(parameters)),
    }


class Recorder:
    """Collects what the tests report, and prints the card at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._root = config.rootpath
        address = os.environ.get("BOOTSTRAP")
        broker = f"the broker at {address}" if address else f"kafkapy {kafkapy.__version__}"
        self._card = Card(broker)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A folder whose client is not installed is skipped as a whole."""
        suite = suite_of(self._root / report.nodeid)
        if report.skipped and suite in CLIENTS:
            self._card.absent[CLIENTS[suite]({})] = reason_of(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.passed and report.when != "call":
            return
        outcome = FAILED if report.failed else SKIPPED if report.skipped else PASSED
        shows = dict(report.user_properties).get(SHOWS)
        if shows is None:
            suite = suite_of(self._root / report.nodeid.partition("::")[0])
            if suite not in (None, OWN_SUITE):
                self._card.note_other(suite, outcome)
            return
        row = shows["row"]
        if row not in self._card.lacks:
            lacks = programs.lacks(SUITES / shows["suite"]).get(shows["key"], {})
            self._card.lacks[row] = programs.lacking(lacks)
        # The group that keeps a suite on one worker becomes a part of its tests' names.
        test = re.sub(r"@\w+$", "", report.nodeid.partition("::")[2])
        self._card.note(row, shows["columns"], outcome, test, reason_of(report))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._card.rows:
            return
        terminalreporter.section("report card")
        terminalreporter.write(card_formats.as_text(self._card))
        for name in self._config.getoption("card"):
            path = self._config.invocation_params.dir / name
            path.write_text(FORMATS[path.suffix](self._card), "utf-8")
            terminalreporter.write_line(f"written to {name}")


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Say in a line why a test did not pass."""
    if reason := getattr(report, "wasxfail", ""):
        return reason
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    return crash.message.partition("\n")[0] if crash else str(report.longrepr or "")[-200:]
