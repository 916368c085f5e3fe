"""AlterClientQuotas."""

from __future__ import annotations

from kafkapy.wire.schema import (
    Request,
    Response,
    Struct,
    array,
    boolean,
    float64,
    int16,
    int32,
    string,
)


class EntityData(Struct):
    """EntityData of AlterClientQuotasRequest."""

    entity_type: str = string()
    entity_name: str | None = string(nullable="0+")


class OpData(Struct):
    """OpData of AlterClientQuotasRequest."""

    key: str = string()
    value: float = float64()
    remove: bool = boolean()


class RequestEntryData(Struct):
    """RequestEntryData of AlterClientQuotasRequest."""

    entity: list[EntityData] = array(EntityData)
    ops: list[OpData] = array(OpData)


class AlterClientQuotasRequest(Request, api_key=49, versions="0-1", flexible="1+"):
    """AlterClientQuotasRequest, versions 0-1."""

    entries: list[RequestEntryData] = array(RequestEntryData)
    validate_only: bool = boolean()


class ResponseEntryData(Struct):
    """ResponseEntryData of AlterClientQuotasResponse."""

    error_code: int = int16()
    error_message: str | None = string(nullable="0+")
    entity: list[EntityData] = array(EntityData)


class AlterClientQuotasResponse(Response, api_key=49, versions="0-1", flexible="1+"):
    """AlterClientQuotasResponse, versions 0-1."""

    throttle_time_ms: int = int32()
    entries: list[ResponseEntryData] = array(ResponseEntryData)
