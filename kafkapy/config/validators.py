"""Which values a key allows: a validator takes its name and a value, and raises ConfigError."""

from __future__ import annotations

import re

import msgspec

from kafkapy.config.definition import ConfigError, invalid_value


class Range(msgspec.Struct, frozen=True):
    """Numbers from `low` to `high`, both included."""

    low: float
    high: float | None = None

    def __call__(self, name: str, value: float) -> None:
        if value < self.low:
            raise invalid_value(name, value, f"Value must be at least {self.low}")
        if self.high is not None and value > self.high:
            raise invalid_value(name, value, f"Value must be no more than {self.high}")


AT_LEAST_0 = Range(0)
AT_LEAST_1 = Range(1)


class OneOf(msgspec.Struct, frozen=True):
    """One of some words."""

    words: tuple[str, ...]
    ignore_case: bool = False

    def __call__(self, name: str, value: str) -> None:
        if value in self.words:
            return
        words = ", ".join(self.words)
        if not self.ignore_case:
            raise invalid_value(name, value, f"String must be one of: {words}")
        if value.upper() not in (word.upper() for word in self.words):
            raise invalid_value(name, value, f"String must be one of (case insensitive): {words}")


class Items(msgspec.Struct, frozen=True):
    """A list of words, none of them empty; any words, unless `words` names them."""

    words: tuple[str, ...] = ()
    may_be_empty: bool = True

    def __call__(self, name: str, value: tuple[str, ...]) -> None:
        if not value and not self.may_be_empty:
            raise ConfigError(f"Configuration '{name}' must not be empty.")
        for item in value:
            if not item:
                raise ConfigError(f"Configuration '{name}' values must not be empty.")
            if self.words and item not in self.words:
                words = ", ".join(self.words)
                raise invalid_value(name, item, f"String must be one of: {words}")


ANY_ITEMS = Items()
SOME_ITEMS = Items(may_be_empty=False)


def gzip_level(name: str, value: int) -> None:
    """Allow the levels of gzip, and -1 for its own choice."""
    if value != -1 and not 1 <= value <= 9:
        raise invalid_value(name, value, "Value must be between 1 and 9 or equal to -1")


def not_blank(name: str, value: str | None) -> None:
    """Allow any text that is not empty."""
    if value is not None and not value.strip():
        raise invalid_value(name, value, "String must be non-empty")


_REPLICA = re.compile(r"\d+:\d+")
_REPLICAS_FORM = "[partitionId]:[brokerId],[partitionId]:[brokerId],..."


def throttled_replicas(name: str, value: tuple[str, ...]) -> None:
    """Allow `*`, nothing, or pairs of a partition and a broker (KIP-73)."""
    if value in ((), ("*",)) or all(_REPLICA.fullmatch(item) for item in value):
        return
    shown = "[" + ", ".join(value) + "]"
    raise invalid_value(
        name,
        shown,
        f"{name} must be the literal '*' or a list of replicas in the following format: "
        f"{_REPLICAS_FORM}",
    )


_DURATION = re.compile(
    r"P(?=\d|T)(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d{0,9})?S)?)?", re.IGNORECASE
)


def share_offset_reset(name: str, value: str) -> None:
    """Allow `earliest`, `latest`, or how long ago to start as an ISO 8601 duration (KIP-932)."""
    kind, _, duration = value.partition(":")
    if value in ("earliest", "latest") or (kind == "by_duration" and _DURATION.fullmatch(duration)):
        return
    raise invalid_value(
        name,
        value,
        f"Invalid value `{value}` for configuration {name}. The value must be either 'earliest', "
        "'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.",
    )
