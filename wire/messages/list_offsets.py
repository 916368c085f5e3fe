"""ListOffsets: find the offset of a point in time, or of a named place in the log.

Versions: 0 several offsets from segment boundaries, 1 exactly one with its timestamp (KIP-79),
2 isolation level, 3 throttles after the answer (KIP-219), 4 leader epoch (KIP-320), 5 may answer
OFFSET_NOT_AVAILABLE (KIP-207), 7 timestamp -3 (KIP-734), 8 timestamp -4 (KIP-405), 9 timestamp -5
(KIP-1005), 10 timeout for tiered logs (KIP-1075), 11 timestamp -6 (KIP-1023).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int8, int16, int32, int64, string


class ListOffsetsPartition(Struct):
    """What is wanted of one partition."""

    partition_index: int = int32()
    current_leader_epoch: int = int32("4+", default=-1)  # as the client knows it, -1: not checked
    # epoch ms, or: -1 end, -2 start, -3 the record with the greatest timestamp, -4 start of the
    # local log, -5 last offset in the remote tier, -6 first offset not yet uploaded
    timestamp: int = int64()
    max_num_offsets: int = int32("0", default=1)


class ListOffsetsTopic(Struct):
    """The partitions of one topic."""

    name: str = string()
    partitions: list[ListOffsetsPartition] = array(ListOffsetsPartition)


class ListOffsetsRequest(Request, api_key=2, versions="0-11", flexible="6+"):
    """Which timestamps to look up."""

    replica_id: int = int32()  # -1: a consumer, -2: a consumer that may see past the high watermark
    isolation_level: int = int8("2+")  # 1: the end is the last stable offset
    topics: list[ListOffsetsTopic] = array(ListOffsetsTopic)
    timeout_ms: int = int32("10+")  # for what only the remote tier knows


class ListOffsetsPartitionResponse(Struct):
    """The first record at or after the timestamp; -1 and -1 if there is none."""

    partition_index: int = int32()
    error_code: int = int16()
    old_style_offsets: list[int] = array(int64, "0")  # newest first
    timestamp: int = int64("1+", default=-1)  # of the record found; -1 for start and end
    offset: int = int64("1+", default=-1)
    leader_epoch: int = int32("4+", default=-1)


class ListOffsetsTopicResponse(Struct):
    """The results of one topic."""

    name: str = string()
    partitions: list[ListOffsetsPartitionResponse] = array(ListOffsetsPartitionResponse)


class ListOffsetsResponse(Response, api_key=2, versions="0-11", flexible="6+"):
    """One offset per partition."""

    throttle_time_ms: int = int32("2+")
    topics: list[ListOffsetsTopicResponse] = array(ListOffsetsTopicResponse)
