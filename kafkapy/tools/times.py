"""Times and durations as people type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

_UNITS = {"W": "weeks", "D": "days", "H": "hours", "M": "minutes", "S": "seconds"}
_AMOUNT = r"(\d+(?:\.\d+)?)"
_ISO_DURATION = re.compile(rf"P(?:{_AMOUNT}[WD])*(?:T(?:{_AMOUNT}[HMS])+)?", re.IGNORECASE)
_SHORT_DURATION = re.compile(rf"(?:{_AMOUNT}[WDHMS])+", re.IGNORECASE)
_PART = re.compile(rf"{_AMOUNT}([WDHMS])", re.IGNORECASE)


def parse_time_ms(text: str) -> int:
    """Read milliseconds since 1970, or ISO 8601, which is in UTC where it names no zone.

    Raises click.BadParameter.
    """
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is neither milliseconds nor a time such as 2026-01-31T12:00:00"
        raise click.BadParameter(message) from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


def parse_duration_ms(text: str) -> int:
    """Read an ISO 8601 duration (`P1DT2H`), or short (`1d2h`).

    Raises click.BadParameter.
    """
    pattern = _ISO_DURATION if text[:1] in "Pp" else _SHORT_DURATION
    parts = _PART.findall(text)
    if not (parts and pattern.fullmatch(text)):
        raise click.BadParameter(f"{text!r} is not a duration such as P1DT2H or 1d2h")
    amounts = (timedelta(**{_UNITS[unit.upper()]: float(amount)}) for amount, unit in parts)
    return round(sum(amounts, timedelta()) / timedelta(milliseconds=1))
