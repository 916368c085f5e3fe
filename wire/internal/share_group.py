"""Share groups (KIP-932), as records of `__consumer_offsets`.

They are laid out as those of consumer groups are. What was delivered and acknowledged is not here
but in `__share_group_state` (module `share`).
"""

from __future__ import annotations

from kafkapy.wire.schema import Data, Struct, array, int8, int32, int64, string, uuid


class ShareGroupMemberMetadataKey(Data, api_key=10, versions="0"):
    """The member of a share group that a record describes."""

    group_id: str = string()
    member_id: str = string()


class ShareGroupMemberMetadataValue(Data, api_key=10, versions="0", flexible="0+"):
    """What a member of a share group said of itself."""

    rack_id: str | None = string(nullable="0+")
    client_id: str = string()
    client_host: str = string()
    subscribed_topic_names: list[str] = array(string)


class ShareGroupMetadataKey(Data, api_key=11, versions="0"):
    """The share group whose epoch a record gives."""

    group_id: str = string()


class ShareGroupMetadataValue(Data, api_key=11, versions="0", flexible="0+"):
    """The epoch of a share group."""

    epoch: int = int32()
    metadata_hash: int = int64()  # of all subscribed topics, their partitions and racks


class ShareGroupTargetAssignmentMetadataKey(Data, api_key=12, versions="0"):
    """The share group whose assignment epoch a record gives."""

    group_id: str = string()


class ShareGroupTargetAssignmentMetadataValue(Data, api_key=12, versions="0", flexible="0+"):
    """Which group epoch the target assignment was computed for."""

    assignment_epoch: int = int32()
    assignment_timestamp: int = int64(tag=0)  # epoch milliseconds (KIP-1263); 0: unknown


class ShareGroupTargetAssignmentMemberKey(Data, api_key=13, versions="0"):
    """The member of a share group whose target a record gives."""

    group_id: str = string()
    member_id: str = string()


class TopicPartitions(Struct):
    """Partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[int] = array(int32)


class ShareGroupTargetAssignmentMemberValue(Data, api_key=13, versions="0", flexible="0+"):
    """The partitions that a member shall have."""

    topic_partitions: list[TopicPartitions] = array(TopicPartitions)


class ShareGroupCurrentMemberAssignmentKey(Data, api_key=14, versions="0"):
    """The member of a share group whose partitions a record gives."""

    group_id: str = string()
    member_id: str = string()


class ShareGroupCurrentMemberAssignmentValue(Data, api_key=14, versions="0", flexible="0+"):
    """The partitions that a member was told to have."""

    member_epoch: int = int32()
    previous_member_epoch: int = int32()
    state: int = int8()
    assigned_partitions: list[TopicPartitions] = array(TopicPartitions)


class ShareGroupStatePartitionMetadataKey(Data, api_key=15, versions="0"):
    """The share group whose share-partitions a record lists."""

    group_id: str = string()


class NamedTopicPartitions(Struct):
    """A topic by id and name, and partitions of it."""

    topic_id: bytes = uuid()
    topic_name: str = string()
    partitions: list[int] = array(int32)


class NamedTopic(Struct):
    """A topic by id and name."""

    topic_id: bytes = uuid()
    topic_name: str = string()


class ShareGroupStatePartitionMetadataValue(Data, api_key=15, versions="0", flexible="0+"):
    """For which partitions the share coordinator keeps state of a group."""

    initializing_topics: list[NamedTopicPartitions] = array(NamedTopicPartitions)
    initialized_topics: list[NamedTopicPartitions] = array(NamedTopicPartitions)
    deleting_topics: list[NamedTopic] = array(NamedTopic)
