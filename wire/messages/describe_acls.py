"""DescribeAcls: the access rules that match a filter (KIP-140).

Resource types: 1 any, 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user.
Pattern types: 1 any, 2 all that apply to the name, 3 literal, 4 prefix. Permissions: 1 any,
2 deny, 3 allow. Operations: 1 any, 2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter,
8 describe, 9 cluster action, 10 describe configs, 11 alter configs, 12 idempotent write,
13 create tokens, 14 describe tokens, 15 two-phase commit.
Versions: 1 pattern types (KIP-290) and throttles after the answer (KIP-219), 3 users (KIP-373).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int8, int16, int32, string


class DescribeAclsRequest(Request, api_key=29, versions="0-3", flexible="2+"):
    """A filter; null and `any` match everything."""

    resource_type_filter: int = int8()
    resource_name_filter: str | None = string(nullable="0+")
    pattern_type_filter: int = int8("1+", default=3)
    principal_filter: str | None = string(nullable="0+")
    host_filter: str | None = string(nullable="0+")
    operation: int = int8()
    permission_type: int = int8()


class AclDescription(Struct):
    """Who may or may not do what, from which host."""

    principal: str = string()  # such as `User:alice`
    host: str = string()  # an address, or `*`
    operation: int = int8()
    permission_type: int = int8()


class DescribeAclsResource(Struct):
    """The rules of one resource pattern."""

    resource_type: int = int8()
    resource_name: str = string()
    pattern_type: int = int8("1+", default=3)
    acls: list[AclDescription] = array(AclDescription)


class DescribeAclsResponse(Response, api_key=29, versions="0-3", flexible="2+"):
    """The rules found, by resource pattern."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+")
    resources: list[DescribeAclsResource] = array(DescribeAclsResource)
