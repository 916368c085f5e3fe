"""The report card as text, as Markdown and as a page."""

from __future__ import annotations

import collections
import html
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.scenarios import SCENARIOS

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
SIGNS = {PASSED: "✓", FAILED: "✗", SKIPPED: "-"}
LACKS = "·"
KEY = (
    "✓ passed, ✗ failed, - skipped, ✓* passed but in part skipped, "
    "· the client has no means for it; empty: no such test"
)


@dataclass
class Cell:
    """What the tests of one client and scenario came to; the notes say why not all passed."""

    outcomes: collections.Counter[str] = field(default_factory=collections.Counter)

    @property
    def outcome(self) -> str:
        return next(name for name in (FAILED, PASSED, SKIPPED) if self.outcomes[name])

    @property
    def sign(self) -> str:
        partly = self.outcome == PASSED and self.outcomes[SKIPPED]
        return SIGNS[self.outcome] + ("*" if partly else "")


@dataclass
class Card:
    """Everything that was seen of one broker."""

    broker: str
    rows: dict[str, dict[str, Cell]] = field(default_factory=dict)
    notes: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    """Client, outcome and reason, with the tests that ended so."""
    absent: dict[str, str] = field(default_factory=dict)
    """Clients that are not installed."""
    lacks: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    """What a client has no means for: its columns, with scenarios in them and the reasons."""
    others: dict[str, collections.Counter[str]] = field(default_factory=dict)
    """Suites that are about no client, with their counts of outcomes."""

    def note(self, client: str, scenarios: list[str], outcome: str, test: str, reason: str) -> None:
        row = self.rows.setdefault(client, {})
        for scenario in scenarios:
            row.setdefault(scenario, Cell()).outcomes[outcome] += 1
        if outcome != PASSED:
            self.notes.setdefault((client, outcome, reason), []).append(test)

    def note_other(self, suite: str, outcome: str) -> None:
        self.others.setdefault(suite, collections.Counter())[outcome] += 1

    def sign(self, client: str, column: str) -> str:
        """Give what stands in a cell; nothing where there is no such test."""
        if cell := self.rows[client].get(column):
            return cell.sign
        return LACKS if column in self.lacks.get(client, ()) else ""

    @property
    def clients(self) -> list[str]:
        return sorted(self.rows, key=str.casefold)

    @property
    def columns(self) -> list[str]:
        seen = [*self.rows.values(), *self.lacks.values()]
        return [name for name in SCENARIOS if any(name in row for row in seen)]

    def remarks(self) -> Iterator[str]:
        """Say what is not to be seen from the table."""
        for (client, outcome, reason), tests in sorted(self.notes.items()):
            more = f" and {len(tests) - 2} more" if len(tests) > 2 else ""
            yield f"{client}: {outcome}: {', '.join(tests[:2])}{more}: {reason}"
        for client in self.clients:
            if without := self._without(client):
                yield f"{client} has no means for: {without}"
        for client, reason in sorted(self.absent.items()):
            yield f"{client}: not tested: {reason}"
        for suite, counts in sorted(self.others.items()):
            found = ", ".join(f"{counts[name]} {name}" for name in SIGNS if counts[name])
            yield f"{suite}, which is about no single client: {found}"

    def _without(self, client: str) -> str:
        """Name what a client lacks, what has the same reason together."""
        reasons: dict[str, list[str]] = {}
        for scenarios in self.lacks.get(client, {}).values():
            for name, why in scenarios.items():
                names = reasons.setdefault(why, [])
                if name not in names:
                    names.append(name)
        return "; ".join(f"{', '.join(names)} ({why})" for why, names in reasons.items())


def as_text(card: Card) -> str:
    """A table whose headings stand upright, so that it fits a terminal."""
    width = max(map(len, card.clients))
    height = max(map(len, card.columns), default=0)
    lines = [card.broker, KEY, ""]
    lines += [
        " " * width + "".join(f"  {name.rjust(height)[at]}" for name in card.columns)
        for at in range(height)
    ]
    for client in card.clients:
        signs = "".join(f"  {card.sign(client, name) or ' '}" for name in card.columns)
        lines.append(client.ljust(width) + signs.replace("*  ", "* "))
    lines += ["", *card.remarks()]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def as_markdown(card: Card) -> str:
    lines = [
        "# Compatibility",
        "",
        f"What stock clients, unmodified, were seen to do with {card.broker}:",
        f"{KEY}.",
        "",
        "`make compat CARD=COMPATIBILITY.md` repeats it, and with `BOOTSTRAP=host:port` tries any",
        "other broker; `compat-tests/README.md` says more.",
        "",
        "| client | " + " | ".join(card.columns) + " |",
        "| --- |" + " :-: |" * len(card.columns),
    ]
    for client in card.clients:
        signs = [card.sign(client, name).replace("*", "\\*") or " " for name in card.columns]
        lines.append(f"| {client} | " + " | ".join(signs) + " |")
    if remarks := [f"- {_escaped(remark)}" for remark in card.remarks()]:
        lines += ["", "## Notes", "", *remarks]
    lines += ["", "## What the scenarios are", ""]
    lines += [f"- **{name}**: {SCENARIOS[name]}" for name in card.columns]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    for sign in "\\`*_<>[]|":
        text = text.replace(sign, "\\" + sign)
    return text


_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em; }
table { border-collapse: collapse; }
thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left;
           font-weight: normal; padding: .4em .2em; }
tbody th { text-align: left; font-weight: normal; padding-right: 1em; white-space: nowrap; }
td { border: 1px solid #ddd; min-width: 1.8em; text-align: center; }
.passed { background: #dff3df; } .failed { background: #f8d0d0; } .skipped { background: #eee; }
.lacks { color: #888; }
"""


def as_html(card: Card) -> str:
    headings = "".join(
        f'<th title="{html.escape(SCENARIOS[name])}">{html.escape(name)}</th>'
        for name in card.columns
    )
    rows = []
    for client in card.clients:
        cells = "".join(_td(card, client, name) for name in card.columns)
        rows.append(f"<tr><th>{html.escape(client)}</th>{cells}</tr>")
    remarks = "".join(f"<li>{html.escape(remark)}</li>\n" for remark in card.remarks())
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8">\n'
        f"<title>Compatibility of {html.escape(card.broker)}</title>\n<style>{_STYLE}</style>\n"
        f"<h1>Compatibility of {html.escape(card.broker)}</h1>\n<p>{html.escape(KEY)}.</p>\n"
        f"<table>\n<thead><tr><th></th>{headings}</tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + f"\n</tbody></table>\n<ul>\n{remarks}</ul>\n</html>\n"
    )


def _td(card: Card, client: str, column: str) -> str:
    if cell := card.rows[client].get(column):
        counts = ", ".join(f"{cell.outcomes[name]} {name}" for name in SIGNS if cell.outcomes[name])
        return f'<td class="{cell.outcome}" title="{counts}">{cell.sign}</td>'
    why = "; ".join(card.lacks.get(client, {}).get(column, {}).values())
    return f'<td class="lacks" title="{html.escape(why)}">{LACKS}</td>' if why else "<td></td>"
