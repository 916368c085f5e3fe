"""ElectLeaders."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int8, int16, int32, string


class TopicPartitions(Struct):
    """TopicPartitions of ElectLeadersRequest."""

    topic: str = string()
    partitions: list[int] = array(int32)


class ElectLeadersRequest(Request, api_key=43, versions="0-2", flexible="2+"):
    """ElectLeadersRequest, versions 0-2."""

    election_type: int = int8("1+")
    topic_partitions: list[TopicPartitions] | None = array(TopicPartitions, nullable="0+")
    timeout_ms: int = int32(default=60000)


class PartitionResult(Struct):
    """PartitionResult of ElectLeadersResponse."""

    partition_id: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+")


class ReplicaElectionResult(Struct):
    """ReplicaElectionResult of ElectLeadersResponse."""

    topic: str = string()
    partition_result: list[PartitionResult] = array(PartitionResult)


class ElectLeadersResponse(Response, api_key=43, versions="0-2", flexible="2+"):
    """ElectLeadersResponse, versions 0-2."""

    throttle_time_ms: int = int32()
    error_code: int = int16("1+")
    replica_election_results: list[ReplicaElectionResult] = array(ReplicaElectionResult)
