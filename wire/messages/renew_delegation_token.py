"""RenewDelegationToken: let a token live longer, within its maximum (KIP-48).

Versions: 1 throttles after the answer (KIP-219).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, bytes_, int16, int32, int64


class RenewDelegationTokenRequest(Request, api_key=39, versions="0-2", flexible="2+"):
    """The token, known by its HMAC."""

    hmac: bytes = bytes_()
    renew_period_ms: int = int64()  # from now on; negative: as the broker is configured


class RenewDelegationTokenResponse(Response, api_key=39, versions="0-2", flexible="2+"):
    """When the token ends now, in epoch ms."""

    error_code: int = int16()
    expiry_timestamp_ms: int = int64()
    throttle_time_ms: int = int32()
