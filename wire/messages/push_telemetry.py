"""PushTelemetry: metrics of a client, as OpenTelemetry's MetricsData in protobuf (KIP-714).

What they expand to must be bounded. UNKNOWN_SUBSCRIPTION_ID sends the client back to
GetTelemetrySubscriptions.
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, boolean, bytes_, int8, int16, int32, uuid


class PushTelemetryRequest(Request, api_key=72, versions="0", flexible="0+"):
    """The metrics."""

    client_instance_id: bytes = uuid()
    subscription_id: int = int32()
    terminating: bool = boolean()  # the client's last push, which may come before its time
    compression_type: int = int8()  # 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd
    metrics: bytes = bytes_()


class PushTelemetryResponse(Response, api_key=72, versions="0", flexible="0+"):
    """Whether they were taken."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
