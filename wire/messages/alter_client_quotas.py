"""AlterClientQuotas: set or remove quotas of users, client ids and addresses (KIP-546, KIP-612).

Version 1 is flexible.
"""

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
    """One part of an entity."""

    entity_type: str = string()  # `user`, `client-id` or `ip`
    entity_name: str | None = string(nullable="0+")  # null: the default of this type


class OpData(Struct):
    """What happens to one quota."""

    key: str = string()  # such as `producer_byte_rate`
    value: float = float64()  # ignored with `remove`
    remove: bool = boolean()


class RequestEntryData(Struct):
    """The changes for one entity."""

    entity: list[EntityData] = array(EntityData)
    ops: list[OpData] = array(OpData)


class AlterClientQuotasRequest(Request, api_key=49, versions="0-1", flexible="1+"):
    """The changes; each entry succeeds or fails on its own."""

    entries: list[RequestEntryData] = array(RequestEntryData)
    validate_only: bool = boolean()


class ResponseEntryData(Struct):
    """What became of one entry."""

    error_code: int = int16()
    error_message: str | None = string(nullable="0+")
    entity: list[EntityData] = array(EntityData)


class AlterClientQuotasResponse(Response, api_key=49, versions="0-1", flexible="1+"):
    """One result per entry."""

    throttle_time_ms: int = int32()
    entries: list[ResponseEntryData] = array(ResponseEntryData)
