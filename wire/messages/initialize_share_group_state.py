"""InitializeShareGroupState: the group coordinator starts the state of share-partitions (KIP-932).

Like the other four of `...ShareGroupState...` it goes from broker to share coordinator, and a
client may send it only with ClusterAction.
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, int64, string, uuid


class PartitionData(Struct):
    """The state that a share-partition starts with."""

    partition: int = int32()
    state_epoch: int = int32()  # an older one is refused with FENCED_STATE_EPOCH
    start_offset: int = int64()  # -1: to be found when it is first used


class InitializeStateData(Struct):
    """Partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[PartitionData] = array(PartitionData)


class InitializeShareGroupStateRequest(Request, api_key=83, versions="0", flexible="0+"):
    """The share-partitions of one group."""

    group_id: str = string()
    topics: list[InitializeStateData] = array(InitializeStateData)


class PartitionResult(Struct):
    """What became of one share-partition."""

    partition: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+", default=None)


class InitializeStateResult(Struct):
    """The partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[PartitionResult] = array(PartitionResult)


class InitializeShareGroupStateResponse(Response, api_key=83, versions="0", flexible="0+"):
    """One result per share-partition."""

    results: list[InitializeStateResult] = array(InitializeStateResult)
