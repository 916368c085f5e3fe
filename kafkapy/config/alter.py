"""What AlterConfigs and IncrementalAlterConfigs (KIP-339) do to the settings of a resource.

Each function takes the texts that are set and a list of operations, and returns the texts as they
are afterwards, or raises ConfigError and has changed nothing. AlterConfigs, which replaces all
settings, is the same with no settings before and a SET for each entry.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence

import msgspec

from kafkapy.config.broker import BrokerConfig
from kafkapy.config.checks import check_client_metrics, check_group, check_topic
from kafkapy.config.definition import (
    ConfigError,
    ConfigKey,
    ConfigType,
    UpdateMode,
    parse,
    split_list,
    to_text,
)
from kafkapy.config.group import group_values
from kafkapy.config.registry import BROKER, CLIENT_METRICS, TOPIC, base_key_name, broker_key
from kafkapy.config.topic import check_topic_names, topic_values
from kafkapy.wire.error_codes import ErrorCode

_MAX_VALUE_LENGTH = 2**15 - 1


class OperationType(enum.IntEnum):
    """What to do with a key, numbered as in IncrementalAlterConfigsRequest."""

    SET = 0
    DELETE = 1
    APPEND = 2
    SUBTRACT = 3


class Operation(msgspec.Struct, frozen=True):
    """One change of one key. The value of a DELETE is ignored."""

    type: OperationType
    name: str
    value: str | None = None


def alter_topic(
    overrides: Mapping[str, str], operations: Sequence[Operation], broker: BrokerConfig
) -> dict[str, str]:
    """Change a topic's settings; also checks those that a new topic is to have."""
    changed = _apply(overrides, operations, _list_of(TOPIC))
    check_topic_names(changed)
    check_topic(topic_values(changed, broker))
    return changed


def alter_group(
    overrides: Mapping[str, str], operations: Sequence[Operation], broker: BrokerConfig
) -> dict[str, str]:
    """Change a group's settings."""
    changed = _apply(overrides, operations, _list_of({}))
    values = group_values(changed, broker)
    check_group({name: values[name] for name in changed}, values, broker)
    return changed


def alter_client_metrics(
    overrides: Mapping[str, str], operations: Sequence[Operation]
) -> dict[str, str]:
    """Change a telemetry subscription. As in Kafka, its lists cannot be appended to."""
    changed = _apply(overrides, operations, _list_of({}))
    for name in changed:
        if name not in CLIENT_METRICS:
            raise ConfigError(
                f"Unknown client metrics configuration: {name}", ErrorCode.INVALID_REQUEST
            )
    check_client_metrics(
        {
            name: parse(key, changed[name]) if name in changed else key.default
            for name, key in CLIENT_METRICS.items()
        }
    )
    return changed


def alter_broker(broker: BrokerConfig, operations: Sequence[Operation]) -> dict[str, str]:
    """Change the dynamic settings of one broker (KIP-226); gives them all."""
    changed = _apply(broker.dynamic_broker, operations, _broker_list)
    _check_dynamic(changed)
    _check_result(broker, changed, broker.dynamic_default)
    return changed


def alter_broker_defaults(broker: BrokerConfig, operations: Sequence[Operation]) -> dict[str, str]:
    """Change the dynamic settings of all brokers, the resource with an empty name."""
    changed = _apply(broker.dynamic_default, operations, _broker_list)
    _check_dynamic(changed)
    _refuse(
        [name for name in changed if _is_per_broker(name)],
        "Cannot update these configs at default cluster level, broker id must be specified",
    )
    _check_result(broker, broker.dynamic_broker, changed)
    return changed


def _apply(
    current: Mapping[str, str],
    operations: Sequence[Operation],
    list_default: Callable[[Operation], str],
) -> dict[str, str]:
    """Apply operations; `list_default` gives a list's value where none is set, or raises."""
    _check_form(operations)
    changed = dict(current)
    for operation in operations:
        name, value = operation.name, operation.value or ""
        if operation.type is OperationType.DELETE:
            changed.pop(name, None)
            continue
        if operation.type is not OperationType.SET:
            default = list_default(operation)
            items = split_list(changed.get(name, default))
            # An empty item stays one: the key's validator shall see it.
            operands = tuple(item.strip() for item in value.split(","))
            if operation.type is OperationType.APPEND:
                items = tuple(dict.fromkeys(items + operands))
            else:
                items = tuple(item for item in items if item not in operands)
            value = ",".join(items)
        if len(value) > _MAX_VALUE_LENGTH:
            raise ConfigError(
                "The configuration value cannot be added because it exceeds the maximum value "
                f"size of {_MAX_VALUE_LENGTH} bytes."
            )
        changed[name] = value
    return changed


def _check_form(operations: Sequence[Operation]) -> None:
    names = [operation.name for operation in operations]
    if len(set(names)) < len(names):
        raise ConfigError("Error due to duplicate config keys", ErrorCode.INVALID_REQUEST)
    missing = [
        operation.name
        for operation in operations
        if operation.value is None and operation.type is not OperationType.DELETE
    ]
    if missing:
        raise ConfigError(
            f"Null value not supported for : {','.join(missing)}", ErrorCode.INVALID_REQUEST
        )


def _list_of(keys: Mapping[str, ConfigKey]) -> Callable[[Operation], str]:
    def list_default(operation: Operation) -> str:
        key = keys.get(operation.name)
        if key is None or key.type is not ConfigType.LIST:
            raise ConfigError(
                f"Can't {operation.type.name} to key {operation.name} because its type is not LIST."
            )
        return to_text(key.default) or ""

    return list_default


def _broker_list(operation: Operation) -> str:
    key = broker_key(operation.name)
    if key is None:
        raise ConfigError(f"Unknown config name: {operation.name}")
    if key.type is not ConfigType.LIST:
        raise ConfigError(
            f"Config value {operation.type.name.lower()} is not allowed "
            f"for config key: {operation.name}"
        )
    return to_text(key.default) or ""


def _refuse(names: Sequence[str], reason: str) -> None:
    if names:
        raise ConfigError(f"{reason}: [{', '.join(names)}]", ErrorCode.INVALID_REQUEST)


def _is_per_broker(name: str) -> bool:
    key = broker_key(name)
    return key is not None and key.mode is UpdateMode.PER_BROKER


def _is_key_material(name: str) -> bool:
    return name == "ssl.key.password" or name.startswith(("ssl.keystore.", "ssl.truststore."))


def _check_dynamic(texts: Mapping[str, str]) -> None:
    """Refuse what cannot change while brokers run. Keys that Kafka does not know may."""
    fixed = [
        name
        for name in texts
        if base_key_name(name) == name
        and name in BROKER
        and BROKER[name].mode is UpdateMode.READ_ONLY
    ]
    _refuse(fixed, "Cannot update these configs dynamically")
    _refuse(
        [name for name in texts if _is_key_material(name)],
        "These security configs can be dynamically updated only per-listener "
        "using the listener prefix",
    )


def _check_result(
    broker: BrokerConfig, dynamic_broker: Mapping[str, str], dynamic_default: Mapping[str, str]
) -> None:
    try:
        changed = broker.with_dynamic(dynamic_broker, dynamic_default)
    except ConfigError as error:
        raise ConfigError(error.text, ErrorCode.INVALID_REQUEST) from error
    # Clients would be sent to a port that nobody listens on.
    if changed.listeners != broker.listeners:
        raise ConfigError(
            "listeners cannot change while the broker runs.", ErrorCode.INVALID_REQUEST
        )
