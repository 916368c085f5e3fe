"""ListConfigResources."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int8, int16, int32, string


class ListConfigResourcesRequest(Request, api_key=74, versions="0-1", flexible="0+"):
    """ListConfigResourcesRequest, versions 0-1."""

    resource_types: list[int] = array(int8, "1+")


class ConfigResource(Struct):
    """ConfigResource of ListConfigResourcesResponse."""

    resource_name: str = string()
    resource_type: int = int8("1+", default=16)


class ListConfigResourcesResponse(Response, api_key=74, versions="0-1", flexible="0+"):
    """ListConfigResourcesResponse, versions 0-1."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    config_resources: list[ConfigResource] = array(ConfigResource)
