"""Fetch: read record batches from an offset on, waiting until there are enough bytes.

Versions: 1 throttle time, 2 and 4 readers of magic 1 and 2, 3 limit for the whole response
(KIP-74), 4 isolation level (KIP-98), 5 log start offset, 7 sessions (KIP-227), 8 throttles after
the answer (KIP-219), 9 leader epoch (KIP-320), 10 zstd (KIP-110), 11 rack and preferred replica
(KIP-392), 12 divergence of epochs (KIP-595), 13 topic ids (KIP-516), 14 tiered storage (KIP-405),
15 replica epoch (KIP-903), 16 leader addresses (KIP-951), 17 directory (KIP-853), 18 high
watermark of the follower (KIP-1166).
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Buffer,
    Request,
    Response,
    Struct,
    array,
    int8,
    int16,
    int32,
    int64,
    records,
    string,
    struct,
    uuid,
)


class ReplicaState(Struct):
    """The broker that replicates with this request; -1 and -1 for a consumer."""

    replica_id: int = int32("15+", default=-1)
    replica_epoch: int = int64("15+", default=-1)


class FetchPartition(Struct):
    """From where to read one partition, and how much."""

    partition: int = int32()
    current_leader_epoch: int = int32("9+", default=-1)  # as the client knows it, -1: not checked
    fetch_offset: int = int64()
    # of the record before `fetch_offset`; -1: not checked
    last_fetched_epoch: int = int32("12+", default=-1)
    log_start_offset: int = int64("5+", default=-1)  # of the follower; -1 from a consumer
    partition_max_bytes: int = int32()  # a first batch may exceed it (KIP-74)
    replica_directory_id: bytes = uuid("17+", tag=0)
    # -1: the follower has none yet; 2**63 - 1: it cannot tell
    high_watermark: int = int64("18+", default=2**63 - 1, tag=1)


class FetchTopic(Struct):
    """One topic: by name up to version 12, by id from 13 on."""

    topic: str = string("0-12")
    topic_id: bytes = uuid("13+")
    partitions: list[FetchPartition] = array(FetchPartition)


class ForgottenTopic(Struct):
    """Partitions that leave the session."""

    topic: str = string("7-12")
    topic_id: bytes = uuid("13+")
    partitions: list[int] = array(int32, "7+")


class FetchRequest(Request, api_key=1, versions="0-18", flexible="12+"):
    """What to read: everything, or in a session what changed since the last request."""

    # only controllers check it; null: do not
    cluster_id: str | None = string("12+", nullable="12+", default=None, tag=0)
    # -1: a consumer, -2: a consumer that may read past the high watermark
    replica_id: int = int32("0-14", default=-1)
    replica_state: ReplicaState = struct(ReplicaState, "15+", tag=1)
    max_wait_ms: int = int32()  # how long to wait for `min_bytes`
    min_bytes: int = int32()
    max_bytes: int = int32("3+", default=2**31 - 1)  # a first batch may exceed it (KIP-74)
    isolation_level: int = int8("4+")  # 0: read uncommitted, 1: read committed
    session_id: int = int32("7+")  # 0: none yet
    # 0: start a session, -1: end it or want none, else counts requests
    session_epoch: int = int32("7+", default=-1)
    topics: list[FetchTopic] = array(FetchTopic)
    forgotten_topics_data: list[ForgottenTopic] = array(ForgottenTopic, "7+")
    rack_id: str = string("11+")  # of the consumer; empty: none


class EpochEndOffset(Struct):
    """Where the follower's log left the leader's: it has to truncate to here."""

    epoch: int = int32("12+", default=-1)
    end_offset: int = int64("12+", default=-1)


class LeaderIdAndEpoch(Struct):
    """Who leads the partition now; -1: unknown. Sent to clients that asked another."""

    leader_id: int = int32("12+", default=-1)
    leader_epoch: int = int32("12+", default=-1)


class SnapshotId(Struct):
    """The snapshot to load instead of a part of the metadata log that is gone."""

    end_offset: int = int64(default=-1)
    epoch: int = int32(default=-1)


class AbortedTransaction(Struct):
    """A transaction whose records from `first_offset` on are to be skipped."""

    producer_id: int = int64("4+")
    first_offset: int = int64("4+")


class PartitionData(Struct):
    """The batches of one partition, whole and as stored; the last may be cut short."""

    partition_index: int = int32()
    error_code: int = int16()
    high_watermark: int = int64()  # -1 on error
    # below it no transaction is open; -1: unknown
    last_stable_offset: int = int64("4+", default=-1)
    log_start_offset: int = int64("5+", default=-1)
    diverging_epoch: EpochEndOffset = struct(EpochEndOffset, "12+", tag=0)
    current_leader: LeaderIdAndEpoch = struct(LeaderIdAndEpoch, "12+", tag=1)
    snapshot_id: SnapshotId = struct(SnapshotId, "12+", tag=2)
    # null when uncommitted records were asked for
    aborted_transactions: list[AbortedTransaction] | None = array(
        AbortedTransaction, "4+", nullable="4+"
    )
    # the broker to ask instead; -1: this one
    preferred_read_replica: int = int32("11+", default=-1)
    records: Buffer | None = records(nullable="0+")


class FetchableTopicResponse(Struct):
    """The partitions of one topic, named as in the request."""

    topic: str = string("0-12")
    topic_id: bytes = uuid("13+")
    partitions: list[PartitionData] = array(PartitionData)


class NodeEndpoint(Struct):
    """The address of a broker that a `current_leader` points to."""

    node_id: int = int32("16+")
    host: str = string("16+")
    port: int = int32("16+")
    rack: str | None = string("16+", nullable="16+", default=None)


class FetchResponse(Response, api_key=1, versions="0-18", flexible="12+"):
    """What was read; in a session only partitions that have news."""

    throttle_time_ms: int = int32("1+")
    error_code: int = int16("7+")
    session_id: int = int32("7+")  # 0: the broker keeps no session
    responses: list[FetchableTopicResponse] = array(FetchableTopicResponse)
    node_endpoints: list[NodeEndpoint] = array(NodeEndpoint, "16+", tag=0)
