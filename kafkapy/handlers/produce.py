"""Produce v0-13: append record batches to partitions (acks 0, 1 and all).

- v0-2 carry message sets of magic 0 or 1, which are converted to one batch; from v3 on there is
  exactly one batch of magic 2 per partition.
- v3: transactional producers (KIP-98). v7: zstd (KIP-110). v8: which record of a batch is wrong
  (KIP-467). v13: topics by id (KIP-516).
- A transactional batch is written only where its partition is part of the open transaction. v11:
  TRANSACTION_ABORTABLE where it is not; v12: it becomes part of it by itself (both KIP-890).
- With acks=0 there is no response. Where something failed Kafka closes the connection instead, so
  that the producer notices.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from kafkapy.coordinator.shard_log import Producer
from kafkapy.coordinator.transaction.transaction import VERSION_2, TopicPartition
from kafkapy.errors import ApiError, error_code
from kafkapy.handlers.transactions import broker_error, is_fenced_by_log
from kafkapy.metadata.image import Topic
from kafkapy.server.context import RequestContext
from kafkapy.server.dispatch import CloseConnectionError
from kafkapy.storage.engine import Append, Appended, LogId
from kafkapy.storage.errors import (
    BatchesTooLargeError,
    CorruptRecordsError,
    DiskError,
    InvalidRecordError,
    RecordTooLargeError,
    UnknownLogError,
)
from kafkapy.wire import single_produce
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.errors import UnsupportedCompressionError, WireError
from kafkapy.wire.messages.produce import (
    BatchIndexAndErrorMessage,
    PartitionProduceData,
    PartitionProduceResponse,
    ProduceRequest,
    ProduceResponse,
    TopicProduceResponse,
)
from kafkapy.wire.records.batch import HEADER_BYTES, MAGIC, magic_of
from kafkapy.wire.records.legacy import to_batch
from kafkapy.wire.schema import Buffer

if TYPE_CHECKING:
    from kafkapy.broker import Broker

# Errors with which Kafka does not tell where the log starts.
_WITHOUT_START = (
    BatchesTooLargeError,
    CorruptRecordsError,
    DiskError,
    RecordTooLargeError,
    UnknownLogError,
)
_ADMIN_CLIENT_ID = "__admin_client"  # the only one that may write to internal topics
_ATTRIBUTES_BYTE = 22  # the lower one, with the compression type
_COMPRESSION_BITS = 0x07
_TRANSACTIONAL_BIT = 0x10
_ZSTD = 4
_FIRST_VERSION_WITH_BATCHES = 3
_FIRST_VERSION_WITH_ZSTD = 7
_FIRST_VERSION_WITH_ABORTABLE = 11
_FIRST_VERSION_THAT_ADDS = 12
_FIRST_VERSION_WITH_IDS = 13
_NOT_ADDED = "The partition is not part of the transaction."
_PRODUCER = struct.Struct(">qh")  # id and epoch
_PRODUCER_OFFSET = 43
# What keeps the coordinator from saying whether a partition is part of a transaction.
_RETRIABLE = frozenset(
    {
        ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
        ErrorCode.COORDINATOR_NOT_AVAILABLE,
        ErrorCode.NOT_COORDINATOR,
    }
)


def shortcut(frame: Buffer, broker: Broker) -> list[Buffer] | None:
    """Append an ordinary request; None, and nothing appended, where it is for `handle`."""
    request = single_produce.read(frame)
    if request is None:
        return None
    version, _, acks, name_or_id, partition, records = request
    if version >= _FIRST_VERSION_WITH_IDS:
        topic = broker.image.topic_by_id(name_or_id)
    else:
        topic = broker.image.topic(name_or_id.decode())
    log = topic.partition(partition) if topic else None
    if topic is None or log is None or not _is_ordinary(records, version):
        return None
    if topic.is_internal or (acks == -1 and topic.config.min_insync_replicas > 1):
        return None
    appended = broker.engine.append_now(log, records)
    if appended is None:
        return None
    base_offset, _, log_append_time_ms, log_start_offset, _ = appended
    return [single_produce.write(request, base_offset, log_append_time_ms, log_start_offset)]


def _is_ordinary(batch: Buffer, version: int) -> bool:
    """Whether a batch is of magic 2 and has no attribute but a compression type."""
    if len(batch) < HEADER_BYTES or magic_of(batch) != MAGIC:
        return False
    attributes = batch[_ATTRIBUTES_BYTE]
    return attributes <= _ZSTD and (attributes != _ZSTD or version >= _FIRST_VERSION_WITH_ZSTD)


async def handle(request: ProduceRequest, context: RequestContext) -> ProduceResponse | None:
    """Append every partition's batch; each has its own result."""
    responses: list[TopicProduceResponse] = []
    appends: list[Append] = []
    pending: list[PartitionProduceResponse] = []
    for asked in request.topic_data:
        topic = _find(asked.name, asked.topic_id, context)
        refusal = _refusal(topic, request.acks, context)
        results = []
        for data in asked.partition_data:
            result = PartitionProduceResponse(data.index, refusal, -1)
            results.append(result)
            if refusal or topic is None:
                continue
            log = topic.partition(data.index)
            if log is None:
                result.error_code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                continue
            try:
                batch = _batch(data, topic, request.transactional_id, context)
                appends.append(Append(log, batch))
                pending.append(result)
            except (ApiError, WireError, InvalidRecordError) as error:
                _refuse(result, error)
        responses.append(TopicProduceResponse(asked.name, asked.topic_id, results))
    if request.transactional_id is not None:
        appends, pending = await _admit(request.transactional_id, appends, pending, context)
    if appends:
        engine = context.broker.engine
        outcomes = await engine.append(appends)
        for append, result, outcome in zip(appends, pending, outcomes, strict=True):
            if isinstance(outcome, Appended):
                result.base_offset = outcome.base_offset
                result.log_append_time_ms = outcome.log_append_time_ms
                result.log_start_offset = outcome.log_start_offset
            else:
                _refuse(result, outcome)
                if not isinstance(outcome, _WITHOUT_START):
                    result.log_start_offset = engine.bounds(append.log).start
    if request.acks == 0:
        _close_after_error(responses)
        return None
    return ProduceResponse(responses)


def _find(name: str, topic_id: bytes, context: RequestContext) -> Topic | None:
    image = context.broker.image
    if context.api_version >= _FIRST_VERSION_WITH_IDS:
        return image.topic_by_id(topic_id)
    return image.topic(name)


def _refusal(topic: Topic | None, acks: int, context: RequestContext) -> ErrorCode:
    """Say why nothing may be written to a topic, or NONE."""
    if not -1 <= acks <= 1:
        return ErrorCode.INVALID_REQUIRED_ACKS
    if topic is None:
        if context.api_version >= _FIRST_VERSION_WITH_IDS:
            return ErrorCode.UNKNOWN_TOPIC_ID
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    if topic.is_internal and context.client_id != _ADMIN_CLIENT_ID:
        return ErrorCode.INVALID_TOPIC_EXCEPTION
    if acks == -1 and topic.config.min_insync_replicas > 1:
        return ErrorCode.NOT_ENOUGH_REPLICAS
    return ErrorCode.NONE


def _batch(
    data: PartitionProduceData,
    topic: Topic,
    transactional_id: str | None,
    context: RequestContext,
) -> Buffer:
    """Check what the version of the request says of its records; convert old ones."""
    records = data.records
    if records is None or len(records) == 0:
        raise InvalidRecordError("a produce request needs at least one batch per partition")
    if context.api_version >= _FIRST_VERSION_WITH_BATCHES:
        if context.api_version < _FIRST_VERSION_WITH_ZSTD and (
            _attributes(records) & _COMPRESSION_BITS == _ZSTD
        ):
            raise UnsupportedCompressionError("zstd needs version 7 of the produce request")
        if transactional_id is None and _attributes(records) & _TRANSACTIONAL_BIT:
            # Decided by the batch, not by the request's header alone (CVE-2018-17196).
            raise ApiError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
        return records  # the log takes nothing but magic 2
    magic = magic_of(records)
    if magic > 1:
        raise InvalidRecordError(f"records of magic {magic} in a request that wants message sets")
    return to_batch(
        records,
        max_bytes=context.broker.max_decompressed_bytes,
        max_message_bytes=topic.config.max_message_bytes,
    )


async def _admit(
    transactional_id: str,
    appends: list[Append],
    pending: list[PartitionProduceResponse],
    context: RequestContext,
) -> tuple[list[Append], list[PartitionProduceResponse]]:
    """Take only what may be appended: the transactional batches whose transaction holds them."""
    partitions = {
        append.log: TopicPartition(append.log.topic, append.log.partition)
        for append in appends
        if _attributes(append.records) & _TRANSACTIONAL_BIT
    }
    adds = context.api_version >= _FIRST_VERSION_THAT_ADDS
    verifies = context.broker.config["transaction.partition.verification.enable"]
    if not partitions or not (adds or verifies):
        return appends, pending
    producers = {
        Producer(*_PRODUCER.unpack_from(append.records, _PRODUCER_OFFSET))
        for append in appends
        if _attributes(append.records) & _TRANSACTIONAL_BIT
    }
    errors = await _refused(transactional_id, producers, partitions, context)
    admitted = []
    for append, result in zip(appends, pending, strict=True):
        error = errors.get(partitions[append.log]) if append.log in partitions else None
        if error is None:
            admitted.append((append, result))
        else:
            result.error_code = error.code
            result.error_message = error.message
    return [append for append, _ in admitted], [result for _, result in admitted]


async def _refused(
    transactional_id: str,
    producers: set[Producer],
    partitions: dict[LogId, TopicPartition],
    context: RequestContext,
) -> dict[TopicPartition, ApiError]:
    """Say which partitions are not part of the transaction; in later versions make them so."""
    transactions = context.broker.transactions
    asked = partitions.values()
    if len(producers) > 1:
        return dict.fromkeys(asked, ApiError(ErrorCode.INVALID_PRODUCER_ID_MAPPING))
    [producer] = producers
    try:
        if context.api_version >= _FIRST_VERSION_THAT_ADDS:
            await transactions.add_when_possible(transactional_id, producer, asked, VERSION_2)
        missing = transactions.missing(transactional_id, producer, asked)
    except ApiError as error:
        code = _transaction_error(error.code, context)
        return {
            partition: ApiError(
                ErrorCode.INVALID_PRODUCER_EPOCH
                if is_fenced_by_log(log, producer, context)
                else code
            )
            for log, partition in partitions.items()
        }
    code = _transaction_error(ErrorCode.TRANSACTION_ABORTABLE, context)
    message = _NOT_ADDED if code is ErrorCode.INVALID_TXN_STATE else None
    return {partition: ApiError(code, message) for partition in missing}


def _transaction_error(code: ErrorCode, context: RequestContext) -> ErrorCode:
    adds = context.api_version >= _FIRST_VERSION_THAT_ADDS
    if code in _RETRIABLE or (code is ErrorCode.CONCURRENT_TRANSACTIONS and not adds):
        return ErrorCode.NOT_ENOUGH_REPLICAS  # which every producer tries again
    return broker_error(code, context.api_version >= _FIRST_VERSION_WITH_ABORTABLE)


def _attributes(batch: Buffer) -> int:
    """The attributes of a batch of magic 2; none of what is something else."""
    if len(batch) < HEADER_BYTES or magic_of(batch) != MAGIC:
        return 0
    return batch[_ATTRIBUTES_BYTE]


def _refuse(result: PartitionProduceResponse, error: Exception) -> None:
    result.error_code = error_code(error)
    result.error_message = str(error) or None
    if isinstance(error, InvalidRecordError):
        result.record_errors = [
            BatchIndexAndErrorMessage(problem.batch_index, problem.message)
            for problem in error.problems
        ]


def _close_after_error(responses: list[TopicProduceResponse]) -> None:
    for topic in responses:
        for partition in topic.partition_responses:
            if partition.error_code:
                code = ErrorCode(partition.error_code).name
                raise CloseConnectionError(f"a produce request with acks=0 failed: {code}")
