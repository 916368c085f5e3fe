"""Committed offsets, as records of `__consumer_offsets`: one per group, topic and partition.

A record without a value says that the offset was deleted or has expired.
"""

from __future__ import annotations

from kafkapy.wire.schema import Data, int32, int64, string, uuid


class LegacyOffsetCommitKey(Data, api_key=0, versions="0"):
    """The key of an offset that an early Kafka wrote; its fields are those of `OffsetCommitKey`."""

    group: str = string()
    topic: str = string()
    partition: int = int32()


class LegacyOffsetCommitValue(Data, api_key=0, versions="0"):
    """A committed offset that an early Kafka wrote."""

    offset: int = int64()
    metadata: str = string()
    commit_timestamp: int = int64()  # epoch milliseconds


class OffsetCommitKey(Data, api_key=1, versions="0"):
    """The group and the partition that an offset was committed for."""

    group: str = string()
    topic: str = string()
    partition: int = int32()


class OffsetCommitValue(Data, api_key=1, versions="0-4", flexible="4+"):
    """A committed offset.

    Version 1 alone carries an expiry of its own and is written only for a commit that asked for
    one (OffsetCommit v2 to v4); 3 adds the leader epoch (KIP-320); 4 is flexible (KIP-915) and adds
    the topic id, so that a topic that was deleted and created again does not inherit the offset.
    Kafka 4.3 writes 4, or 1.
    """

    offset: int = int64()
    leader_epoch: int = int32("3+", default=-1)  # of the last consumed record; -1: unknown
    metadata: str = string()
    commit_timestamp: int = int64()  # epoch milliseconds
    # epoch milliseconds; -1: after offsets.retention.minutes
    expire_timestamp: int = int64("1", default=-1)
    topic_id: bytes = uuid("4+", tag=0)
