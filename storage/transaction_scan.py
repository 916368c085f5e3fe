"""What a compaction must know of transactions while it walks over a log.

The records of an aborted transaction go at once. A marker stays until no batch of its transaction
is left, and then for as long as a tombstone does.

Source: KIP-98, KIP-534; Kafka's log cleaner.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from kafkapy.storage.aborted import AbortedEntry
from kafkapy.wire.records.batch import BatchHeader
from kafkapy.wire.records.control import parse_end_txn_marker
from kafkapy.wire.schema import Buffer


class TransactionScan:
    """Follows the transactions from batch to batch, in the order of the log.

    `aborted` are the entries of the part of the log, by first offset. `kept` collects those that
    are still needed, until the caller takes them away.
    """

    def __init__(self, aborted: Iterable[AbortedEntry]) -> None:
        self.kept: list[AbortedEntry] = []
        self._coming = deque(aborted)
        self._aborting: dict[int, AbortedEntry] = {}
        self._met: set[int] = set()  # producers of whose transaction a batch was met

    def _advance(self, offset: int) -> None:
        while self._coming and self._coming[0].first_offset <= offset:
            entry = self._coming.popleft()
            self._aborting.setdefault(entry.producer_id, entry)

    def is_aborted(self, header: BatchHeader) -> bool:
        """Pass a data batch; tells whether its transaction was aborted."""
        self._advance(header.last_offset)
        if not header.is_transactional:
            return False
        self._met.add(header.producer_id)
        return header.producer_id in self._aborting

    def is_spent(self, header: BatchHeader, batch: Buffer) -> bool:
        """Pass a control batch; tells whether nothing is left of the transaction that it ends.

        Raises CorruptRecordError.
        """
        self._advance(header.last_offset)
        if not header.record_count:
            return True  # an earlier compaction emptied it
        marker = parse_end_txn_marker(batch, header)
        if marker is None:
            return False
        was_met = header.producer_id in self._met
        self._met.discard(header.producer_id)
        entry = None if marker.is_commit else self._aborting.pop(header.producer_id, None)
        if entry is not None and was_met:
            self.kept.append(entry)
        return not was_met
