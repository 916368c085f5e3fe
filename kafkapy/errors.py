"""Errors of the broker's own, and the one table from every domain error to a Kafka error code."""

from __future__ import annotations

from kafkapy.storage import errors as storage
from kafkapy.wire import errors as wire
from kafkapy.wire.error_codes import ErrorCode

# A message may quote what the client sent; what is quoted must not make it too long to be sent.
_MAX_MESSAGE_LENGTH = 4096


class ApiError(Exception):
    """What a request asks cannot be done; the client is told the code and the message."""

    def __init__(self, code: ErrorCode, message: str | None = None) -> None:
        if message is not None and len(message) > _MAX_MESSAGE_LENGTH:
            message = f"{message[:_MAX_MESSAGE_LENGTH]}…"
        super().__init__(code.name if message is None else f"{code.name}: {message}")
        self.code = code
        self.message = message


_CODES: dict[type[Exception], ErrorCode] = {
    storage.UnknownLogError: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    storage.LogExistsError: ErrorCode.TOPIC_ALREADY_EXISTS,
    storage.OffsetOutOfRangeError: ErrorCode.OFFSET_OUT_OF_RANGE,
    storage.FencedEpochError: ErrorCode.FENCED_LEADER_EPOCH,
    storage.UnknownEpochError: ErrorCode.UNKNOWN_LEADER_EPOCH,
    storage.UnexpectedEndError: ErrorCode.NOT_COORDINATOR,
    storage.CorruptRecordsError: ErrorCode.CORRUPT_MESSAGE,
    storage.UnsupportedFormatError: ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT,
    storage.RecordTooLargeError: ErrorCode.MESSAGE_TOO_LARGE,
    storage.BatchesTooLargeError: ErrorCode.RECORD_LIST_TOO_LARGE,
    storage.InvalidTimestampError: ErrorCode.INVALID_TIMESTAMP,
    storage.InvalidRecordError: ErrorCode.INVALID_RECORD,
    storage.OutOfOrderSequenceError: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    storage.InvalidProducerEpochError: ErrorCode.INVALID_PRODUCER_EPOCH,
    storage.CoordinatorFencedError: ErrorCode.TRANSACTION_COORDINATOR_FENCED,
    storage.UnknownProducerIdError: ErrorCode.UNKNOWN_PRODUCER_ID,
    storage.InvalidTransactionStateError: ErrorCode.INVALID_TXN_STATE,
    storage.DiskError: ErrorCode.KAFKA_STORAGE_ERROR,
    wire.CorruptRecordError: ErrorCode.CORRUPT_MESSAGE,
    wire.MessageTooLargeError: ErrorCode.MESSAGE_TOO_LARGE,
    wire.UnsupportedCompressionError: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
    wire.DecompressionError: ErrorCode.CORRUPT_MESSAGE,
    wire.UnsupportedVersionError: ErrorCode.UNSUPPORTED_VERSION,
    wire.WireError: ErrorCode.INVALID_REQUEST,
}


def error_code(error: Exception) -> ErrorCode:
    """Give the Kafka error code of any error; UNKNOWN_SERVER_ERROR for one that has none."""
    if isinstance(error, ApiError):
        return error.code
    for kind in type(error).__mro__:
        code = _CODES.get(kind)
        if code is not None:
            return code
    return ErrorCode.UNKNOWN_SERVER_ERROR
