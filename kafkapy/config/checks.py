"""What values must hold together, beyond what each key says of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from kafkapy.config.definition import ConfigError
from kafkapy.config.listeners import Listener, parse_connection_limits
from kafkapy.config.registry import BROKER, GROUP, group_synonym
from kafkapy.wire.error_codes import ErrorCode

_LEAST_CLEANER_BYTES = 1 << 20


class Values(Protocol):
    """Typed values by key: a BrokerConfig, or a dict."""

    def __getitem__(self, name: str, /) -> Any: ...


def check_broker(config: Values) -> None:
    """Check a broker's values with one another. Raises ConfigError."""
    if config["node.id"] != config["broker.id"]:
        raise ConfigError("node.id and broker.id name the same thing and must have one value.")
    if "broker" not in config["process.roles"]:
        raise ConfigError("process.roles must have broker: a controller alone serves no clients.")
    if len(config["log.dirs"] or config["log.dir"]) > 1:
        raise ConfigError("log.dirs must have one directory: a broker keeps its data in one place.")
    _check_log_times(config)
    _check_cleaner(config)
    _check_connections(config)
    if "classic" not in config["group.coordinator.rebalance.protocols"]:
        raise ConfigError("group.coordinator.rebalance.protocols must have classic.")
    for name in GROUP:
        _check_broker_limits(config, name)
    for kind in ("consumer", "share", "streams"):
        _check_heartbeat(config, f"group.{kind}")


def _check_log_times(config: Values) -> None:
    for name in ("log.retention.ms", "log.retention.minutes", "log.retention.hours"):
        retention = config[name]
        if retention == 0:
            raise ConfigError(f"{name} must be -1 for no limit, or at least 1.")
        if retention is not None:
            break  # This one counts, whatever the coarser ones are.
    for name, least in (("log.roll.ms", 1), ("log.roll.jitter.ms", 0)):
        value = config[name]
        if value is not None and value < least:
            raise ConfigError(f"{name} must be greater than or equal to {least}")


def _check_cleaner(config: Values) -> None:
    threads = config["log.cleaner.threads"]
    if threads < 1:
        raise ConfigError("log.cleaner.threads must be at least 1.")
    if config["log.cleaner.dedupe.buffer.size"] // threads <= _LEAST_CLEANER_BYTES:
        raise ConfigError(
            "log.cleaner.dedupe.buffer.size must be more than 1 MiB for each of the "
            "log.cleaner.threads."
        )


def _check_connections(config: Values) -> None:
    overrides = parse_connection_limits(config["max.connections.per.ip.overrides"])
    if config["max.connections.per.ip"] == 0 and not overrides:
        raise ConfigError("max.connections.per.ip may be 0 only where some addresses have another.")
    largest, queued = config["socket.request.max.bytes"], config["queued.max.request.bytes"]
    if 0 < queued < largest:
        raise ConfigError("queued.max.request.bytes must be at least socket.request.max.bytes.")


def _check_broker_limits(config: Values, group_key: str) -> None:
    name = group_synonym(group_key)
    if name is None:
        return
    low, high = group_bounds(group_key)
    if low and high and config[low] > config[high]:
        raise ConfigError(f"{high} must be greater than or equal to {low}")
    _check_limits(name, config[name], config, group_key)


def group_bounds(group_key: str) -> tuple[str | None, str | None]:
    """Give the broker keys that bound a group key."""
    kind, _, rest = group_key.partition(".")
    rest = rest.removeprefix("num.")
    low, high = f"group.{kind}.min.{rest}", f"group.{kind}.max.{rest}"
    return low if low in BROKER else None, high if high in BROKER else None


def _check_limits(name: str, value: Any, broker: Values, group_key: str) -> None:
    low, high = group_bounds(group_key)
    if low and value < broker[low]:
        raise ConfigError(f"{name} must be greater than or equal to {low}")
    if high and value > broker[high]:
        raise ConfigError(f"{name} must be less than or equal to {high}")


def _check_heartbeat(values: Values, prefix: str) -> None:
    session, heartbeat = f"{prefix}.session.timeout.ms", f"{prefix}.heartbeat.interval.ms"
    if values[heartbeat] >= values[session]:
        raise ConfigError(f"{heartbeat} must be less than {session}")


def check_listeners(own: Sequence[Listener], advertised: Sequence[Listener]) -> None:
    """Check the listeners that clients use. Raises ConfigError."""
    if not own:
        raise ConfigError("listeners must have one that is not in controller.listener.names.")
    if not advertised:
        raise ConfigError("advertised.listeners must have one that is not of a controller.")
    names = {listener.name for listener in own}
    for listener in advertised:
        if listener.name not in names:
            raise ConfigError(f"advertised.listeners has {listener.name}, which listeners lacks.")
        if listener.host == "0.0.0.0":
            raise ConfigError(
                f"advertised.listeners has {listener}; clients need an address to connect to."
            )


def check_protection(listeners: Sequence[Listener], authorizer: str) -> None:
    """Refuse to serve openly what the configuration wants protected. Raises ConfigError."""
    for listener in listeners:
        if listener.security_protocol != "PLAINTEXT":
            raise ConfigError(
                f"listeners has {listener}, but {listener.security_protocol} is not there yet: "
                "only PLAINTEXT is served."
            )
    if authorizer:
        raise ConfigError("authorizer.class.name is set, but there are no ACLs yet.")


def check_topic(values: Values) -> None:
    """Check a topic's values with one another. Raises ConfigError."""
    least, most = values["min.compaction.lag.ms"], values["max.compaction.lag.ms"]
    if least > most:
        raise ConfigError(
            f"conflict topic config setting min.compaction.lag.ms ({least}) > "
            f"max.compaction.lag.ms ({most})"
        )
    if values["remote.storage.enable"]:
        raise ConfigError(
            "Tiered Storage functionality is disabled in the broker. "
            "Topic cannot be configured with remote log storage."
        )


def check_group(overrides: Mapping[str, Any], values: Values, broker: Values) -> None:
    """Check the keys that a group sets with the broker's bounds. Raises ConfigError."""
    for name, value in overrides.items():
        _check_limits(name, value, broker, name)
    for kind in ("consumer", "share", "streams"):
        _check_heartbeat(values, kind)


_MATCHABLE = (
    "client_instance_id",
    "client_id",
    "client_software_name",
    "client_software_version",
    "client_source_address",
    "client_source_port",
)
_LEAST_INTERVAL_MS, _MOST_INTERVAL_MS = 100, 3600 * 1000


def check_client_metrics(values: Values) -> None:
    """Check a telemetry subscription (KIP-714). Raises ConfigError."""
    interval_ms = values["interval.ms"]
    if not _LEAST_INTERVAL_MS <= interval_ms <= _MOST_INTERVAL_MS:
        raise ConfigError(
            f"Invalid value {interval_ms} for interval.ms, interval must be between "
            f"{_LEAST_INTERVAL_MS} and {_MOST_INTERVAL_MS} (1 hour)",
            ErrorCode.INVALID_REQUEST,
        )
    for pattern in values["match"]:
        name, _, expression = pattern.partition("=")
        if name.strip() not in _MATCHABLE or not _is_regex(expression.strip()):
            raise ConfigError(f"Illegal client matching pattern: {pattern}")


def _is_regex(expression: str) -> bool:
    try:
        re.compile(expression)
    except re.error:
        return False
    return bool(expression)
