"""ShareGroupHeartbeat: all that a member of a share group needs to join, stay and leave (KIP-932).

Version 0 was an early access that Kafka 4.1 no longer speaks.
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, string, struct, uuid


class ShareGroupHeartbeatRequest(Request, api_key=76, versions="1", flexible="0+"):
    """A member, and what is new about it."""

    group_id: str = string()
    member_id: str = string()  # a UUID that the member chose
    member_epoch: int = int32()  # 0: join; -1: leave
    rack_id: str | None = string(nullable="1+", default=None)  # null: unchanged, or none
    # null: unchanged
    subscribed_topic_names: list[str] | None = array(string, nullable="1+", default=None)


class TopicPartitions(Struct):
    """Partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[int] = array(int32)


class Assignment(Struct):
    """The partitions that the member shall fetch from; others may fetch from them too."""

    topic_partitions: list[TopicPartitions] = array(TopicPartitions)


class ShareGroupHeartbeatResponse(Response, api_key=76, versions="1", flexible="0+"):
    """The member's epoch, and its assignment when that is new."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="1+", default=None)
    member_id: str | None = string(nullable="1+", default=None)
    member_epoch: int = int32()
    heartbeat_interval_ms: int = int32()
    # null: unchanged
    assignment: Assignment | None = struct(Assignment, nullable="1+", default=None)
