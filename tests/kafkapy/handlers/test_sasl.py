"""SaslHandshake and SaslAuthenticate where nobody needs to authenticate."""

from __future__ import annotations

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.metadata import MetadataRequest
from kafkapy.wire.messages.sasl_authenticate import SaslAuthenticateRequest
from kafkapy.wire.messages.sasl_handshake import SaslHandshakeRequest
from kafkapy.wire.schema import Request
from tests.kafkapy.handlers.admin_client import admin_client


@pytest.mark.parametrize(
    ("request_", "version"),
    [
        *((SaslHandshakeRequest(mechanism="PLAIN"), version) for version in (0, 1)),
        (SaslHandshakeRequest(mechanism="NONE-SUCH"), 1),
        *((SaslAuthenticateRequest(auth_bytes=b"\0user\0word"), version) for version in (0, 1, 2)),
    ],
)
def test_authentication_is_refused_and_the_connection_goes_on(
    request_: Request, version: int
) -> None:
    with admin_client() as client:
        assert client.call(request_, version).error_code == ErrorCode.ILLEGAL_SASL_STATE
        assert client.call(MetadataRequest(topics=[]), 9).brokers
