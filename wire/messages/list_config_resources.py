"""ListConfigResources: the names of what has a configuration.

Version 0 was called ListClientMetricsResources and lists only those (KIP-1000); version 1 lists
any type (KIP-1142).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int8, int16, int32, string


class ListConfigResourcesRequest(Request, api_key=74, versions="0-1", flexible="0+"):
    """The types to list."""

    resource_types: list[int] = array(int8, "1+")  # empty: all


class ConfigResource(Struct):
    """One of them."""

    resource_name: str = string()
    # 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group
    resource_type: int = int8("1+", default=16)


class ListConfigResourcesResponse(Response, api_key=74, versions="0-1", flexible="0+"):
    """What there is of these types."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    config_resources: list[ConfigResource] = array(ConfigResource)
