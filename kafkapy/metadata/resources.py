"""The resources that have settings: which there are, what they are set to, how that may change."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kafkapy.broker_loggers import describe_loggers
from kafkapy.config import alter, describe
from kafkapy.config.alter import Operation
from kafkapy.config.describe import ConfigEntry
from kafkapy.errors import ApiError
from kafkapy.metadata.image import BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC, Image
from kafkapy.metadata.topics import check_name
from kafkapy.wire.error_codes import ErrorCode


def check_resource(resource_type: int, name: str, image: Image) -> None:
    """Refuse a resource that does not exist or cannot have settings. Raises ApiError."""
    check = _CHECKS.get(resource_type)
    if check is None:
        raise _no_settings(resource_type)
    check(name, image)


def describe_resource(resource_type: int, name: str, image: Image) -> list[ConfigEntry]:
    """Give every key of a resource with its value and source. Raises ApiError."""
    check_resource(resource_type, name, image)
    overrides = image.overrides(resource_type, name)
    if resource_type == BROKER_LOGGER:
        return describe_loggers()
    if resource_type == TOPIC:
        return describe.describe_topic(overrides, image.broker_config)
    if resource_type == GROUP:
        return describe.describe_group(overrides, image.broker_config)
    if resource_type == CLIENT_METRICS:
        return describe.describe_client_metrics(overrides)
    if name == "":
        return describe.describe_broker_defaults(image.broker_config)
    return describe.describe_broker(image.broker_config)


def plan_change(
    resource_type: int, name: str, operations: Sequence[Operation], image: Image, *, replace: bool
) -> dict[str, str | None]:
    """Decide what operations change: the new texts by key, None for a key that is no longer set.

    With `replace` all that is set now is dropped first, as AlterConfigs does. Loggers are not
    settings of the cluster, and not among these resources. Raises ApiError.
    """
    if resource_type == BROKER_LOGGER:
        raise _no_settings(resource_type)
    if resource_type == TOPIC and not name:
        raise ApiError(ErrorCode.INVALID_REQUEST, "There are no default settings of all topics.")
    check_resource(resource_type, name, image)
    current = dict(image.overrides(resource_type, name))
    base = {} if replace else current
    broker = image.broker_config
    if resource_type == TOPIC:
        changed = alter.alter_topic(base, operations, broker)
    elif resource_type == GROUP:
        changed = alter.alter_group(base, operations, broker)
    elif resource_type == CLIENT_METRICS:
        changed = alter.alter_client_metrics(base, operations)
    elif name == "":
        if replace:
            broker = broker.with_dynamic(broker.dynamic_broker, {})
        changed = alter.alter_broker_defaults(broker, operations)
    else:
        if replace:
            broker = broker.with_dynamic({}, broker.dynamic_default)
        changed = alter.alter_broker(broker, operations)
    changes: dict[str, str | None] = dict.fromkeys(current.keys() - changed.keys())
    changes |= {key: value for key, value in changed.items() if current.get(key) != value}
    return changes


def _no_settings(resource_type: int) -> ApiError:
    return ApiError(ErrorCode.INVALID_REQUEST, f"Unknown resource type {resource_type}")


def _check_topic(name: str, image: Image) -> None:
    check_name(name)
    if name not in image.topics:
        raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)


def _check_broker(name: str, image: Image) -> None:
    if name:
        _check_node(name, image)


def _check_node(name: str, image: Image) -> None:
    node = str(image.broker_config.node_id)
    if name != node:
        raise ApiError(
            ErrorCode.INVALID_REQUEST, f"Unexpected broker id, expected {node}, not '{name}'"
        )


def _check_named(name: str, image: Image) -> None:
    if not name:
        raise ApiError(ErrorCode.INVALID_REQUEST, "The name of the resource must not be empty.")


_CHECKS: dict[int, Callable[[str, Image], None]] = {
    TOPIC: _check_topic,
    BROKER: _check_broker,
    BROKER_LOGGER: _check_node,
    CLIENT_METRICS: _check_named,
    GROUP: _check_named,
}
