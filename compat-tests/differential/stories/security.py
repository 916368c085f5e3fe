"""Authentication, on a listener that asks for none."""

from __future__ import annotations

from kafkapy.wire.api import ApiKey
from kafkapy.wire.messages import sasl_authenticate, sasl_handshake
from stories.telling import Story, story


@story(ApiKey.SASL_HANDSHAKE, ApiKey.SASL_AUTHENTICATE)
def a_client_wants_to_authenticate(name: str) -> Story:
    yield sasl_handshake.SaslHandshakeRequest("PLAIN")
    yield sasl_handshake.SaslHandshakeRequest("NONE-SUCH")
    yield sasl_authenticate.SaslAuthenticateRequest(b"\0user\0word")
