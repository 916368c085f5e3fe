"""A compacted partition against a dict: appends, compactions, restarts and crashes in any order."""

import asyncio
import contextlib

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kafkapy.storage.config import CompactionLimits, LogConfig
from kafkapy.storage.engine import Append, Isolation, LogId, Origin, Read
from kafkapy.storage.errors import DiskError
from kafkapy.storage.local import LocalEngine
from kafkapy.wire.compression import Compression
from kafkapy.wire.records.batch import batches
from kafkapy.wire.records.control import EndTxnMarker, build_end_txn_marker
from kafkapy.wire.records.record import Record, build_batch, records_of
from tests.storage.breaking_disk import BreakingDisk

LOG = LogId("model", 0, b"0123456789abcdef")
RETENTION_MS = 50
CONFIG = LogConfig(
    segment_bytes=400,
    index_interval_bytes=100,
    cleanup_policy=frozenset({"compact"}),
    min_cleanable_dirty_ratio=0.0,
    delete_retention_ms=RETENTION_MS,
    file_delete_delay_ms=20,
)
KEYS = st.sampled_from([b"a", b"b", b"c", b"d"])
VALUES = st.none() | st.binary(min_size=1, max_size=30)
PAIRS = st.lists(st.tuples(KEYS, VALUES), min_size=1, max_size=3)
CODECS = st.sampled_from([Compression.NONE, Compression.NONE, Compression.LZ4])


class CompactionModel(RuleBasedStateMachine):
    """`records` are all data records that were ever written, by offset: key, value, time."""

    def __init__(self):
        super().__init__()
        self.now_ms = 1000
        self.disk = BreakingDisk()
        self.records = {}
        self.aborted = set()  # offsets of records whose transaction was aborted
        self.open = {}  # producer id to the offsets of its open transaction
        self.sequences = {}
        self.end = 0

    def open_engine(self):
        self.engine = LocalEngine(self.disk, now_ms=lambda: self.now_ms, max_open_segments=3)
        asyncio.run(self.engine.start())

    @initialize()
    def create(self):
        self.open_engine()
        asyncio.run(self.engine.create([LOG], CONFIG))

    def append(self, records, origin=Origin.CLIENT):
        [result] = asyncio.run(self.engine.append([Append(LOG, records, origin)]))
        assert result.base_offset == self.end
        return result

    def note(self, pairs):
        offsets = range(self.end, self.end + len(pairs))
        for offset, (key, value) in zip(offsets, pairs, strict=True):
            self.records[offset] = (key, value, self.now_ms)
        self.end += len(pairs)
        return offsets

    def batch(self, pairs, **options):
        self.now_ms += 1
        records = [Record(timestamp_ms=self.now_ms, key=key, value=v) for key, v in pairs]
        return build_batch(records, **options)

    @rule(appends=st.lists(st.tuples(PAIRS, CODECS), min_size=1, max_size=5))
    def append_plain(self, appends):
        for pairs, codec in appends:
            self.append(self.batch(pairs, compression=codec))
            self.note(pairs)

    @rule(appends=st.lists(st.tuples(st.integers(1, 4), PAIRS), min_size=1, max_size=5))
    def append_as_producers(self, appends):
        """Producers 1 and 2 are transactional, 3 and 4 only idempotent."""
        for producer_id, pairs in appends:
            self.append_as_producer(producer_id, pairs)

    def append_as_producer(self, producer_id, pairs):
        sequence = self.sequences.get(producer_id, 0)
        batch = self.batch(
            pairs,
            producer_id=producer_id,
            producer_epoch=0,
            base_sequence=sequence,
            is_transactional=producer_id < 3,
        )
        self.append(batch)
        self.sequences[producer_id] = sequence + len(pairs)
        offsets = self.note(pairs)
        if producer_id < 3:
            self.open.setdefault(producer_id, []).extend(offsets)

    @rule(ends=st.lists(st.tuples(st.integers(1, 2), st.booleans()), min_size=1, max_size=2))
    def end_transactions(self, ends):
        for producer_id, commit in ends:
            self.end_transaction(producer_id, commit)

    def end_transaction(self, producer_id, commit):
        offsets = self.open.pop(producer_id, None)
        if offsets is None:
            return
        self.now_ms += 1
        marker = build_end_txn_marker(
            EndTxnMarker(commit, 0),
            producer_id=producer_id,
            producer_epoch=0,
            timestamp_ms=self.now_ms,
        )
        self.append(marker, Origin.COORDINATOR)
        self.end += 1
        if not commit:
            self.aborted.update(offsets)

    @rule(map_entries=st.sampled_from([8, 16, 1000]))
    def compact(self, map_entries):
        self.roll()
        asyncio.run(self.engine.compact(CompactionLimits(map_bytes=24 * map_entries)))

    def roll(self):
        self.engine._logs[LOG].roll()

    @rule(ms=st.integers(0, 2 * RETENTION_MS))
    def wait(self, ms):
        self.now_ms += ms
        asyncio.run(self.engine.maintain())

    @rule()
    def restart(self):
        asyncio.run(self.engine.close())
        self.open_engine()
        asyncio.run(self.engine.configure(LOG, CONFIG))

    @rule(changes=st.integers(0, 60))
    def crash_while_compacting(self, changes):
        self.roll()
        self.disk.left = changes
        with contextlib.suppress(DiskError):
            asyncio.run(self.engine.compact(CompactionLimits()))
        self.disk = self.disk.repaired()
        self.open_engine()
        asyncio.run(self.engine.configure(LOG, CONFIG))

    # What must hold

    def survivors(self):
        """The offsets of the last value of each key that was not aborted."""
        last = {}
        pending = {offset for offsets in self.open.values() for offset in offsets}
        for offset, (key, _, _) in self.records.items():
            if offset not in self.aborted and offset not in pending:
                last[key] = offset
        return {offset for offset in last.values() if self.records[offset][1] is not None}

    def read_all(self, isolation):
        offset, found, aborted = 0, [], set()
        while True:
            [piece] = asyncio.run(self.engine.read([Read(LOG, offset, 300, isolation)], 10_000))
            limit = piece.bounds.stable if isolation else piece.bounds.end
            if not piece.records:
                assert offset >= limit
                return found, aborted
            aborted |= set(piece.aborted or ())
            for header, batch in batches(piece.records):
                assert header.last_offset >= offset
                found += [(header, r) for r in records_of(batch, header, max_bytes=1 << 20)]
                offset = header.next_offset

    @invariant()
    def nothing_is_lost(self):
        if not hasattr(self, "engine"):
            return
        bounds = self.engine.bounds(LOG)
        opened = [offset for offsets in self.open.values() for offset in offsets]
        assert (bounds.start, bounds.end) == (0, self.end)
        assert bounds.stable == min(opened, default=self.end)
        for state in self.engine.producers(LOG):
            expected = self.sequences.get(state.producer_id, 0) - 1
            assert state.last_sequence == expected
        found, _ = self.read_all(Isolation.READ_UNCOMMITTED)
        data = [record for header, record in found if not header.is_control]
        offsets = [record.offset for record in data]
        assert offsets == sorted(set(offsets))
        for record in data:
            assert (record.key, record.value, record.timestamp_ms) == self.records[record.offset]
        assert self.survivors() <= set(offsets)

    @invariant()
    def a_committed_read_sees_the_last_values(self):
        if not hasattr(self, "engine"):
            return
        found, aborted = self.read_all(Isolation.READ_COMMITTED)
        seen, skipping = {}, {}
        coming = sorted((first, producer_id) for producer_id, first in aborted)
        for header, record in found:
            while coming and coming[0][0] <= header.last_offset:
                skipping[coming.pop(0)[1]] = True
            if header.is_control:
                if record.key[3] == 0:
                    skipping.pop(header.producer_id, None)
            elif not (header.is_transactional and header.producer_id in skipping):
                assert record.offset not in self.aborted
                seen[record.key] = record.value
        stable = self.engine.bounds(LOG).stable
        expected = {}
        for offset, (key, value, _) in self.records.items():
            if offset < stable and offset not in self.aborted:
                expected[key] = value
        assert {k: v for k, v in seen.items() if v is not None} == {
            k: v for k, v in expected.items() if v is not None
        }

    @rule(share=st.floats(0, 1))
    def find_by_time(self, share):
        timestamp_ms = 1000 + round(share * (self.now_ms - 999))
        found = asyncio.run(self.engine.offset_for_timestamp(LOG, timestamp_ms))
        present, _ = self.read_all(Isolation.READ_UNCOMMITTED)
        later = [record.offset for _, record in present if record.timestamp_ms >= timestamp_ms]
        assert (found.offset if found else None) == (later[0] if later else None)

    @rule()
    def only_the_last_values_stay_in_the_end(self):
        """Compact all; then compact again when every tombstone's time is over."""
        if self.open:
            return
        for _ in range(3):
            self.engine._logs[LOG].roll()
            self.engine._compactor.clean_until.clear()
            while asyncio.run(self.engine.compact(CompactionLimits())):
                self.now_ms += RETENTION_MS
        found, _ = self.read_all(Isolation.READ_UNCOMMITTED)
        kept = {record.offset for header, record in found if not header.is_control}
        assert kept == self.survivors()

    def teardown(self):
        if hasattr(self, "engine"):
            asyncio.run(self.engine.close())


TestCompactionModel = CompactionModel.TestCase
TestCompactionModel.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
