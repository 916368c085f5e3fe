"""OffsetCommit: store how far a group has read.

Versions: 1 membership and commit time, 2 retention instead of commit time, 3 throttle time,
4 throttles after the answer (KIP-219), 5 no retention (KIP-211), 6 leader epoch (KIP-320), 7 static
members (KIP-345), 9 members of consumer groups (KIP-848), 10 topic ids in place of names.
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, int64, string, uuid


class OffsetCommitRequestPartition(Struct):
    """The position of the group in one partition."""

    partition_index: int = int32()
    committed_offset: int = int64()  # of the next record to read
    committed_leader_epoch: int = int32("6+", default=-1)  # of the last record read; -1: unknown
    commit_timestamp: int = int64("1", default=-1)  # epoch ms; -1: when the broker receives it
    committed_metadata: str | None = string(nullable="0+")  # free text that OffsetFetch returns


class OffsetCommitRequestTopic(Struct):
    """One topic: by name up to version 9, by id from 10 on."""

    name: str = string("0-9")
    topic_id: bytes = uuid("10+")
    partitions: list[OffsetCommitRequestPartition] = array(OffsetCommitRequestPartition)


class OffsetCommitRequest(Request, api_key=8, versions="0-10", flexible="8+"):
    """Positions of one group, from a member or from outside of an empty group."""

    group_id: str = string()
    # -1 with an empty member id: not a member
    generation_id_or_member_epoch: int = int32("1+", default=-1)
    member_id: str = string("1+")
    group_instance_id: str | None = string("7+", nullable="7+", default=None)
    retention_time_ms: int = int64("2-4", default=-1)  # -1: as the broker is configured
    topics: list[OffsetCommitRequestTopic] = array(OffsetCommitRequestTopic)


class OffsetCommitResponsePartition(Struct):
    """Whether the position was stored."""

    partition_index: int = int32()
    error_code: int = int16()


class OffsetCommitResponseTopic(Struct):
    """The results of one topic, named as in the request."""

    name: str = string("0-9")
    topic_id: bytes = uuid("10+")
    partitions: list[OffsetCommitResponsePartition] = array(OffsetCommitResponsePartition)


class OffsetCommitResponse(Response, api_key=8, versions="0-10", flexible="8+"):
    """One result per partition; an error of the group stands at each of them."""

    throttle_time_ms: int = int32("3+")
    topics: list[OffsetCommitResponseTopic] = array(OffsetCommitResponseTopic)
