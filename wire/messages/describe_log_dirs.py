"""DescribeLogDirs: what lies in the data directories of this broker, and its size (KIP-113).

Versions: 1 throttles after the answer (KIP-219), 3 an error for the whole (KIP-784), 4 size of the
volume (KIP-827), 5 cordoned directories (KIP-1066).
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
)


class DescribableLogDirTopic(Struct):
    """The partitions of one topic."""

    topic: str = string()
    partitions: list[int] = array(int32)


class DescribeLogDirsRequest(Request, api_key=35, versions="0-5", flexible="2+"):
    """What to look for."""

    # null: everything
    topics: list[DescribableLogDirTopic] | None = array(DescribableLogDirTopic, nullable="0+")


class DescribeLogDirsPartition(Struct):
    """One partition in one directory."""

    partition_index: int = int32()
    partition_size: int = int64()  # bytes in its segments
    offset_lag: int = int64()  # how many offsets a moving replica has still to copy
    is_future_key: bool = boolean()  # a copy that will replace the replica (AlterReplicaLogDirs)


class DescribeLogDirsTopic(Struct):
    """The partitions of one topic."""

    name: str = string()
    partitions: list[DescribeLogDirsPartition] = array(DescribeLogDirsPartition)


class DescribeLogDirsResult(Struct):
    """One directory; KAFKA_STORAGE_ERROR if it is offline."""

    error_code: int = int16()
    log_dir: str = string()
    topics: list[DescribeLogDirsTopic] = array(DescribeLogDirsTopic)
    total_bytes: int = int64("4+", default=-1)  # of the volume; -1: unknown
    usable_bytes: int = int64("4+", default=-1)  # still free on the volume; -1: unknown
    is_cordoned: bool = boolean("5+")  # takes no new replicas


class DescribeLogDirsResponse(Response, api_key=35, versions="0-5", flexible="2+"):
    """One result per directory."""

    throttle_time_ms: int = int32()
    error_code: int = int16("3+")
    results: list[DescribeLogDirsResult] = array(DescribeLogDirsResult)
