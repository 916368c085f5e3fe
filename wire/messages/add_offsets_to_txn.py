"""AddOffsetsToTxn."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, int16, int32, int64, string


class AddOffsetsToTxnRequest(Request, api_key=25, versions="0-4", flexible="3+"):
    """AddOffsetsToTxnRequest, versions 0-4."""

    transactional_id: str = string()
    producer_id: int = int64()
    producer_epoch: int = int16()
    group_id: str = string()


class AddOffsetsToTxnResponse(Response, api_key=25, versions="0-4", flexible="3+"):
    """AddOffsetsToTxnResponse, versions 0-4."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
