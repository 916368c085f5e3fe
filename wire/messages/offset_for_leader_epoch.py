"""OffsetForLeaderEpoch: where a leader epoch ended, to find where two logs part (KIP-101).

Versions: 1 returns the epoch as well (KIP-279), 2 leader epoch of the asker (KIP-320) and throttle
time, 3 replica id.
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, int64, string


class OffsetForLeaderPartition(Struct):
    """The epoch in question, of one partition."""

    partition: int = int32()
    current_leader_epoch: int = int32("2+", default=-1)  # as the client knows it, -1: not checked
    leader_epoch: int = int32()


class OffsetForLeaderTopic(Struct):
    """The partitions of one topic."""

    topic: str = string()
    partitions: list[OffsetForLeaderPartition] = array(OffsetForLeaderPartition)


class OffsetForLeaderEpochRequest(Request, api_key=23, versions="0-4", flexible="4+"):
    """Who asks, about which epochs."""

    # -1: a consumer, -2: one that may see past the high watermark
    replica_id: int = int32("3+", default=-2)
    topics: list[OffsetForLeaderTopic] = array(OffsetForLeaderTopic)


class EpochEndOffset(Struct):
    """The greatest epoch not above the one asked for, and the offset after its last record."""

    error_code: int = int16()
    partition: int = int32()
    leader_epoch: int = int32("1+", default=-1)  # -1: there is none
    end_offset: int = int64(default=-1)  # -1: there is none


class OffsetForLeaderTopicResult(Struct):
    """The results of one topic."""

    topic: str = string()
    partitions: list[EpochEndOffset] = array(EpochEndOffset)


class OffsetForLeaderEpochResponse(Response, api_key=23, versions="0-4", flexible="4+"):
    """One end offset per partition."""

    throttle_time_ms: int = int32("2+")
    topics: list[OffsetForLeaderTopicResult] = array(OffsetForLeaderTopicResult)
