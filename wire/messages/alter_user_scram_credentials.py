"""AlterUserScramCredentials: set or delete SCRAM credentials of users (KIP-554).

The client salts and hashes the password, so the broker never sees it. A user that is named twice
with the same mechanism is refused with DUPLICATE_RESOURCE.
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, bytes_, int8, int16, int32, string


class ScramCredentialDeletion(Struct):
    """A credential that goes."""

    name: str = string()
    mechanism: int = int8()  # 1 SCRAM-SHA-256, 2 SCRAM-SHA-512


class ScramCredentialUpsertion(Struct):
    """A credential that is set, whether or not there was one."""

    name: str = string()
    mechanism: int = int8()  # 1 SCRAM-SHA-256, 2 SCRAM-SHA-512
    iterations: int = int32()  # 4096 to 16384
    salt: bytes = bytes_()
    salted_password: bytes = bytes_()  # PBKDF2 of the password (RFC 5802)


class AlterUserScramCredentialsRequest(Request, api_key=51, versions="0", flexible="0+"):
    """The changes."""

    deletions: list[ScramCredentialDeletion] = array(ScramCredentialDeletion)
    upsertions: list[ScramCredentialUpsertion] = array(ScramCredentialUpsertion)


class AlterUserScramCredentialsResult(Struct):
    """What became of the changes for one user."""

    user: str = string()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+")


class AlterUserScramCredentialsResponse(Response, api_key=51, versions="0", flexible="0+"):
    """One result per user."""

    throttle_time_ms: int = int32()
    results: list[AlterUserScramCredentialsResult] = array(AlterUserScramCredentialsResult)
