"""SaslHandshake: choose the mechanism to authenticate with (KIP-43).

Versions: after 0 the tokens travel as bare frames, after 1 inside of SaslAuthenticate (KIP-152).
There is no higher version, as old clients fail to negotiate one (KAFKA-9577).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, array, int16, string


class SaslHandshakeRequest(Request, api_key=17, versions="0-1"):
    """The mechanism, such as `SCRAM-SHA-256`."""

    mechanism: str = string()


class SaslHandshakeResponse(Response, api_key=17, versions="0-1"):
    """Whether it is enabled, and which ones are."""

    error_code: int = int16()
    mechanisms: list[str] = array(string)
