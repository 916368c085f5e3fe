"""What a log remembers of idempotent and transactional producers.

The last five batches of each producer answer duplicates; the sequence of the last one decides
whether a batch may follow. Open transactions hold the last stable offset back.

Source: KIP-98 (idempotence, transactions), KIP-360 (epochs and unknown producers).
"""

from __future__ import annotations

import struct
from collections import deque
from typing import NamedTuple

import msgspec

from kafkapy.storage.engine import ProducerState
from kafkapy.storage.errors import (
    CoordinatorFencedError,
    InvalidProducerEpochError,
    InvalidTransactionStateError,
    OutOfOrderSequenceError,
)
from kafkapy.wire.records.batch import TRANSACTIONAL_BIT, BatchHeader
from kafkapy.wire.records.checksum import crc32c
from kafkapy.wire.records.control import EndTxnMarker

_REMEMBERED_BATCHES = 5
_MAX_SEQUENCE = 2**31 - 1
_NONE = -1

_SNAPSHOT_VERSION = 1
_SNAPSHOT_HEADER = struct.Struct(">hIi")
_SNAPSHOT_CHECKED = 6
_SNAPSHOT_ENTRY = struct.Struct(">qhiqiqiq")


class SequencedBatch(msgspec.Struct, frozen=True, gc=False):
    """One batch of a producer: the sequence and offset of its last record, and its extent."""

    last_sequence: int
    last_offset: int
    offset_delta: int
    timestamp_ms: int


class SnapshotEntry(NamedTuple):
    """A producer as a snapshot has it; -1 is for what there is not."""

    producer_id: int
    producer_epoch: int
    last_sequence: int
    last_offset: int
    offset_delta: int
    timestamp_ms: int
    coordinator_epoch: int
    transaction_start: int


class LastBatch(NamedTuple):
    """The offset where a producer's last data batch ends, -1 without one, and its epoch."""

    last_offset: int
    producer_epoch: int


class EndedTransaction(NamedTuple):
    """A transaction whose marker has been written at `last_offset`."""

    producer_id: int
    first_offset: int
    last_offset: int
    aborted: bool


class _Producer:
    __slots__ = (
        "batches",
        "coordinator_epoch",
        "epoch",
        "timestamp_ms",
        "transaction_start",
    )

    def __init__(
        self,
        epoch: int = _NONE,
        timestamp_ms: int = _NONE,
        coordinator_epoch: int = _NONE,
        transaction_start: int = _NONE,
    ) -> None:
        self.epoch = epoch
        self.timestamp_ms = timestamp_ms
        self.coordinator_epoch = coordinator_epoch
        self.transaction_start = transaction_start
        self.batches: deque[SequencedBatch] = deque(maxlen=_REMEMBERED_BATCHES)

    def last_sequence(self) -> int:
        return self.batches[-1].last_sequence if self.batches else _NONE

    def enter_epoch(self, epoch: int) -> None:
        if epoch != self.epoch:
            self.batches.clear()
            self.epoch = epoch


class Producers:
    """All producers of one log. `end_offset` is up to where they have been accounted for."""

    def __init__(self) -> None:
        self.end_offset = 0
        self._producers: dict[int, _Producer] = {}
        self._open: dict[int, int] = {}  # open transactions: producer id to first offset

    def __len__(self) -> int:
        return len(self._producers)

    # Client appends

    def check(self, header: BatchHeader) -> SequencedBatch | None:
        """Decide on a client's batch: None to append it, or the batch that it duplicates.

        Raises InvalidProducerEpochError, OutOfOrderSequenceError, InvalidTransactionStateError.
        """
        producer = self._producers.get(header.producer_id)
        if producer is None:
            return None  # what the log forgot, or never saw, may begin anywhere
        sequence = header.base_sequence
        if header.producer_epoch == producer.epoch:
            batches = producer.batches
            expected = batches[-1].last_sequence + 1 & _MAX_SEQUENCE if batches else 0
            if sequence != expected:
                for batch in batches:
                    if (
                        batch.last_sequence == header.last_sequence
                        and batch.last_sequence - batch.offset_delta & _MAX_SEQUENCE == sequence
                    ):
                        return batch
                raise OutOfOrderSequenceError(
                    f"producer {header.producer_id} sent sequence {sequence}, not {expected}"
                )
        elif header.producer_epoch < producer.epoch:
            raise InvalidProducerEpochError(
                f"producer {header.producer_id} has epoch {producer.epoch}, "
                f"not {header.producer_epoch}"
            )
        elif sequence != 0 and producer.epoch != _NONE:
            raise OutOfOrderSequenceError(
                f"producer {header.producer_id} began a new epoch with sequence {sequence}"
            )
        if producer.transaction_start >= 0 and not header.attributes & TRANSACTIONAL_BIT:
            raise InvalidTransactionStateError(
                f"producer {header.producer_id} has an open transaction"
            )
        return None

    def check_epoch(self, header: BatchHeader, coordinator_epoch: int | None = None) -> None:
        """Decide on a coordinator's batch; `coordinator_epoch` is that of a marker.

        Raises InvalidProducerEpochError or CoordinatorFencedError.
        """
        producer = self._producers.get(header.producer_id)
        if producer is None:
            return
        if header.producer_epoch < producer.epoch:
            raise InvalidProducerEpochError(
                f"producer {header.producer_id} has epoch {producer.epoch}, "
                f"not {header.producer_epoch}"
            )
        if coordinator_epoch is not None and coordinator_epoch < producer.coordinator_epoch:
            raise CoordinatorFencedError(
                f"coordinator epoch {coordinator_epoch} was followed by "
                f"{producer.coordinator_epoch}"
            )

    # What has been appended

    def record(self, header: BatchHeader, base_offset: int) -> None:
        """Account for a data batch that the log now holds at `base_offset`."""
        producer_id = header.producer_id
        producer = self._producers.get(producer_id)
        if producer is None:
            producer = self._producers[producer_id] = _Producer(header.producer_epoch)
        elif producer.epoch != header.producer_epoch:
            producer.enter_epoch(header.producer_epoch)
        delta = header.last_offset_delta
        time_ms = producer.timestamp_ms = header.max_timestamp
        producer.batches.append(
            SequencedBatch(header.last_sequence, base_offset + delta, delta, time_ms)
        )
        if header.attributes & TRANSACTIONAL_BIT and producer.transaction_start < 0:
            producer.transaction_start = base_offset
            self._open[producer_id] = base_offset

    def record_marker(
        self, header: BatchHeader, base_offset: int, marker: EndTxnMarker
    ) -> EndedTransaction | None:
        """Account for a transaction marker; gives the transaction that it ended, if any."""
        producer_id = header.producer_id
        producer = self._producers.setdefault(producer_id, _Producer())
        producer.enter_epoch(header.producer_epoch)
        producer.coordinator_epoch = marker.coordinator_epoch
        producer.timestamp_ms = header.max_timestamp
        first_offset, producer.transaction_start = producer.transaction_start, _NONE
        if first_offset < 0:
            return None
        del self._open[producer_id]
        return EndedTransaction(producer_id, first_offset, base_offset, not marker.is_commit)

    def first_unstable_offset(self) -> int | None:
        """Where the oldest open transaction began."""
        return min(self._open.values()) if self._open else None

    def expire(self, before_ms: int) -> None:
        """Forget producers without a transaction whose last batch is older than a time."""
        for producer_id, producer in list(self._producers.items()):
            if producer.timestamp_ms <= before_ms and producer.transaction_start < 0:
                del self._producers[producer_id]

    def states(self) -> list[ProducerState]:
        """Describe every producer (KIP-664)."""
        return [
            ProducerState(
                producer_id,
                producer.epoch,
                producer.last_sequence(),
                producer.timestamp_ms,
                producer.coordinator_epoch,
                producer.transaction_start,
            )
            for producer_id, producer in self._producers.items()
        ]

    def last_batches(self) -> dict[int, LastBatch]:
        """What of each producer must outlive compaction, by producer id."""
        return {
            producer_id: LastBatch(
                producer.batches[-1].last_offset if producer.batches else _NONE, producer.epoch
            )
            for producer_id, producer in self._producers.items()
        }

    # Snapshots: Kafka's `.snapshot` files

    def snapshot(self) -> bytes:
        """Encode all producers, each with its last batch."""
        entries = bytearray()
        for producer_id, producer in self._producers.items():
            last = producer.batches[-1] if producer.batches else SequencedBatch(-1, -1, 0, -1)
            entries += _SNAPSHOT_ENTRY.pack(
                producer_id,
                producer.epoch,
                last.last_sequence,
                last.last_offset,
                last.offset_delta,
                producer.timestamp_ms,
                producer.coordinator_epoch,
                producer.transaction_start,
            )
        checked = struct.pack(">i", len(self._producers)) + entries
        return struct.pack(">hI", _SNAPSHOT_VERSION, crc32c(checked)) + checked

    @classmethod
    def restore(cls, snapshot: bytes, end_offset: int) -> Producers:
        """Read a snapshot that was taken at an offset. Raises ValueError if it is damaged."""
        producers = cls()
        producers.end_offset = end_offset
        for entry in decode_snapshot(snapshot):
            producers._restore(entry)
        return producers

    def _restore(self, entry: SnapshotEntry) -> None:
        producer = _Producer(
            entry.producer_epoch,
            entry.timestamp_ms,
            entry.coordinator_epoch,
            entry.transaction_start,
        )
        if entry.last_offset >= 0:
            producer.batches.append(
                SequencedBatch(
                    entry.last_sequence, entry.last_offset, entry.offset_delta, entry.timestamp_ms
                )
            )
        self._producers[entry.producer_id] = producer
        if entry.transaction_start >= 0:
            self._open[entry.producer_id] = entry.transaction_start


def decode_snapshot(content: bytes) -> list[SnapshotEntry]:
    """Read a `.snapshot` file. Raises ValueError if it is damaged."""
    try:
        version, checksum, count = _SNAPSHOT_HEADER.unpack_from(content)
    except struct.error as error:
        raise ValueError("a snapshot that is too short") from error
    size = _SNAPSHOT_HEADER.size + count * _SNAPSHOT_ENTRY.size
    if version != _SNAPSHOT_VERSION or crc32c(content[_SNAPSHOT_CHECKED:]) != checksum:
        raise ValueError("a snapshot of an unknown version, or with a wrong checksum")
    if len(content) != size:
        raise ValueError("a snapshot of the wrong size")
    entries = _SNAPSHOT_ENTRY.iter_unpack(content[_SNAPSHOT_HEADER.size :])
    return [SnapshotEntry(*entry) for entry in entries]
