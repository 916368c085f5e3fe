"""StreamsGroupDescribe: the state, the topology and the members of streams groups (KIP-1071)."""

from __future__ import annotations

from kafkapy.wire.schema import (
    Request,
    Response,
    Struct,
    array,
    boolean,
    int16,
    int32,
    int64,
    string,
    struct,
    uint16,
)


class StreamsGroupDescribeRequest(Request, api_key=89, versions="0", flexible="0+"):
    """The ids of the groups in question."""

    group_ids: list[str] = array(string)
    include_authorized_operations: bool = boolean()


class KeyValue(Struct):
    """A configuration entry or a tag."""

    key: str = string()
    value: str = string()


class TopicInfo(Struct):
    """An internal topic that the application needs."""

    name: str = string()
    partitions: int = int32()  # 0: not fixed
    replication_factor: int = int16()  # 0: the broker's default
    topic_configs: list[KeyValue] = array(KeyValue)


class Subtopology(Struct):
    """A part of the topology that shares no state or processor with the others."""

    subtopology_id: str = string()
    source_topics: list[str] = array(string)
    repartition_sink_topics: list[str] = array(string)
    state_changelog_topics: list[TopicInfo] = array(TopicInfo)
    repartition_source_topics: list[TopicInfo] = array(TopicInfo)


class Topology(Struct):
    """The topology of the application."""

    epoch: int = int32()
    # null: none was sent yet
    subtopologies: list[Subtopology] | None = array(Subtopology, nullable="0+", default=None)


class Endpoint(Struct):
    """Where the instance answers interactive queries."""

    host: str = string()
    port: int = uint16()


class TaskOffset(Struct):
    """How far the state of one task is."""

    subtopology_id: str = string()
    partition: int = int32()
    offset: int = int64()


class TaskIds(Struct):
    """Tasks of one sub-topology; a task is a partition number of it."""

    subtopology_id: str = string()
    partitions: list[int] = array(int32)


class Assignment(Struct):
    """The tasks of one member."""

    active_tasks: list[TaskIds] = array(TaskIds)
    standby_tasks: list[TaskIds] = array(TaskIds)
    warmup_tasks: list[TaskIds] = array(TaskIds)


class Member(Struct):
    """A member, what it has and what it shall have."""

    member_id: str = string()
    member_epoch: int = int32()
    instance_id: str | None = string(nullable="0+", default=None)
    rack_id: str | None = string(nullable="0+", default=None)
    client_id: str = string()
    client_host: str = string()
    topology_epoch: int = int32()
    process_id: str = string()  # shared by the members in one process
    user_endpoint: Endpoint | None = struct(Endpoint, nullable="0+", default=None)
    client_tags: list[KeyValue] = array(KeyValue)
    task_offsets: list[TaskOffset] = array(TaskOffset)
    task_end_offsets: list[TaskOffset] = array(TaskOffset)
    assignment: Assignment = struct(Assignment)
    target_assignment: Assignment = struct(Assignment)
    is_classic: bool = boolean()  # it speaks the classic protocol


class DescribedGroup(Struct):
    """One group."""

    error_code: int = int16()
    error_message: str | None = string(nullable="0+", default=None)
    group_id: str = string()
    group_state: str = string()  # Empty, NotReady, Assigning, Reconciling, Stable or Dead
    group_epoch: int = int32()
    assignment_epoch: int = int32()
    # null: none was sent yet
    topology: Topology | None = struct(Topology, nullable="0+", default=None)
    members: list[Member] = array(Member)
    # bit n: operation n is allowed; -2**31: not asked for
    authorized_operations: int = int32(default=-(2**31))


class StreamsGroupDescribeResponse(Response, api_key=89, versions="0", flexible="0+"):
    """One description per group."""

    throttle_time_ms: int = int32()
    groups: list[DescribedGroup] = array(DescribedGroup)
