"""What commands print: tables that fit the terminal, aligned text for pipes, or JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

import msgspec

Record = Mapping[str, object]

_GAP = "  "


def show(records: Sequence[Record], columns: Sequence[str], as_json: bool) -> None:
    """Print records; a table has only these columns, JSON all fields."""
    if as_json:
        show_json(records)
    else:
        show_table(records, columns)


def show_json(value: object) -> None:
    """Print one document of JSON."""
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def show_table(records: Sequence[Record], columns: Sequence[str]) -> None:
    """Print a table: without colours and as wide as it must be where nobody looks at it."""
    rows = [[_cell(record[column]) for column in columns] for record in records]
    right = [_is_numeric(record[column] for record in records) for column in columns]
    lines = list(aligned([[_heading(column) for column in columns], *rows], right))
    if sys.stdout.isatty():
        _show_on_terminal(columns, rows, right, max(map(len, lines)))
    else:
        print("\n".join(lines))


def show_fields(record: Record) -> None:
    """Print names and values, one pair a line."""
    pairs = [(_heading(name), _cell(value)) for name, value in record.items()]
    for line in aligned(pairs, [False, False]):
        print(line)


def note(message: str) -> None:
    """Say something that is no part of the result."""
    sys.stdout.flush()
    print(message, file=sys.stderr)


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> Iterator[str]:
    """Align columns with spaces, those to the right that `right` names."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, right, strict=True)
        yield _GAP.join(
            cell.rjust(width) if is_right else cell.ljust(width) for cell, width, is_right in cells
        ).rstrip()


def _show_on_terminal(
    columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], width: int
) -> None:
    """Print a table that fits: headings break at their hyphens, texts anywhere, numbers never."""
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False, highlight=False, emoji=False)
    hyphen = "\n" if width > console.width else "-"
    table = Table(box=None, pad_edge=False, padding=(0, len(_GAP), 0, 0), header_style="bold")
    for column, is_right in zip(columns, right, strict=True):
        heading = _heading(column).replace("-", hyphen)
        justify: Literal["left", "right"] = "right" if is_right else "left"
        table.add_column(heading, justify=justify, overflow="fold", no_wrap=is_right)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _heading(column: str) -> str:
    return column.upper().replace("_", "-")


def _is_numeric(values: Iterable[object]) -> bool:
    return all(value is None or type(value) is int for value in values)


def _cell(value: object) -> str:
    if value is None or value == "" or value == []:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value)


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show how far long work is, on standard error where that is a terminal.

    Gives a function that is told how much more was done.
    """
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich import progress as bars
    from rich.console import Console

    parts = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn())
    times = (bars.TimeElapsedColumn(), bars.TimeRemainingColumn())
    with bars.Progress(*parts, *times, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.advance(task, done)
