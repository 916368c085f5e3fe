"""DescribeClientQuotas: the quotas of users, client ids and addresses (KIP-546, KIP-612).

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
    int8,
    int16,
    int32,
    string,
)


class ComponentData(Struct):
    """What one part of an entity must be like."""

    entity_type: str = string()  # `user`, `client-id` or `ip`
    # 0: is called `match`; 1: is the default; 2: is anything, default or not
    match_type: int = int8()
    match: str | None = string(nullable="0+")  # null unless match_type is 0


class DescribeClientQuotasRequest(Request, api_key=48, versions="0-1", flexible="1+"):
    """A filter over entities; all its components must match."""

    components: list[ComponentData] = array(ComponentData)
    strict: bool = boolean()  # leave out entities that have other parts as well


class EntityData(Struct):
    """One part of an entity."""

    entity_type: str = string()  # `user`, `client-id` or `ip`
    entity_name: str | None = string(nullable="0+")  # null: the default of this type


class ValueData(Struct):
    """A quota: bytes, mutations or connections per second, or percent of a thread."""

    key: str = string()  # such as `producer_byte_rate`
    value: float = float64()


class EntryData(Struct):
    """The quotas that are set for one entity."""

    entity: list[EntityData] = array(EntityData)
    values: list[ValueData] = array(ValueData)


class DescribeClientQuotasResponse(Response, api_key=48, versions="0-1", flexible="1+"):
    """The entities that match."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+")
    entries: list[EntryData] | None = array(EntryData, nullable="0+")  # null with an error
