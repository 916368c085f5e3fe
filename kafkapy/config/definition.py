"""What a configuration key is: its type, its default, the values that it allows.

Texts become values with `parse` and values become Kafka's canonical texts with `to_text`.
Sizes are bytes and times milliseconds unless the key's name says otherwise.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from typing import Any

import msgspec

from kafkapy.errors import ApiError
from kafkapy.wire.error_codes import ErrorCode


class ConfigError(ApiError):
    """A key, a value or a combination of values that is not allowed, in one sentence."""

    def __init__(self, message: str, code: ErrorCode = ErrorCode.INVALID_CONFIG) -> None:
        super().__init__(code, message)
        self.text = message

    def __str__(self) -> str:
        return self.text


class ConfigType(enum.IntEnum):
    """A key's type, numbered as in DescribeConfigsResponse (KIP-569)."""

    UNKNOWN = 0
    BOOLEAN = 1
    STRING = 2
    INT = 3
    SHORT = 4
    LONG = 5
    DOUBLE = 6
    LIST = 7
    CLASS = 8
    PASSWORD = 9


class ConfigSource(enum.IntEnum):
    """Where a value comes from, numbered as in DescribeConfigsResponse."""

    DYNAMIC_TOPIC_CONFIG = 1
    DYNAMIC_BROKER_CONFIG = 2
    DYNAMIC_DEFAULT_BROKER_CONFIG = 3
    STATIC_BROKER_CONFIG = 4
    DEFAULT_CONFIG = 5
    DYNAMIC_BROKER_LOGGER_CONFIG = 6
    DYNAMIC_CLIENT_METRICS_CONFIG = 7
    DYNAMIC_GROUP_CONFIG = 8


class Importance(enum.Enum):
    """How likely it is that an operator needs to look at a key."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class UpdateMode(enum.Enum):
    """Where a broker key can be changed while the broker runs (KIP-226)."""

    READ_ONLY = "read-only"
    PER_BROKER = "per-broker"
    CLUSTER_WIDE = "cluster-wide"


class ConfigKey(msgspec.Struct, frozen=True):
    """One key. `acts` says whether this broker does anything with it.

    A list is a tuple of strings. None is the value of a key without a default that is not set.
    An `internal` key is accepted but described only where it is set.
    """

    name: str
    type: ConfigType
    default: Any
    validator: Callable[[str, Any], None] | None = None
    importance: Importance = Importance.MEDIUM
    mode: UpdateMode = UpdateMode.READ_ONLY
    acts: bool = True
    internal: bool = False

    @property
    def is_sensitive(self) -> bool:
        """Whether the value must never be shown."""
        return self.type is ConfigType.PASSWORD


def inert(
    name: str,
    type_: ConfigType,
    default: Any,
    validator: Callable[[str, Any], None] | None = None,
    importance: Importance = Importance.MEDIUM,
    mode: UpdateMode = UpdateMode.READ_ONLY,
    internal: bool = False,
) -> ConfigKey:
    """Declare a key that is checked and described, and that this broker does nothing with."""
    return ConfigKey(name, type_, default, validator, importance, mode, False, internal)


def invalid_value(name: str, value: object, reason: str) -> ConfigError:
    """Give the error for a value, worded as clients of Kafka know it."""
    return ConfigError(f"Invalid value {value} for configuration {name}: {reason}")


_BITS = {ConfigType.SHORT: 16, ConfigType.INT: 32, ConfigType.LONG: 64}
_INTEGER = re.compile(r"[+-]?\d+")
_DOUBLE = re.compile(r"([+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))[fFdD]?")


def _parse_number(name: str, type_: ConfigType, text: str) -> int | float:
    stripped = text.strip()
    if type_ is ConfigType.DOUBLE:
        match = _DOUBLE.fullmatch(stripped)
        if match:
            return float(match[1])
    # The longest number has 20 characters; a longer text is not worth converting.
    elif _INTEGER.fullmatch(stripped) and len(stripped.lstrip("+-0")) < 20:
        number = int(stripped)
        half = 1 << (_BITS[type_] - 1)
        if -half <= number < half:
            return number
    raise invalid_value(name, text, f"Not a number of type {type_.name}")


def split_list(text: str) -> tuple[str, ...]:
    """Split at commas; each element comes once, without the blanks around it."""
    stripped = text.strip()
    if not stripped:
        return ()
    return tuple(dict.fromkeys(part.strip() for part in stripped.split(",")))


def _convert(name: str, type_: ConfigType, text: str) -> Any:
    if type_ in (ConfigType.STRING, ConfigType.CLASS):
        return text.strip()
    if type_ is ConfigType.PASSWORD:
        return text
    if type_ is ConfigType.LIST:
        return split_list(text)
    if type_ is ConfigType.BOOLEAN:
        word = text.strip().lower()
        if word not in ("true", "false"):
            raise invalid_value(name, text, "Expected value to be either true or false")
        return word == "true"
    return _parse_number(name, type_, text)


def parse(key: ConfigKey, text: str, name: str | None = None) -> Any:
    """Read and check a value; `name` is what to call the key where it is not its own name.

    Raises ConfigError.
    """
    shown = name or key.name
    value = _convert(shown, key.type, text)
    if key.validator is not None:
        key.validator(shown, value)
    return value


def _double_to_text(value: float) -> str:
    """Write as Java does: decimal between 1e-3 and 1e7, otherwise with an exponent."""
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[repr(value)]
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    power = int(exponent or 0) + len(whole) - 1
    power -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{power}"


def to_text(value: Any) -> str | None:
    """Write a value as Kafka's canonical text; None stays None."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, float):
        return _double_to_text(value)
    return str(value)
