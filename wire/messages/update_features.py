"""UpdateFeatures: raise or lower levels of features of the cluster (KIP-584).

Versions: 1 kinds of downgrade and validation only (KIP-778), 2 all or none, so one error for all
and no results per feature (KIP-1022).
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


class FeatureUpdateKey(Struct):
    """The level that one feature shall have."""

    feature: str = string()
    max_version_level: int = int16()  # 0: off
    allow_downgrade: bool = boolean("0")
    # 1: up only; 2: down if nothing is lost; 3: down, whatever is lost
    upgrade_type: int = int8("1+", default=1)


class UpdateFeaturesRequest(Request, api_key=57, versions="0-2", flexible="0+"):
    """The features to change."""

    timeout_ms: int = int32(default=60000)
    feature_updates: list[FeatureUpdateKey] = array(FeatureUpdateKey)
    validate_only: bool = boolean("1+")


class UpdatableFeatureResult(Struct):
    """What became of one feature."""

    feature: str = string()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+")


class UpdateFeaturesResponse(Response, api_key=57, versions="0-2", flexible="0+"):
    """What became of the request, and up to version 1 of each feature."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+")
    results: list[UpdatableFeatureResult] = array(UpdatableFeatureResult, "0-1")
