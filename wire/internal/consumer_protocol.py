"""What consumers of a classic group say to each other through the coordinator.

The leader of a group with protocol type `consumer` computes the assignment (KIP-62), so these two
messages travel inside JoinGroup and SyncGroup as bytes that the broker stores and hands on. It
reads them where it must know which topics a member subscribes to: DescribeGroups, OffsetDelete, and
the conversion of a group to the new protocol (KIP-848).

Fields are only ever appended, so a version newer than ours is read as our newest one.
Version 1 brought the owned partitions (KIP-429), 2 the generation they are of (KIP-792),
3 the member's rack (KIP-881).
"""

from __future__ import annotations

from kafkapy.wire.schema import Data, Struct, array, bytes_, int32, string


class TopicPartitions(Struct):
    """Partitions of one topic."""

    topic: str = string()
    partitions: list[int] = array(int32)


class ConsumerProtocolSubscription(Data, versions="0-3"):
    """What a member wants, and what it holds, as it joins."""

    topics: list[str] = array(string)
    user_data: bytes | None = bytes_(nullable="0+", default=None)
    owned_partitions: list[TopicPartitions] = array(TopicPartitions, "1+")
    generation_id: int = int32("2+", default=-1)  # of owned_partitions; -1: unknown
    rack_id: str | None = string("3+", nullable="3+", default=None)


class ConsumerProtocolAssignment(Data, versions="0-3"):
    """What the leader gave to a member."""

    assigned_partitions: list[TopicPartitions] = array(TopicPartitions)
    user_data: bytes | None = bytes_(nullable="0+", default=None)
