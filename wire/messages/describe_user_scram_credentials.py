"""DescribeUserScramCredentials: which users have SCRAM credentials, never the secrets (KIP-554)."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int8, int16, int32, string


class UserName(Struct):
    """A user in question."""

    name: str = string()


class DescribeUserScramCredentialsRequest(Request, api_key=50, versions="0", flexible="0+"):
    """Which users, all of them by default."""

    users: list[UserName] | None = array(UserName, nullable="0+")  # null or empty: all


class CredentialInfo(Struct):
    """That there is a credential of one mechanism."""

    mechanism: int = int8()  # 1 SCRAM-SHA-256, 2 SCRAM-SHA-512
    iterations: int = int32()


class DescribeUserScramCredentialsResult(Struct):
    """The credentials of one user; RESOURCE_NOT_FOUND if there are none."""

    user: str = string()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+")
    credential_infos: list[CredentialInfo] = array(CredentialInfo)


class DescribeUserScramCredentialsResponse(Response, api_key=50, versions="0", flexible="0+"):
    """One result per user."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+")
    results: list[DescribeUserScramCredentialsResult] = array(DescribeUserScramCredentialsResult)
