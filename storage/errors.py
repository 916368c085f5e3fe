"""What a log can refuse. The broker maps each to a Kafka error code, in one table at its edge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class StorageError(Exception):
    """The base of all errors of a log or an engine."""


class UnknownLogError(StorageError):
    """No log of that id is here."""


class LogExistsError(StorageError):
    """A log of that id is here already."""


class OffsetOutOfRangeError(StorageError):
    """The offset lies before the log's start or after its end."""


class FencedEpochError(StorageError):
    """The appender's leader epoch is older than the log's: somebody else claimed it since."""


class UnknownEpochError(StorageError):
    """The caller names a leader epoch that this log has not reached."""


class UnexpectedEndError(StorageError):
    """A conditional append found the log's end elsewhere."""


class CorruptRecordsError(StorageError):
    """A batch that is truncated, whose checksum is wrong or whose structure cannot be read."""


class UnsupportedFormatError(StorageError):
    """Records in a format, or with a compression, that this log does not take."""


class RecordTooLargeError(StorageError):
    """One batch is larger than `max.message.bytes`."""


class BatchesTooLargeError(StorageError):
    """The batches of one append do not fit into a segment."""


class RecordProblem(NamedTuple):
    """What is wrong with one record of an append: its index in the batch, and a sentence."""

    batch_index: int
    message: str


class InvalidRecordError(StorageError):
    """Records that are well-formed but not allowed here, such as keyless ones in a compacted log.

    `problems` names the offending records (KIP-467); it is empty where the batch as a whole is.
    """

    def __init__(self, message: str, problems: Sequence[RecordProblem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class InvalidTimestampError(InvalidRecordError):
    """A record timestamp beyond `message.timestamp.before.max.ms` or `…after.max.ms`."""


class OutOfOrderSequenceError(StorageError):
    """An idempotent batch does not follow the last one of its producer."""


class InvalidProducerEpochError(StorageError):
    """A producer epoch older than the log has seen: the producer is fenced."""


class UnknownProducerIdError(StorageError):
    """A sequence that continues a producer of which the log knows nothing."""


class InvalidTransactionStateError(StorageError):
    """A batch that mixes transactional and other writes of one producer, or an unopened one."""


class DiskError(StorageError):
    """The disk refused a read, a write or a flush. The log is offline until it is opened anew."""


class DirectoryLockedError(StorageError):
    """Another process holds the data directory."""


class CoordinatorFencedError(StorageError):
    """A transaction marker of a coordinator that has been replaced by a newer one."""
