"""ShareGroupDescribe: the state and the members of share groups (KIP-932).

Version 0 was an early access that Kafka 4.1 no longer speaks.
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Request,
    Response,
    Struct,
    array,
    boolean,
    int16,
    int32,
    string,
    struct,
    uuid,
)


class ShareGroupDescribeRequest(Request, api_key=77, versions="1", flexible="0+"):
    """The ids of the groups in question."""

    group_ids: list[str] = array(string)
    include_authorized_operations: bool = boolean()


class TopicPartitions(Struct):
    """Partitions of one topic."""

    topic_id: bytes = uuid()
    topic_name: str = string()
    partitions: list[int] = array(int32)


class Assignment(Struct):
    """The partitions of one member."""

    topic_partitions: list[TopicPartitions] = array(TopicPartitions)


class Member(Struct):
    """A member and what it has."""

    member_id: str = string()
    rack_id: str | None = string(nullable="1+", default=None)
    member_epoch: int = int32()
    client_id: str = string()
    client_host: str = string()
    subscribed_topic_names: list[str] = array(string)
    assignment: Assignment = struct(Assignment)


class DescribedGroup(Struct):
    """One group."""

    error_code: int = int16()
    error_message: str | None = string(nullable="1+", default=None)
    group_id: str = string()
    group_state: str = string()  # Empty, Stable or Dead
    group_epoch: int = int32()
    assignment_epoch: int = int32()
    assignor_name: str = string()
    members: list[Member] = array(Member)
    # bit n: operation n is allowed; -2**31: not asked for
    authorized_operations: int = int32(default=-(2**31))


class ShareGroupDescribeResponse(Response, api_key=77, versions="1", flexible="0+"):
    """One description per group."""

    throttle_time_ms: int = int32()
    groups: list[DescribedGroup] = array(DescribedGroup)
