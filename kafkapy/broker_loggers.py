"""The broker's loggers as a resource with settings: their levels, by Kafka's names (KIP-412).

The logger above all others, `kafkapy` to Python, is called `root`. Levels last until the process
ends, in Kafka too.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from kafkapy.config.alter import Operation, OperationType
from kafkapy.config.definition import ConfigSource, ConfigType
from kafkapy.config.describe import ConfigEntry
from kafkapy.errors import ApiError
from kafkapy.wire.error_codes import ErrorCode

_ROOT = "root"
_PACKAGE = "kafkapy"
_LEVELS = {
    "TRACE": logging.DEBUG // 2,
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARN": logging.WARNING,
    "ERROR": logging.ERROR,
    "FATAL": logging.CRITICAL,
}


def describe_loggers() -> list[ConfigEntry]:
    """Give every logger with the level that acts on it."""
    source = ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG
    return [
        ConfigEntry(name, _level_name(logger.getEffectiveLevel()), source, (), ConfigType.UNKNOWN)
        for name, logger in _loggers().items()
    ]


def alter_loggers(operations: Sequence[Operation], *, validate_only: bool) -> None:
    """Set levels, or with DELETE give a logger that of its parent. Raises ApiError, all or none."""
    loggers = _loggers()
    if len({operation.name for operation in operations}) < len(operations):
        raise ApiError(ErrorCode.INVALID_REQUEST, "A logger is named more than once.")
    for operation in operations:
        _check(operation, loggers)
    if validate_only:
        return
    for operation in operations:
        is_set = operation.type is OperationType.SET
        loggers[operation.name].setLevel(
            _LEVELS[operation.value or ""] if is_set else logging.NOTSET
        )


def _loggers() -> dict[str, logging.Logger]:
    known = logging.Logger.manager.loggerDict
    prefix = f"{_PACKAGE}."
    below = [name for name in sorted(known) if name.startswith(prefix)]
    return {_ROOT: logging.getLogger(_PACKAGE)} | {name: logging.getLogger(name) for name in below}


def _level_name(level: int) -> str:
    """Name the lowest of Kafka's levels that is logged."""
    return next((name for name, least in _LEVELS.items() if least >= level), "FATAL")


def _check(operation: Operation, loggers: dict[str, logging.Logger]) -> None:
    kind, name = operation.type, operation.name
    if kind in (OperationType.APPEND, OperationType.SUBTRACT):
        raise ApiError(ErrorCode.INVALID_REQUEST, f"A logger's level does not allow {kind.name}.")
    if name not in loggers:
        raise ApiError(ErrorCode.INVALID_CONFIG, f"Logger {name} does not exist!")
    if kind is OperationType.DELETE and name == _ROOT:
        raise ApiError(ErrorCode.INVALID_REQUEST, "The root logger must have a level.")
    if kind is OperationType.SET and operation.value is None:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"Null value not supported for : {name}")
    if kind is OperationType.SET and operation.value not in _LEVELS:
        raise ApiError(
            ErrorCode.INVALID_CONFIG,
            f"A logger has one of the levels {', '.join(_LEVELS)}, not {operation.value}.",
        )
