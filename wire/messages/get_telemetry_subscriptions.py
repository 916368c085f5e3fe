"""GetTelemetrySubscriptions: which metrics a client shall push, and how often (KIP-714)."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, array, boolean, int8, int16, int32, string, uuid


class GetTelemetrySubscriptionsRequest(Request, api_key=71, versions="0", flexible="0+"):
    """The client; zero until the broker has given it an id."""

    client_instance_id: bytes = uuid()


class GetTelemetrySubscriptionsResponse(Response, api_key=71, versions="0", flexible="0+"):
    """What is wanted of this client."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    client_instance_id: bytes = uuid()  # zero if the client had one
    subscription_id: int = int32()  # to be repeated by PushTelemetry
    accepted_compression_types: list[int] = array(int8)  # as in a batch, best first
    push_interval_ms: int = int32()
    telemetry_max_bytes: int = int32()
    delta_temporality: bool = boolean()  # counters: what was added, not the sum
    # prefixes of names; empty: no metrics, one empty prefix: all
    requested_metrics: list[str] = array(string)
