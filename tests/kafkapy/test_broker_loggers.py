"""The broker's loggers by Kafka's names of levels."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from kafkapy.broker_loggers import alter_loggers, describe_loggers
from kafkapy.config.alter import Operation, OperationType
from kafkapy.errors import ApiError
from kafkapy.wire.error_codes import ErrorCode

NAME = "kafkapy.made.for.this.test"


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger(NAME)
    root = logging.getLogger("kafkapy")
    before = root.level
    yield logger
    logger.setLevel(logging.NOTSET)
    root.setLevel(before)


def level(name: str) -> str | None:
    return {entry.name: entry.value for entry in describe_loggers()}[name]


def change(name: str, kind: OperationType, value: str | None = None) -> None:
    alter_loggers([Operation(kind, name, value)], validate_only=False)


@pytest.mark.parametrize("value", ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"])
def test_a_level_is_described_as_it_was_set(logger: logging.Logger, value: str) -> None:
    change(NAME, OperationType.SET, value)
    assert level(NAME) == value


@pytest.mark.parametrize(
    ("number", "name"), [(1, "TRACE"), (7, "DEBUG"), (25, "WARN"), (50, "FATAL"), (99, "FATAL")]
)
def test_a_level_between_two_has_the_name_of_what_is_logged(
    logger: logging.Logger, number: int, name: str
) -> None:
    logger.setLevel(number)
    assert level(NAME) == name


def test_without_a_level_of_its_own_a_logger_has_that_of_the_root(logger: logging.Logger) -> None:
    change("root", OperationType.SET, "ERROR")
    change(NAME, OperationType.SET, "DEBUG")
    change(NAME, OperationType.DELETE)
    assert (level("root"), level(NAME)) == ("ERROR", "ERROR")
    assert logging.getLogger("kafkapy").level == logging.ERROR


def test_loggers_of_other_packages_are_not_the_brokers() -> None:
    logging.getLogger("kafkapyx")
    names = {entry.name for entry in describe_loggers()}
    assert "kafkapyx" not in names
    assert "kafkapy" not in names


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (Operation(OperationType.SET, NAME, "debug"), ErrorCode.INVALID_CONFIG),
        (Operation(OperationType.SET, NAME, "OFF"), ErrorCode.INVALID_CONFIG),
        (Operation(OperationType.SET, NAME, None), ErrorCode.INVALID_REQUEST),
        (Operation(OperationType.SET, "kafkapy.nope", "INFO"), ErrorCode.INVALID_CONFIG),
        (Operation(OperationType.DELETE, "asyncio"), ErrorCode.INVALID_CONFIG),
        (Operation(OperationType.DELETE, "root"), ErrorCode.INVALID_REQUEST),
        (Operation(OperationType.APPEND, NAME, "INFO"), ErrorCode.INVALID_REQUEST),
        (Operation(OperationType.SUBTRACT, NAME, "INFO"), ErrorCode.INVALID_REQUEST),
    ],
)
def test_a_refused_change_hinders_all_of_its_request(
    logger: logging.Logger, operation: Operation, code: ErrorCode
) -> None:
    other = Operation(OperationType.SET, "root", "ERROR")
    before = level("root")
    operations = [operation] if operation.name == "root" else [other, operation]
    with pytest.raises(ApiError) as raised:
        alter_loggers(operations, validate_only=False)
    assert raised.value.code == code
    assert level("root") == before
    with pytest.raises(ApiError):
        alter_loggers([other, other], validate_only=False)
