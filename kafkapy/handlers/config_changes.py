"""What AlterConfigs and IncrementalAlterConfigs share: one result per resource, errors included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from kafkapy.broker_loggers import alter_loggers
from kafkapy.config.alter import Operation
from kafkapy.errors import ApiError
from kafkapy.metadata.image import BROKER_LOGGER
from kafkapy.metadata.resources import check_resource
from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode


class Resource(Protocol):
    """A resource of either request."""

    resource_type: int
    resource_name: str


class Outcome(Protocol):
    """A result of either response."""

    error_code: int
    error_message: str | None
    resource_type: int
    resource_name: str


R = TypeVar("R", bound=Resource)
O = TypeVar("O", bound=Outcome)  # noqa: E741


async def change_each(
    resources: Sequence[R],
    operations_of: Callable[[R], list[Operation]],
    new_outcome: Callable[[], O],
    context: RequestContext,
    *,
    replace: bool,
    validate_only: bool,
) -> list[O]:
    """Check and change each resource by itself; a refused one stays as it was.

    With `replace` everything that was set before is dropped.
    """
    named = Counter((each.resource_type, each.resource_name) for each in resources)
    broker = context.broker
    outcomes = []
    for resource in resources:
        kind, name = resource.resource_type, resource.resource_name
        outcome = new_outcome()
        outcome.resource_type, outcome.resource_name = kind, name
        outcome.error_message = None
        outcomes.append(outcome)
        try:
            if named[kind, name] > 1:
                raise ApiError(ErrorCode.INVALID_REQUEST, "Each resource must appear at most once.")
            operations = operations_of(resource)
            if kind == BROKER_LOGGER and not replace:
                check_resource(kind, name, broker.image)
                alter_loggers(operations, validate_only=validate_only)
            else:
                await broker.controller.change_config(
                    kind, name, operations, replace=replace, validate_only=validate_only
                )
        except ApiError as error:
            outcome.error_code = error.code
            outcome.error_message = error.message or error.code.message
    return outcomes
