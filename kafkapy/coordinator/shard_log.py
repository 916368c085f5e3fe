"""The log of one shard: records of an internal topic, appended and read by their only owner."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import NamedTuple

from kafkapy.coordinator.result import Record
from kafkapy.storage.engine import Append, Engine, LogId, Origin, Read
from kafkapy.storage.errors import StorageError
from kafkapy.wire.errors import UnsupportedVersionError
from kafkapy.wire.internal.coordinator_records import RecordTypes, encode_batch
from kafkapy.wire.internal.record_types import UnknownRecordTypeError
from kafkapy.wire.records.batch import NO_PRODUCER_EPOCH, NO_PRODUCER_ID, BatchHeader, batches
from kafkapy.wire.records.control import (
    EndTxnMarker,
    build_end_txn_marker,
    parse_end_txn_marker,
)
from kafkapy.wire.records.record import records_of
from kafkapy.wire.schema import Buffer

_LOG = logging.getLogger(__name__)

_READ_BYTES = 5 * 1024 * 1024
_MAX_BATCH_BYTES = 128 * 1024 * 1024


class Producer(NamedTuple):
    """Inside whose transaction records are appended."""

    producer_id: int
    producer_epoch: int


NO_PRODUCER = Producer(NO_PRODUCER_ID, NO_PRODUCER_EPOCH)


class EndOfTransaction(NamedTuple):
    """The end of a producer's transaction."""

    producer_id: int
    is_commit: bool


class ShardLog:
    """A log of which this broker, once it has claimed it, is the only writer."""

    __slots__ = ("_end", "_engine", "_epoch", "_types", "log_id")

    def __init__(self, engine: Engine, log_id: LogId, types: RecordTypes) -> None:
        self.log_id = log_id
        self._engine = engine
        self._types = types
        self._epoch = -1
        self._end = -1

    @property
    def leader_epoch(self) -> int:
        """The epoch that this broker claimed; -1 before it has."""
        return self._epoch

    async def load(
        self,
        replay: Callable[[Record, int, int], None],
        replay_end: Callable[[EndOfTransaction], None],
    ) -> None:
        """Claim the log, which fences its former owner, and replay all of it.

        Raises StorageError or WireError.
        """
        self._epoch = await self._engine.claim(self.log_id)
        bounds = self._engine.bounds(self.log_id)
        position, self._end = bounds.start, bounds.end
        while position < self._end:
            [found] = await self._engine.read(
                [Read(self.log_id, position, _READ_BYTES)], _READ_BYTES
            )
            if isinstance(found, StorageError):
                raise found
            for header, batch in batches(found.records):
                if header.is_control:
                    marker = parse_end_txn_marker(batch, header)
                    if marker is not None:
                        replay_end(EndOfTransaction(header.producer_id, marker.is_commit))
                else:
                    self._replay_batch(header, batch, position, replay)
                position = header.next_offset
            if not found.records:
                break  # nothing is left of the rest but its offsets

    def _replay_batch(
        self,
        header: BatchHeader,
        batch: Buffer,
        position: int,
        replay: Callable[[Record, int, int], None],
    ) -> None:
        producer_id = header.producer_id if header.is_transactional else NO_PRODUCER_ID
        for record in records_of(batch, header, max_bytes=_MAX_BATCH_BYTES):
            if record.offset < position or record.key is None:
                continue
            try:
                key = self._types.decode_key(record.key)
                value = self._types.decode_value(key, record.value)
            except (UnknownRecordTypeError, UnsupportedVersionError) as error:
                # A newer broker wrote it; ours must start all the same (KIP-915).
                _LOG.warning("ignored a record of %s: %s", self.log_id, error)
                continue
            replay(Record(key, value), record.offset, producer_id)

    def append(
        self, records: Sequence[Record], now_ms: int, producer: Producer
    ) -> Coroutine[object, object, int]:
        """Append records as one batch; gives the offset of the first.

        Raises StorageError, or EncodingError.
        """
        batch = encode_batch(
            records,
            now_ms,
            leader_epoch=self._epoch,
            producer_id=producer.producer_id,
            producer_epoch=producer.producer_epoch,
            is_transactional=producer is not NO_PRODUCER,
        )
        return self._append(batch)

    def append_end(
        self, end: EndOfTransaction, producer_epoch: int, coordinator_epoch: int, now_ms: int
    ) -> Coroutine[object, object, int]:
        """Append an end marker. Raises StorageError."""
        marker = build_end_txn_marker(
            EndTxnMarker(end.is_commit, coordinator_epoch),
            producer_id=end.producer_id,
            producer_epoch=producer_epoch,
            timestamp_ms=now_ms,
            partition_leader_epoch=self._epoch,
        )
        return self._append(marker)

    async def _append(self, batch: bytes) -> int:
        append = Append(self.log_id, batch, Origin.COORDINATOR, self._epoch, self._end)
        [appended] = await self._engine.append((append,))
        if isinstance(appended, StorageError):
            raise appended
        self._end = appended.last_offset + 1
        return appended.base_offset
