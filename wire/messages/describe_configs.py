"""DescribeConfigs: the settings of topics, brokers, loggers, groups and metrics subscriptions.

Resource types: 2 topic, 4 broker, 8 logger of a broker, 16 client metrics, 32 group. Sources:
1 topic, 2 one broker, 3 all brokers, 4 the broker's file, 5 default, 6 logger, 7 client metrics,
8 group. Types: 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password.
Versions: 1 sources and synonyms (KIP-226), 2 throttles after the answer (KIP-219), 3 types and
documentation (KIP-569). The API is from KIP-133.
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


class DescribeConfigsResource(Struct):
    """One resource, and which of its settings are wanted."""

    resource_type: int = int8()
    resource_name: str = string()
    configuration_keys: list[str] | None = array(string, nullable="0+")  # null: all


class DescribeConfigsRequest(Request, api_key=32, versions="0-4", flexible="4+"):
    """The resources in question."""

    resources: list[DescribeConfigsResource] = array(DescribeConfigsResource)
    include_synonyms: bool = boolean("1+")
    include_documentation: bool = boolean("3+")


class DescribeConfigsSynonym(Struct):
    """A place that sets the same thing, the one that wins first."""

    name: str = string("1+")
    value: str | None = string("1+", nullable="1+")
    source: int = int8("1+")


class DescribeConfigsResourceResult(Struct):
    """One setting as it is in force."""

    name: str = string()
    value: str | None = string(nullable="0+")  # null if sensitive
    read_only: bool = boolean()
    is_default: bool = boolean("0")  # nothing sets it; later versions say where it is set
    config_source: int = int8("1+", default=-1)  # clients fail on -1
    is_sensitive: bool = boolean()
    synonyms: list[DescribeConfigsSynonym] = array(DescribeConfigsSynonym, "1+")
    config_type: int = int8("3+")
    documentation: str | None = string("3+", nullable="3+")


class DescribeConfigsResult(Struct):
    """The settings of one resource."""

    error_code: int = int16()
    error_message: str | None = string(nullable="0+")
    resource_type: int = int8()
    resource_name: str = string()
    configs: list[DescribeConfigsResourceResult] = array(DescribeConfigsResourceResult)


class DescribeConfigsResponse(Response, api_key=32, versions="0-4", flexible="4+"):
    """One result per resource."""

    throttle_time_ms: int = int32()
    results: list[DescribeConfigsResult] = array(DescribeConfigsResult)
