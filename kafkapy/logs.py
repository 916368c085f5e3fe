"""Logs: one line per event on standard error, as `key=value` pairs (logfmt)."""

from __future__ import annotations

import datetime
import logging
import sys
from typing import TextIO

LOG_LEVELS = ("debug", "info", "warning", "error", "critical")

# What every record of the standard library has; the rest was passed as `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def quote(value: object) -> str:
    """Write a value for logfmt: bare where that is clear, else in quotes and on one line."""
    text = str(value)
    if text and text.isprintable() and not any(character in ' "=\\' for character in text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    shown = (
        character if character.isprintable() else ascii(character)[1:-1] for character in escaped
    )
    return f'"{"".join(shown)}"'


class LogfmtFormatter(logging.Formatter):
    """Time, level, logger and message, then whatever the caller gave as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record as one line."""
        time = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        pairs = {
            "time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "msg": record.getMessage(),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD:
                pairs[name] = value
        if record.exc_info:
            pairs["error"] = self.formatException(record.exc_info)
        return " ".join(f"{name}={quote(value)}" for name, value in pairs.items())


def configure_logging(level: str = "warning", stream: TextIO | None = None) -> logging.Handler:
    """Send the logs of `kafkapy` to a stream, by default standard error; gives the handler."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LogfmtFormatter())
    logger = logging.getLogger("kafkapy")
    logger.handlers[:] = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False
    return handler
