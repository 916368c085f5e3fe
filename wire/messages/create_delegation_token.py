"""CreateDelegationToken: issue a token that authenticates in place of its owner (KIP-48).

Versions: 1 throttles after the answer (KIP-219), 3 for another owner (KIP-373). Times are epoch ms.
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Request,
    Response,
    Struct,
    array,
    bytes_,
    int16,
    int32,
    int64,
    string,
)


class CreatableRenewers(Struct):
    """A principal that may renew the token."""

    principal_type: str = string()
    principal_name: str = string()


class CreateDelegationTokenRequest(Request, api_key=38, versions="0-3", flexible="2+"):
    """For whom, and for how long."""

    owner_principal_type: str | None = string("3+", nullable="3+")  # null: who sends the request
    owner_principal_name: str | None = string("3+", nullable="3+")
    renewers: list[CreatableRenewers] = array(CreatableRenewers)
    max_lifetime_ms: int = int64()  # -1: as the broker is configured


class CreateDelegationTokenResponse(Response, api_key=38, versions="0-3", flexible="2+"):
    """The new token; id and base64 HMAC are user and password of SCRAM."""

    error_code: int = int16()
    principal_type: str = string()
    principal_name: str = string()
    token_requester_principal_type: str = string("3+")
    token_requester_principal_name: str = string("3+")
    issue_timestamp_ms: int = int64()
    expiry_timestamp_ms: int = int64()  # unless renewed
    max_timestamp_ms: int = int64()  # renewed or not
    token_id: str = string()
    hmac: bytes = bytes_()
    throttle_time_ms: int = int32()
