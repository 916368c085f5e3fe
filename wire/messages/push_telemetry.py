"""PushTelemetry."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, boolean, bytes_, int8, int16, int32, uuid


class PushTelemetryRequest(Request, api_key=72, versions="0", flexible="0+"):
    """PushTelemetryRequest, versions 0."""

    client_instance_id: bytes = uuid()
    subscription_id: int = int32()
    terminating: bool = boolean()
    compression_type: int = int8()
    metrics: bytes = bytes_()


class PushTelemetryResponse(Response, api_key=72, versions="0", flexible="0+"):
    """PushTelemetryResponse, versions 0."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
