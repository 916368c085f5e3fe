"""WriteTxnMarkers: a transaction coordinator has the outcome written into partitions (KIP-98).

Versions: 2 tells which transaction version the markers are of (KIP-1228).
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
)


class WritableTxnMarkerTopic(Struct):
    """The partitions of one topic."""

    name: str = string()
    partition_indexes: list[int] = array(int32)


class WritableTxnMarker(Struct):
    """The outcome of one transaction, and where to write it."""

    producer_id: int = int64()
    producer_epoch: int = int16()
    transaction_result: bool = boolean()  # True: commit
    topics: list[WritableTxnMarkerTopic] = array(WritableTxnMarkerTopic)
    coordinator_epoch: int = int32()  # fences markers of an earlier coordinator
    transaction_version: int = int8("2+")  # 2: the epoch is above that of the records (KIP-890)


class WriteTxnMarkersRequest(Request, api_key=27, versions="0-2", flexible="1+"):
    """Outcomes of transactions, each with its partitions."""

    markers: list[WritableTxnMarker] = array(WritableTxnMarker)


class WritableTxnMarkerPartitionResult(Struct):
    """Whether the marker was written to one partition."""

    partition_index: int = int32()
    error_code: int = int16()


class WritableTxnMarkerTopicResult(Struct):
    """The results of one topic."""

    name: str = string()
    partitions: list[WritableTxnMarkerPartitionResult] = array(WritableTxnMarkerPartitionResult)


class WritableTxnMarkerResult(Struct):
    """The results of one producer."""

    producer_id: int = int64()
    topics: list[WritableTxnMarkerTopicResult] = array(WritableTxnMarkerTopicResult)


class WriteTxnMarkersResponse(Response, api_key=27, versions="0-2", flexible="1+"):
    """One result per marker and partition."""

    markers: list[WritableTxnMarkerResult] = array(WritableTxnMarkerResult)
