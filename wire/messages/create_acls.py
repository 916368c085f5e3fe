"""CreateAcls: add access rules (KIP-140).

The numbers of types, operations and permissions are those of DescribeAcls. Versions: 1 pattern
types (KIP-290) and throttles after the answer (KIP-219), 3 users as resources (KIP-373).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int8, int16, int32, string


class AclCreation(Struct):
    """A rule to add: `any` is not allowed in it."""

    resource_type: int = int8()
    resource_name: str = string()
    resource_pattern_type: int = int8("1+", default=3)
    principal: str = string()  # such as `User:alice`
    host: str = string()  # an address, or `*`
    operation: int = int8()
    permission_type: int = int8()


class CreateAclsRequest(Request, api_key=30, versions="0-3", flexible="2+"):
    """The rules to add."""

    creations: list[AclCreation] = array(AclCreation)


class AclCreationResult(Struct):
    """Whether one rule was added."""

    error_code: int = int16()
    error_message: str | None = string(nullable="0+")


class CreateAclsResponse(Response, api_key=30, versions="0-3", flexible="2+"):
    """One result per rule, in the order of the request."""

    throttle_time_ms: int = int32()
    results: list[AclCreationResult] = array(AclCreationResult)
