"""OffsetFetch: read the committed positions of groups.

Versions: 0 once read them from ZooKeeper, 2 all topics and an error of the group (KIP-88),
3 throttle time, 4 throttles after the answer (KIP-219), 5 leader epoch (KIP-320), 7 waits for open
transactions on request (KIP-447), 8 several groups (KIP-709), 9 checks the member (KIP-848),
10 topic ids in place of names.
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
    int64,
    string,
    uuid,
)


class OffsetFetchRequestTopic(Struct):
    """Partitions of one topic, before version 8."""

    name: str = string("0-7")
    partition_indexes: list[int] = array(int32, "0-7")


class OffsetFetchRequestTopics(Struct):
    """Partitions of one topic: by name up to version 9, by id from 10 on."""

    name: str = string("8-9")
    topic_id: bytes = uuid("10+")
    partition_indexes: list[int] = array(int32, "8+")


class OffsetFetchRequestGroup(Struct):
    """What is wanted of one group, and by which of its members."""

    group_id: str = string("8+")
    # null with epoch -1: not a member, nothing is checked
    member_id: str | None = string("9+", nullable="9+", default=None)
    member_epoch: int = int32("9+", default=-1)
    # null: all that have a position
    topics: list[OffsetFetchRequestTopics] | None = array(
        OffsetFetchRequestTopics, "8+", nullable="8+"
    )


class OffsetFetchRequest(Request, api_key=9, versions="0-10", flexible="6+"):
    """The groups and partitions in question: one group before version 8."""

    group_id: str = string("0-7")
    # null: all that have a position
    topics: list[OffsetFetchRequestTopic] | None = array(
        OffsetFetchRequestTopic, "0-7", nullable="2-7"
    )
    groups: list[OffsetFetchRequestGroup] = array(OffsetFetchRequestGroup, "8+")
    require_stable: bool = boolean("7+")  # UNSTABLE_OFFSET_COMMIT while a transaction may change it


class OffsetFetchResponsePartition(Struct):
    """The position in one partition, before version 8."""

    partition_index: int = int32("0-7")
    committed_offset: int = int64("0-7")  # -1: none
    committed_leader_epoch: int = int32("5-7", default=-1)
    metadata: str | None = string("0-7", nullable="0-7")
    error_code: int = int16("0-7")


class OffsetFetchResponseTopic(Struct):
    """Positions in one topic, before version 8."""

    name: str = string("0-7")
    partitions: list[OffsetFetchResponsePartition] = array(OffsetFetchResponsePartition, "0-7")


class OffsetFetchResponsePartitions(Struct):
    """The position in one partition."""

    partition_index: int = int32("8+")
    committed_offset: int = int64("8+")  # -1: none
    committed_leader_epoch: int = int32("8+", default=-1)
    metadata: str | None = string("8+", nullable="8+")
    error_code: int = int16("8+")


class OffsetFetchResponseTopics(Struct):
    """Positions in one topic, named as in the request."""

    name: str = string("8-9")
    topic_id: bytes = uuid("10+")
    partitions: list[OffsetFetchResponsePartitions] = array(OffsetFetchResponsePartitions, "8+")


class OffsetFetchResponseGroup(Struct):
    """The positions of one group, or why there are none."""

    group_id: str = string("8+")
    topics: list[OffsetFetchResponseTopics] = array(OffsetFetchResponseTopics, "8+")
    error_code: int = int16("8+")


class OffsetFetchResponse(Response, api_key=9, versions="0-10", flexible="6+"):
    """The positions of one group, or from version 8 on of several."""

    throttle_time_ms: int = int32("3+")
    topics: list[OffsetFetchResponseTopic] = array(OffsetFetchResponseTopic, "0-7")
    error_code: int = int16("2-7")
    groups: list[OffsetFetchResponseGroup] = array(OffsetFetchResponseGroup, "8+")
