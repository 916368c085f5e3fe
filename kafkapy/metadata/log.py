"""The cluster metadata log: every change of the image is a record in it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from kafkapy.metadata.image import Image
from kafkapy.storage.config import LogConfig
from kafkapy.storage.engine import Append, Engine, LogId, Origin, Read, Slice
from kafkapy.storage.errors import DiskError, StorageError
from kafkapy.wire.errors import CorruptRecordError, WireError
from kafkapy.wire.internal.metadata_records import decode_metadata_record, encode_metadata_record
from kafkapy.wire.records.batch import batches, parse_header, verify_checksum
from kafkapy.wire.records.record import Record, build_batch, records_of
from kafkapy.wire.schema import Buffer, Data

_LOG = logging.getLogger(__name__)

# Kafka reserves this topic id for the metadata log.
METADATA_LOG = LogId("__cluster_metadata", 0, bytes(15) + b"\x01")

_READ_BYTES = 1 << 20
_MAX_RECORDS_BYTES = 64 << 20
# A log is made shorter when it has this many records, and most of them say nothing any more.
_COMPACTED_FROM_RECORDS = 10_000
_COMPACTED_FROM_RATIO = 4
# As in Kafka a change of metadata is durable before it is acknowledged, whatever data may be.
_CONFIG = LogConfig(
    segment_bytes=16 << 20,
    max_message_bytes=_MAX_RECORDS_BYTES,
    retention_ms=-1,
    flush_messages=1,
)


class MetadataLog:
    """Loads the image from its log, and commits changes to both."""

    def __init__(self, engine: Engine, image: Image) -> None:
        self._engine = engine
        self._image = image
        self._epoch = -1

    async def load(self) -> None:
        """Claim the log, made anew where there is no log at all, and replay it.

        Raises StorageError; also where topics have lost their metadata, since a node that knows no
        topics would take them for litter.
        """
        logs = set(self._engine.logs())
        if logs and METADATA_LOG not in logs:
            raise DiskError(f"There is data of topics, but {METADATA_LOG} is missing.")
        if not logs:
            await self._engine.create([METADATA_LOG], _CONFIG)
        await self._engine.configure(METADATA_LOG, _CONFIG)
        self._epoch = await self._engine.claim(METADATA_LOG)
        position = self._engine.bounds(METADATA_LOG).start
        while position < self._engine.bounds(METADATA_LOG).end:
            [found] = await self._engine.read(
                [Read(METADATA_LOG, position, _READ_BYTES)], _READ_BYTES
            )
            if not isinstance(found, Slice):
                raise found
            try:
                if not found.records or parse_header(found.records).base_offset > position:
                    raise CorruptRecordError(f"nothing is at offset {position}")
                position = self._replay(found.records)
            except (WireError, KeyError) as error:  # KeyError: a topic of which nothing is known
                raise DiskError(f"{METADATA_LOG} is damaged: {error}") from error

    def _replay(self, data: Buffer) -> int:
        """Apply the records of whole batches; gives the offset behind them.

        Raises WireError or KeyError.
        """
        position = 0
        for header, batch in batches(data):
            verify_checksum(batch, header)
            for record in records_of(batch, header, max_bytes=_MAX_RECORDS_BYTES):
                self._image.replay(decode_metadata_record(record.value or b""))
            position = header.last_offset + 1
        return position

    @property
    def offset(self) -> int:
        """The offset of the last record, which numbers the states of the image."""
        return self._engine.bounds(METADATA_LOG).end - 1

    async def compact(self, now_ms: int) -> None:
        """Put the image at the end of a long log, and drop what is before it.

        The image's records change nothing where all others were replayed before them, so a crash
        between the two steps costs no more than time.
        """
        bounds = self._engine.bounds(METADATA_LOG)
        length = bounds.end - bounds.start
        if length < _COMPACTED_FROM_RECORDS:
            return
        changes = list(self._image.snapshot())
        if length < _COMPACTED_FROM_RATIO * len(changes):
            return
        try:
            await self.commit(changes, now_ms)
            await self._engine.delete_before(METADATA_LOG, bounds.end)
        except StorageError as error:
            _LOG.warning("the metadata log stays as long as it is: %s", error)

    async def commit(self, changes: Sequence[Data], now_ms: int) -> None:
        """Append the records as one batch, all or none, then apply them.

        Raises StorageError, and changes nothing, where they cannot be made durable.
        """
        if not changes:
            return
        batch = build_batch(
            [Record(0, now_ms, None, encode_metadata_record(change), ()) for change in changes],
            partition_leader_epoch=self._epoch,
        )
        append = Append(METADATA_LOG, batch, Origin.COORDINATOR, leader_epoch=self._epoch)
        [appended] = await self._engine.append([append])
        if isinstance(appended, StorageError):
            raise appended
        for change in changes:
            self._image.replay(change)
