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

import struct
from typing import TypeVar

from kafkapy.wire import compile as codec
from kafkapy.wire.errors import MalformedError
from kafkapy.wire.schema import Buffer, Data, Struct, array, bytes_, int32, string

_INT16 = struct.Struct(">h")


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


_Message = TypeVar("_Message", ConsumerProtocolSubscription, ConsumerProtocolAssignment)


def encode_consumer_protocol(
    message: ConsumerProtocolSubscription | ConsumerProtocolAssignment, version: int
) -> bytes:
    """Give the bytes of a message, led by its version (int16)."""
    return _INT16.pack(version) + codec.encode(message, version)


def decode_subscription(data: Buffer) -> ConsumerProtocolSubscription:
    """Read what a member sent with JoinGroup; `MalformedError` if it speaks something else."""
    return _decode(ConsumerProtocolSubscription, data)


def decode_assignment(data: Buffer) -> ConsumerProtocolAssignment:
    """Read what the leader sent with SyncGroup; `MalformedError` if it speaks something else."""
    return _decode(ConsumerProtocolAssignment, data)


def _decode(type_: type[_Message], data: Buffer) -> _Message:
    if len(data) < _INT16.size:
        raise MalformedError("a consumer protocol message ends before its version")
    version = _INT16.unpack_from(data)[0]
    if version < 0:
        raise MalformedError(f"a consumer protocol message of version {version}")
    known_version = min(version, type_.__versions__.last)
    message, _ = codec.decode_from(type_, data, known_version, _INT16.size)
    return message
