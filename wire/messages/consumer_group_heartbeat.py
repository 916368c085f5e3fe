"""ConsumerGroupHeartbeat: all that a member of a consumer group needs (KIP-848).

With it a member joins, stays, reports what it holds, learns its assignment and leaves. Most of the
fields are sent only when they change, and all of them when it joins.
Versions: 1 subscribes by a regular expression that the broker evaluates, and members choose their
ids (KIP-1082).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, string, struct, uuid


class TopicPartitions(Struct):
    """Partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[int] = array(int32)


class ConsumerGroupHeartbeatRequest(Request, api_key=68, versions="0-1", flexible="0+"):
    """A member, and what is new about it."""

    group_id: str = string()
    member_id: str = string()  # a UUID of its own; in version 0 empty when it joins
    member_epoch: int = int32()  # 0: join; -1: leave; -2: leave, a static member that comes back
    instance_id: str | None = string(nullable="0+", default=None)  # null: unchanged, or none
    rack_id: str | None = string(nullable="0+", default=None)  # null: unchanged, or none
    rebalance_timeout_ms: int = int32(default=-1)  # time to give partitions up; -1: unchanged
    # null: unchanged
    subscribed_topic_names: list[str] | None = array(string, nullable="0+", default=None)
    # RE2; null: unchanged, empty: none
    subscribed_topic_regex: str | None = string("1+", nullable="1+", default=None)
    # null: unchanged, or as the broker likes
    server_assignor: str | None = string(nullable="0+", default=None)
    # what the member holds; null: unchanged
    topic_partitions: list[TopicPartitions] | None = array(
        TopicPartitions, nullable="0+", default=None
    )


class Assignment(Struct):
    """All partitions that the member may use now."""

    topic_partitions: list[TopicPartitions] = array(TopicPartitions)


class ConsumerGroupHeartbeatResponse(Response, api_key=68, versions="0-1", flexible="0+"):
    """The member's epoch, and its assignment when that is new."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+", default=None)
    member_id: str | None = string(nullable="0+", default=None)
    member_epoch: int = int32()
    heartbeat_interval_ms: int = int32()
    # null: unchanged
    assignment: Assignment | None = struct(Assignment, nullable="0+", default=None)
