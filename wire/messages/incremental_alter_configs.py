"""IncrementalAlterConfigs: change single settings and leave the others as they are (KIP-339).

Each resource changes as a whole or not at all.
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Request,
    Response,
    Struct,
    array,
    boolean,
    int8,
    int16,
    int32,
    string,
)


class AlterableConfig(Struct):
    """One change of one setting."""

    name: str = string()
    # 0: set, 1: back to the default, 2: append to a list, 3: remove from a list
    config_operation: int = int8()
    value: str | None = string(nullable="0+")  # null only with operation 1


class AlterConfigsResource(Struct):
    """The changes of one resource, typed as in DescribeConfigs."""

    resource_type: int = int8()
    resource_name: str = string()
    configs: list[AlterableConfig] = array(AlterableConfig)


class IncrementalAlterConfigsRequest(Request, api_key=44, versions="0-1", flexible="1+"):
    """What to change."""

    resources: list[AlterConfigsResource] = array(AlterConfigsResource)
    validate_only: bool = boolean()  # check and answer, but change nothing


class AlterConfigsResourceResponse(Struct):
    """Whether one resource was changed."""

    error_code: int = int16()
    error_message: str | None = string(nullable="0+")
    resource_type: int = int8()
    resource_name: str = string()


class IncrementalAlterConfigsResponse(Response, api_key=44, versions="0-1", flexible="1+"):
    """One result per resource."""

    throttle_time_ms: int = int32()
    responses: list[AlterConfigsResourceResponse] = array(AlterConfigsResourceResponse)
