"""ShareGroupHeartbeat."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, string, struct, uuid


class ShareGroupHeartbeatRequest(Request, api_key=76, versions="1", flexible="0+"):
    """ShareGroupHeartbeatRequest, versions 1."""

    group_id: str = string()
    member_id: str = string()
    member_epoch: int = int32()
    rack_id: str | None = string(nullable="1+", default=None)
    subscribed_topic_names: list[str] | None = array(string, nullable="1+", default=None)


class TopicPartitions(Struct):
    """TopicPartitions of ShareGroupHeartbeatResponse."""

    topic_id: bytes = uuid()
    partitions: list[int] = array(int32)


class Assignment(Struct):
    """Assignment of ShareGroupHeartbeatResponse."""

    topic_partitions: list[TopicPartitions] = array(TopicPartitions)


class ShareGroupHeartbeatResponse(Response, api_key=76, versions="1", flexible="0+"):
    """ShareGroupHeartbeatResponse, versions 1."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="1+", default=None)
    member_id: str | None = string(nullable="1+", default=None)
    member_epoch: int = int32()
    heartbeat_interval_ms: int = int32()
    assignment: Assignment | None = struct(Assignment, nullable="1+", default=None)
