"""ApiVersions: which APIs and versions the broker serves (KIP-35).

Its response always has header version 0, and an unsupported version is answered in the layout of
version 0 (KIP-511). Versions: 1 throttle time, 2 throttles after the answer (KIP-219), 3 name of
the client (KIP-511) and features (KIP-584), 4 also lists features that start at level 0.
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Request,
    Response,
    Struct,
    array,
    boolean,
    int16,
    int32,
    int64,
    string,
)


class ApiVersionsRequest(Request, api_key=18, versions="0-4", flexible="3+"):
    """The name and version of the client library."""

    client_software_name: str = string("3+")
    client_software_version: str = string("3+")


class ApiVersion(Struct):
    """One API with its inclusive range of versions."""

    api_key: int = int16()
    min_version: int = int16()
    max_version: int = int16()


class SupportedFeatureKey(Struct):
    """The levels of a feature that this broker can work at."""

    name: str = string("3+")
    min_version: int = int16("3+")
    max_version: int = int16("3+")


class FinalizedFeatureKey(Struct):
    """The levels of a feature that the cluster works at."""

    name: str = string("3+")
    max_version_level: int = int16("3+")
    min_version_level: int = int16("3+")


class ApiVersionsResponse(Response, api_key=18, versions="0-4", flexible="3+"):
    """The table of APIs, and the features as tagged fields."""

    error_code: int = int16()
    api_keys: list[ApiVersion] = array(ApiVersion)
    throttle_time_ms: int = int32("1+")
    supported_features: list[SupportedFeatureKey] = array(SupportedFeatureKey, "3+", tag=0)
    # -1: unknown, and then the list means nothing
    finalized_features_epoch: int = int64("3+", default=-1, tag=1)
    finalized_features: list[FinalizedFeatureKey] = array(FinalizedFeatureKey, "3+", tag=2)
    # only a controller that replaces ZooKeeper sets it
    zk_migration_ready: bool = boolean("3+", tag=3)
