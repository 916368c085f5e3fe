"""Consumer groups of the new protocol (KIP-848), as records of `__consumer_offsets`.

A group is spread over several records, each replaced on its own; a record without a value deletes
what its key names. Three epochs tie them together: the group epoch says that something changed,
the assignment epoch which group epoch the target assignment answers, the member epoch how far
a member has followed it.
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Data,
    Struct,
    array,
    bytes_,
    int8,
    int32,
    int64,
    string,
    struct,
    uuid,
)


class ConsumerGroupMetadataKey(Data, api_key=3, versions="0"):
    """The consumer group whose epoch a record gives."""

    group_id: str = string()


class ConsumerGroupMetadataValue(Data, api_key=3, versions="0", flexible="0+"):
    """The epoch of a consumer group."""

    epoch: int = int32()
    # of all subscribed topics, their partitions and racks; 0: none, or unknown
    metadata_hash: int = int64(tag=0)


class ConsumerGroupPartitionMetadataKey(Data, api_key=4, versions="0"):
    """The consumer group whose subscribed topics a record lists."""

    group_id: str = string()


class PartitionMetadata(Struct):
    """The racks that hold a partition; no longer used."""

    partition: int = int32()
    racks: list[str] = array(string)


class TopicMetadata(Struct):
    """A topic that a group subscribes to, as it was when the group last looked."""

    topic_id: bytes = uuid()
    topic_name: str = string()
    num_partitions: int = int32()
    partition_metadata: list[PartitionMetadata] = array(PartitionMetadata)


class ConsumerGroupPartitionMetadataValue(Data, api_key=4, versions="0", flexible="0+"):
    """The topics that a consumer group subscribes to.

    Kafka wrote it up to 4.0; since then `ConsumerGroupMetadataValue.metadata_hash` does its work
    (KIP-1101) and only its deletion is written.
    """

    topics: list[TopicMetadata] = array(TopicMetadata)


class ConsumerGroupMemberMetadataKey(Data, api_key=5, versions="0"):
    """The member of a consumer group that a record describes."""

    group_id: str = string()
    member_id: str = string()


class ClassicProtocol(Struct):
    """An assignor that a classic consumer offers, with its subscription."""

    name: str = string()
    metadata: bytes = bytes_()


class ClassicMemberMetadata(Struct):
    """What only a member that speaks the classic protocol has."""

    session_timeout_ms: int = int32()
    supported_protocols: list[ClassicProtocol] = array(ClassicProtocol)


class ConsumerGroupMemberMetadataValue(Data, api_key=5, versions="0", flexible="0+"):
    """What a member of a consumer group said of itself."""

    instance_id: str | None = string(nullable="0+")
    rack_id: str | None = string(nullable="0+")
    client_id: str = string()
    client_host: str = string()
    subscribed_topic_names: list[str] = array(string)
    subscribed_topic_regex: str | None = string(nullable="0+")
    rebalance_timeout_ms: int = int32(default=-1)  # -1: unknown
    server_assignor: str | None = string(nullable="0+")  # null: the group's default
    # Null for a member that speaks the new protocol; that is not the default and must be said.
    classic_member_metadata: ClassicMemberMetadata | None = struct(
        ClassicMemberMetadata, nullable="0+", tag=0
    )


class ConsumerGroupTargetAssignmentMetadataKey(Data, api_key=6, versions="0"):
    """The consumer group whose assignment epoch a record gives."""

    group_id: str = string()


class ConsumerGroupTargetAssignmentMetadataValue(Data, api_key=6, versions="0", flexible="0+"):
    """Which group epoch the target assignment was computed for."""

    assignment_epoch: int = int32()
    assignment_timestamp: int = int64(tag=0)  # epoch milliseconds (KIP-1263); 0: unknown


class ConsumerGroupTargetAssignmentMemberKey(Data, api_key=7, versions="0"):
    """The member of a consumer group whose target a record gives."""

    group_id: str = string()
    member_id: str = string()


class TargetTopicPartitions(Struct):
    """Partitions of a topic that a member shall have."""

    topic_id: bytes = uuid()
    partitions: list[int] = array(int32)


class ConsumerGroupTargetAssignmentMemberValue(Data, api_key=7, versions="0", flexible="0+"):
    """The partitions that a member shall have in the end."""

    topic_partitions: list[TargetTopicPartitions] = array(TargetTopicPartitions)


class ConsumerGroupCurrentMemberAssignmentKey(Data, api_key=8, versions="0"):
    """The member of a consumer group whose partitions a record gives."""

    group_id: str = string()
    member_id: str = string()


class CurrentTopicPartitions(Struct):
    """Partitions of a topic that a member has."""

    topic_id: bytes = uuid()
    partitions: list[int] = array(int32)
    # Per partition, the member epoch at which it was assigned: a commit with an older one is
    # fenced. Null or empty in records of older brokers.
    assignment_epochs: list[int] | None = array(int32, nullable="0+", tag=0)


class ConsumerGroupCurrentMemberAssignmentValue(Data, api_key=8, versions="0", flexible="0+"):
    """Where a member is on the way to its target assignment."""

    member_epoch: int = int32()
    previous_member_epoch: int = int32()  # accepted once more, in case an answer was lost
    state: int = int8()  # 0 stable, 1 has to revoke, 2 waits for others to revoke, 127 unknown
    assigned_partitions: list[CurrentTopicPartitions] = array(CurrentTopicPartitions)
    partitions_pending_revocation: list[CurrentTopicPartitions] = array(CurrentTopicPartitions)


class ConsumerGroupRegularExpressionKey(Data, api_key=16, versions="0"):
    """A group and a regular expression that a member of it subscribes with."""

    group_id: str = string()
    regular_expression: str = string()


class ConsumerGroupRegularExpressionValue(Data, api_key=16, versions="0", flexible="0+"):
    """The topics that a regular expression matched when it was last evaluated."""

    topics: list[str] = array(string)
    version: int = int64()  # offset of the metadata log that it was evaluated at
    timestamp: int = int64()  # epoch milliseconds
