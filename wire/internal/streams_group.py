"""Streams groups (KIP-1071), as records of `__consumer_offsets`.

They are laid out as those of consumer groups are, but what is assigned are tasks, each a partition
number of a sub-topology, and the group also keeps the topology.
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Data,
    Struct,
    array,
    int8,
    int16,
    int32,
    int64,
    string,
    struct,
    uint16,
)


class StreamsGroupMetadataKey(Data, api_key=17, versions="0"):
    """The streams group whose epoch a record gives."""

    group_id: str = string()


class KeyValue(Struct):
    """A configuration entry or a tag."""

    key: str = string()
    value: str = string()


class StreamsGroupMetadataValue(Data, api_key=17, versions="0", flexible="0+"):
    """The epoch of a streams group."""

    epoch: int = int32()
    metadata_hash: int = int64()  # of all topics of the topology, their partitions and racks
    # whose topics exist as they should; -1: none
    validated_topology_epoch: int = int32(default=-1, tag=0)
    # what the assignor was last run with
    last_assignment_configs: list[KeyValue] | None = array(KeyValue, nullable="0+", tag=1)


class StreamsGroupMemberMetadataKey(Data, api_key=19, versions="0"):
    """The member of a streams group that a record describes."""

    group_id: str = string()
    member_id: str = string()


class Endpoint(Struct):
    """Where a node is reached."""

    host: str = string()
    port: int = uint16()


class StreamsGroupMemberMetadataValue(Data, api_key=19, versions="0", flexible="0+"):
    """What a member of a streams group said of itself."""

    instance_id: str | None = string(nullable="0+")
    rack_id: str | None = string(nullable="0+")
    client_id: str = string()
    client_host: str = string()
    rebalance_timeout_ms: int = int32(default=-1)  # -1: unknown
    topology_epoch: int = int32()
    process_id: str = string()  # shared by the members in one process
    # for interactive queries
    user_endpoint: Endpoint | None = struct(Endpoint, nullable="0+", default=None)
    client_tags: list[KeyValue] = array(KeyValue)  # for the placement of standby tasks


class StreamsGroupTargetAssignmentMetadataKey(Data, api_key=20, versions="0"):
    """The streams group whose assignment epoch a record gives."""

    group_id: str = string()


class StreamsGroupTargetAssignmentMetadataValue(Data, api_key=20, versions="0", flexible="0+"):
    """Which group epoch the target assignment was computed for."""

    assignment_epoch: int = int32()
    assignment_timestamp: int = int64(tag=0)  # epoch milliseconds (KIP-1263); 0: unknown


class StreamsGroupTargetAssignmentMemberKey(Data, api_key=21, versions="0"):
    """The member of a streams group whose target a record gives."""

    group_id: str = string()
    member_id: str = string()


class TargetTaskIds(Struct):
    """Tasks of a sub-topology that a member shall have."""

    subtopology_id: str = string()
    partitions: list[int] = array(int32)


class StreamsGroupTargetAssignmentMemberValue(Data, api_key=21, versions="0", flexible="0+"):
    """The tasks that a member shall have in the end."""

    active_tasks: list[TargetTaskIds] = array(TargetTaskIds)
    standby_tasks: list[TargetTaskIds] = array(TargetTaskIds)
    warmup_tasks: list[TargetTaskIds] = array(TargetTaskIds)


class StreamsGroupCurrentMemberAssignmentKey(Data, api_key=22, versions="0"):
    """The member of a streams group whose tasks a record gives."""

    group_id: str = string()
    member_id: str = string()


class CurrentTaskIds(Struct):
    """Tasks of a sub-topology that a member has."""

    subtopology_id: str = string()
    partitions: list[int] = array(int32)
    # Per active task, the member epoch at which it was assigned: a commit with an older one is
    # fenced. Null or empty for other tasks, and in records of older brokers.
    assignment_epochs: list[int] | None = array(int32, nullable="0+", tag=0)


class StreamsGroupCurrentMemberAssignmentValue(Data, api_key=22, versions="0", flexible="0+"):
    """Where a member is on the way to its target assignment."""

    member_epoch: int = int32()
    previous_member_epoch: int = int32()  # accepted once more, in case an answer was lost
    state: int = int8()
    active_tasks: list[CurrentTaskIds] = array(CurrentTaskIds)
    standby_tasks: list[CurrentTaskIds] = array(CurrentTaskIds)
    warmup_tasks: list[CurrentTaskIds] = array(CurrentTaskIds)
    active_tasks_pending_revocation: list[CurrentTaskIds] = array(CurrentTaskIds)
    standby_tasks_pending_revocation: list[CurrentTaskIds] = array(CurrentTaskIds)
    warmup_tasks_pending_revocation: list[CurrentTaskIds] = array(CurrentTaskIds)


class StreamsGroupTopologyKey(Data, api_key=23, versions="0"):
    """The streams group whose topology a record gives."""

    group_id: str = string()


class TopicInfo(Struct):
    """An internal topic that the application needs."""

    name: str = string()
    partitions: int = int32()  # 0: not fixed
    replication_factor: int = int16()  # 0: the broker's default
    topic_configs: list[KeyValue] = array(KeyValue)


class CopartitionGroup(Struct):
    """Topics that must have the same number of partitions.

    Each number is an index into the list of the same name in the sub-topology.
    """

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


class StreamsGroupTopologyValue(Data, api_key=23, versions="0", flexible="0+"):
    """The topology of the application, as its first member sent it."""

    epoch: int = int32()
    subtopologies: list[Subtopology] = array(Subtopology)
