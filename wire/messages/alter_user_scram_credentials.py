"""AlterUserScramCredentials."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, bytes_, int8, int16, int32, string


class ScramCredentialDeletion(Struct):
    """ScramCredentialDeletion of AlterUserScramCredentialsRequest."""

    name: str = string()
    mechanism: int = int8()


class ScramCredentialUpsertion(Struct):
    """ScramCredentialUpsertion of AlterUserScramCredentialsRequest."""

    name: str = string()
    mechanism: int = int8()
    iterations: int = int32()
    salt: bytes = bytes_()
    salted_password: bytes = bytes_()


class AlterUserScramCredentialsRequest(Request, api_key=51, versions="0", flexible="0+"):
    """AlterUserScramCredentialsRequest, versions 0."""

    deletions: list[ScramCredentialDeletion] = array(ScramCredentialDeletion)
    upsertions: list[ScramCredentialUpsertion] = array(ScramCredentialUpsertion)


class AlterUserScramCredentialsResult(Struct):
    """AlterUserScramCredentialsResult of AlterUserScramCredentialsResponse."""

    user: str = string()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+")


class AlterUserScramCredentialsResponse(Response, api_key=51, versions="0", flexible="0+"):
    """AlterUserScramCredentialsResponse, versions 0."""

    throttle_time_ms: int = int32()
    results: list[AlterUserScramCredentialsResult] = array(AlterUserScramCredentialsResult)
