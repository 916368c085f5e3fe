"""Groups and their coordinators."""

from __future__ import annotations

import struct

from kafkapy.wire.api import ApiKey
from kafkapy.wire.messages import (
    delete_groups,
    describe_groups,
    find_coordinator,
    heartbeat,
    join_group,
    leave_group,
    list_groups,
    offset_commit,
    offset_delete,
    offset_fetch,
    sync_group,
)
from kafkapy.wire.schema import Request
from stories.telling import Story, created, story


@story(ApiKey.FIND_COORDINATOR)
def the_coordinator_of_a_group(name: str) -> Story:
    yield find_coordinator.FindCoordinatorRequest(f"{name}-group", 0, [f"{name}-a", f"{name}-b"])
    yield find_coordinator.FindCoordinatorRequest(f"{name}-group", 9, [f"{name}-a"])


@story(
    ApiKey.JOIN_GROUP, ApiKey.SYNC_GROUP, ApiKey.HEARTBEAT, ApiKey.LEAVE_GROUP,
    ApiKey.DESCRIBE_GROUPS, ApiKey.LIST_GROUPS, ApiKey.DELETE_GROUPS, ApiKey.OFFSET_COMMIT,
    ApiKey.OFFSET_FETCH, ApiKey.OFFSET_DELETE,
)  # fmt: skip
def a_group_lives_and_dies(name: str) -> Story:
    group = f"{name}-group"
    topic_id = yield from created(name, 2)
    # Version 0 of what a consumer sends: one topic and no user data. Kafka looks into it.
    subscription = struct.pack(f">hih{len(name)}si", 0, 1, len(name), name.encode(), -1)

    def joining(member: str, protocol: str = "range", session_ms: int = 10_000) -> Request:
        protocols = [join_group.JoinGroupRequestProtocol(protocol, subscription)]
        return join_group.JoinGroupRequest(
            group, session_ms, 10_000, member, None, "consumer", protocols
        )

    def synchronizing(generation: int, member: str) -> Request:
        shares = [sync_group.SyncGroupRequestAssignment(member, b"share")]
        return sync_group.SyncGroupRequest(
            group, generation, member, None, "consumer", "range", shares
        )

    def committing(generation: int, member: str, partition: int = 0, note: str = "") -> Request:
        part = offset_commit.OffsetCommitRequestPartition(partition, 7, 0, -1, note)
        topics = [offset_commit.OffsetCommitRequestTopic(name, topic_id, [part])]
        return offset_commit.OffsetCommitRequest(group, generation, member, None, -1, topics)

    def asking(partitions: list[int] | None, group: str = group) -> Request:
        if partitions is None:
            old = new = None
        else:
            old = [offset_fetch.OffsetFetchRequestTopic(name, partitions)]
            new = [offset_fetch.OffsetFetchRequestTopics(name, topic_id, partitions)]
        groups = [offset_fetch.OffsetFetchRequestGroup(group, None, -1, new)]
        return offset_fetch.OffsetFetchRequest(group, old, groups, False)

    def leaving(member: str) -> Request:
        members = [leave_group.MemberIdentity(member)]
        return leave_group.LeaveGroupRequest(group, member, members)

    yield find_coordinator.FindCoordinatorRequest(group, 0, [group])
    yield describe_groups.DescribeGroupsRequest([group], False)
    yield heartbeat.HeartbeatRequest(group, 1, "nobody")
    yield synchronizing(1, "nobody")
    yield asking([0])
    yield joining("nobody")
    yield joining("", session_ms=1)
    answer = yield joining("")
    if answer.error_code:
        answer = yield joining(answer.member_id)
    member, generation = answer.member_id, answer.generation_id
    yield heartbeat.HeartbeatRequest(group, generation, member)
    yield describe_groups.DescribeGroupsRequest([group], False)
    yield synchronizing(generation + 1, member)
    yield synchronizing(generation, member)
    yield synchronizing(generation, member)
    yield joining("", protocol="other")
    yield heartbeat.HeartbeatRequest(group, generation, member)
    yield heartbeat.HeartbeatRequest(group, generation + 1, member)
    yield heartbeat.HeartbeatRequest("", 0, member)
    yield describe_groups.DescribeGroupsRequest([group], True)
    yield list_groups.ListGroupsRequest(["stable"], ["classic"])
    yield committing(generation, member, note="note")
    yield committing(generation, member, note="x" * 5000)
    yield committing(generation, member, partition=5)
    yield committing(generation + 1, member)
    yield committing(-1, "")
    yield asking([0, 1])
    yield asking(None)
    yield offset_delete.OffsetDeleteRequest(
        group,
        [
            offset_delete.OffsetDeleteRequestTopic(
                name, [offset_delete.OffsetDeleteRequestPartition(1)]
            )
        ],
    )
    yield delete_groups.DeleteGroupsRequest([group, f"{group}-absent"])
    yield leaving("nobody")
    yield leaving(member)
    yield leaving(member)
    yield describe_groups.DescribeGroupsRequest([group], False)
    yield list_groups.ListGroupsRequest(["Empty"], [])
    yield committing(-1, "")
    yield offset_delete.OffsetDeleteRequest(
        group,
        [
            offset_delete.OffsetDeleteRequestTopic(
                name, [offset_delete.OffsetDeleteRequestPartition(0)]
            )
        ],
    )
    yield asking([0])
    yield delete_groups.DeleteGroupsRequest([group])
    yield delete_groups.DeleteGroupsRequest([group])
    yield describe_groups.DescribeGroupsRequest([group], False)
