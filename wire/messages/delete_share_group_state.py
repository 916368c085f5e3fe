"""DeleteShareGroupState: the group coordinator forgets the state of share-partitions (KIP-932)."""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, string, uuid


class PartitionData(Struct):
    """A share-partition whose state goes."""

    partition: int = int32()


class DeleteStateData(Struct):
    """Partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[PartitionData] = array(PartitionData)


class DeleteShareGroupStateRequest(Request, api_key=86, versions="0", flexible="0+"):
    """The share-partitions of one group."""

    group_id: str = string()
    topics: list[DeleteStateData] = array(DeleteStateData)


class PartitionResult(Struct):
    """What became of one share-partition."""

    partition: int = int32()
    error_code: int = int16()
    error_message: str | None = string(nullable="0+", default=None)


class DeleteStateResult(Struct):
    """The partitions of one topic."""

    topic_id: bytes = uuid()
    partitions: list[PartitionResult] = array(PartitionResult)


class DeleteShareGroupStateResponse(Response, api_key=86, versions="0", flexible="0+"):
    """One result per share-partition."""

    results: list[DeleteStateResult] = array(DeleteStateResult)
