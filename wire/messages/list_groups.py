"""ListGroups: the groups of every type that this broker coordinates.

Versions: 1 throttle time, 2 throttles after the answer (KIP-219), 4 states (KIP-518), 5 types
(KIP-848).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, string


class ListGroupsRequest(Request, api_key=16, versions="0-5", flexible="3+"):
    """Which groups to list; an empty filter lets all pass."""

    states_filter: list[str] = array(string, "4+")  # names of states, in any case
    types_filter: list[str] = array(string, "5+")  # classic, consumer, share, streams


class ListedGroup(Struct):
    """One group; its protocol type is empty while nobody has joined."""

    group_id: str = string()
    protocol_type: str = string()
    group_state: str = string("4+")
    group_type: str = string("5+")


class ListGroupsResponse(Response, api_key=16, versions="0-5", flexible="3+"):
    """The groups that the caller may describe."""

    throttle_time_ms: int = int32("1+")
    error_code: int = int16()
    groups: list[ListedGroup] = array(ListedGroup)
