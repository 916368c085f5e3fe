"""ElectLeaders: have leaders of partitions elected now (KIP-183).

Versions: 0 preferred leaders only, 1 also unclean elections (KIP-460).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int8, int16, int32, string


class TopicPartitions(Struct):
    """The partitions of one topic."""

    topic: str = string()
    partitions: list[int] = array(int32)


class ElectLeadersRequest(Request, api_key=43, versions="0-2", flexible="2+"):
    """How to elect, and where."""

    election_type: int = int8("1+")  # 0: the preferred replica, 1: any live one if none is in sync
    # null: all
    topic_partitions: list[TopicPartitions] | None = array(TopicPartitions, nullable="0+")
    timeout_ms: int = int32(default=60000)  # how long to wait for the elections


class PartitionResult(Struct):
    """The result of one election; ELECTION_NOT_NEEDED is no failure."""

    partition_id: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+")


class ReplicaElectionResult(Struct):
    """The results of one topic."""

    topic: str = string()
    partition_result: list[PartitionResult] = array(PartitionResult)


class ElectLeadersResponse(Response, api_key=43, versions="0-2", flexible="2+"):
    """One result per partition; if all were meant, only where something happened."""

    throttle_time_ms: int = int32()
    error_code: int = int16("1+")
    replica_election_results: list[ReplicaElectionResult] = array(ReplicaElectionResult)
