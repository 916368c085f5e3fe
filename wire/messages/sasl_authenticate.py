"""SaslAuthenticate: carry one token of the mechanism that SaslHandshake chose (KIP-152).

Versions: 1 tells when to authenticate again (KIP-368).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, bytes_, int16, int64, string


class SaslAuthenticateRequest(Request, api_key=36, versions="0-2", flexible="2+"):
    """A token of the client."""

    auth_bytes: bytes = bytes_()


class SaslAuthenticateResponse(Response, api_key=36, versions="0-2", flexible="2+"):
    """The answer of the mechanism, or why it failed."""

    error_code: int = int16()
    error_message: str | None = string(nullable="0+")
    auth_bytes: bytes = bytes_()
    session_lifetime_ms: int = int64("1+")  # 0: for ever
