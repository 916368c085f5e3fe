"""Classic groups, whose members rebalance themselves, as records of `__consumer_offsets`.

One record holds a whole group: it is written when a generation becomes stable and when the group
becomes empty; a record without a value says that the group is gone.
"""

from __future__ import annotations

from kafkapy.wire.schema import Data, Struct, array, bytes_, int32, int64, string


class GroupMetadataKey(Data, api_key=2, versions="0"):
    """The classic group that a record describes."""

    group: str = string()


class MemberMetadata(Struct):
    """One member of a classic group."""

    member_id: str = string()
    group_instance_id: str | None = string("3+", nullable="3+", default=None)
    client_id: str = string()
    client_host: str = string()
    rebalance_timeout: int = int32("1+", default=-1)  # milliseconds; -1: as session_timeout
    session_timeout: int = int32()  # milliseconds
    subscription: bytes = bytes_()  # of the group's protocol; opaque (`consumer_protocol`)
    assignment: bytes = bytes_()


class GroupMetadataValue(Data, api_key=2, versions="0-4", flexible="4+"):
    """A classic group: its generation and its members.

    Version 1 adds the rebalance timeout (KIP-62), 2 the time of the last change (KIP-211), 3 static
    members (KIP-345); 4 is flexible (KIP-915). Kafka 4.3 writes 3.
    """

    protocol_type: str = string()
    generation: int = int32()
    # the assignor the members agreed on; null while there is none
    protocol: str | None = string(nullable="0+")
    leader: str | None = string(nullable="0+")
    current_state_timestamp: int = int64("2+", default=-1)  # epoch milliseconds; -1: unknown
    members: list[MemberMetadata] = array(MemberMetadata)
