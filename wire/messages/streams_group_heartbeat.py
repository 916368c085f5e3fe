"""StreamsGroupHeartbeat: all that a member of a streams group needs (KIP-1071).

With it a member joins with its topology, stays, reports its tasks, learns what is assigned to it
and leaves. The broker creates the internal topics that the topology needs.
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Request,
    Response,
    Struct,
    array,
    boolean,
    int8,
    int16,
    int32,
    int64,
    string,
    struct,
    uint16,
)


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


class CopartitionGroup(Struct):
    """Topics that need equally many partitions, as indexes into the sub-topology's lists."""

    source_topics: list[int] = array(int16)
    source_topic_regex: list[int] = array(int16)
    repartition_source_topics: list[int] = array(int16)


class Subtopology(Struct):
    """A part of the topology that shares no state or processor with the others."""

    subtopology_id: str = string()
    source_topics: list[str] = array(string)
    source_topic_regex: list[str] = array(string)
    state_changelog_topics: list[TopicInfo] = array(TopicInfo)
    repartition_sink_topics: list[str] = array(string)
    repartition_source_topics: list[TopicInfo] = array(TopicInfo)
    copartition_groups: list[CopartitionGroup] = array(CopartitionGroup)


class Topology(Struct):
    """The topology of the application."""

    epoch: int = int32()  # goes up when the application changes
    subtopologies: list[Subtopology] = array(Subtopology)


class TaskIds(Struct):
    """Tasks of one sub-topology; a task is a partition number of it."""

    subtopology_id: str = string()
    partitions: list[int] = array(int32)


class Endpoint(Struct):
    """Where the instance answers interactive queries."""

    host: str = string()
    port: int = uint16()


class TaskOffset(Struct):
    """How far the state of one task is."""

    subtopology_id: str = string()
    partition: int = int32()
    offset: int = int64()


class StreamsGroupHeartbeatRequest(Request, api_key=88, versions="0", flexible="0+"):
    """A member, and what is new about it."""

    group_id: str = string()
    member_id: str = string()  # a UUID that the member chose
    member_epoch: int = int32()  # 0: join; -1: leave; -2: leave, a static member that comes back
    endpoint_information_epoch: int = int32()  # of the endpoints that it knows
    # From here on, null: unchanged, or none.
    instance_id: str | None = string(nullable="0+", default=None)
    rack_id: str | None = string(nullable="0+", default=None)
    rebalance_timeout_ms: int = int32(default=-1)  # -1: unchanged
    topology: Topology | None = struct(Topology, nullable="0+", default=None)
    active_tasks: list[TaskIds] | None = array(TaskIds, nullable="0+", default=None)
    standby_tasks: list[TaskIds] | None = array(TaskIds, nullable="0+", default=None)
    warmup_tasks: list[TaskIds] | None = array(TaskIds, nullable="0+", default=None)
    # shared by the members in one process
    process_id: str | None = string(nullable="0+", default=None)
    user_endpoint: Endpoint | None = struct(Endpoint, nullable="0+", default=None)
    client_tags: list[KeyValue] | None = array(KeyValue, nullable="0+", default=None)
    task_offsets: list[TaskOffset] | None = array(TaskOffset, nullable="0+", default=None)
    task_end_offsets: list[TaskOffset] | None = array(TaskOffset, nullable="0+", default=None)
    shutdown_application: bool = boolean()  # all members shall stop


class Status(Struct):
    """Something that the member should know or act upon."""

    # 0 topology is stale, 1 source topics are missing, 2 numbers of partitions do not fit, 3
    # internal topics are missing, 4 the application is to shut down, 5 the assignment is delayed
    status_code: int = int8()
    status_detail: str = string()


class TopicPartition(Struct):
    """Partitions of one topic."""

    topic: str = string()
    partitions: list[int] = array(int32)


class EndpointToPartitions(Struct):
    """Which partitions are served by one instance."""

    user_endpoint: Endpoint = struct(Endpoint)
    active_partitions: list[TopicPartition] = array(TopicPartition)
    standby_partitions: list[TopicPartition] = array(TopicPartition)


class StreamsGroupHeartbeatResponse(Response, api_key=88, versions="0", flexible="0+"):
    """The member's epoch, and its tasks when they are new."""

    throttle_time_ms: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+", default=None)
    member_id: str = string()
    member_epoch: int = int32()
    heartbeat_interval_ms: int = int32()
    acceptable_recovery_lag: int = int32()  # offsets behind at which a task counts as caught up
    task_offset_interval_ms: int = int32()
    status: list[Status] | None = array(Status, nullable="0+")
    # null, all three: unchanged
    active_tasks: list[TaskIds] | None = array(TaskIds, nullable="0+", default=None)
    standby_tasks: list[TaskIds] | None = array(TaskIds, nullable="0+", default=None)
    warmup_tasks: list[TaskIds] | None = array(TaskIds, nullable="0+", default=None)
    endpoint_information_epoch: int = int32()
    # null: unchanged
    partitions_by_user_endpoint: list[EndpointToPartitions] | None = array(
        EndpointToPartitions, nullable="0+", default=None
    )
