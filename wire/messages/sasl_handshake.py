"""SaslHandshake."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, array, int16, string


class SaslHandshakeRequest(Request, api_key=17, versions="0-1"):
    """SaslHandshakeRequest, versions 0-1."""

    mechanism: str = string()


class SaslHandshakeResponse(Response, api_key=17, versions="0-1"):
    """SaslHandshakeResponse, versions 0-1."""

    error_code: int = int16()
    mechanisms: list[str] = array(string)
