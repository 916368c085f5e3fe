"""One partition against a list: appends, reads, rolls, trims, restarts, crashes in any order.

What compaction does is in `test_compaction_model`.
"""

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from kafkapy.storage.config import LogConfig
from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.engine import Append, Bounds, Isolation, LogId, Origin, Read
from kafkapy.storage.local import LocalEngine
from kafkapy.wire.compression import Compression
from kafkapy.wire.records.batch import batches
from kafkapy.wire.records.control import EndTxnMarker, build_end_txn_marker
from kafkapy.wire.records.record import Record, build_batch, records_of

LOG = LogId("model", 0, b"0123456789abcdef")
CONFIG = LogConfig(segment_bytes=600, index_interval_bytes=150, retention_ms=-1)
PRODUCERS = st.sampled_from([1, 2])


class LogModel(RuleBasedStateMachine):
    """`values` are all records that were ever written, by offset; None is a marker."""

    def __init__(self):
        super().__init__()
        self.now_ms = 1000
        self.disk = MemoryDisk()
        self.values = []
        self.times = []
        self.start = 0
        self.sequences = {}
        self.open = {}
        self.ended = []

    def open_engine(self):
        self.engine = LocalEngine(self.disk, now_ms=lambda: self.now_ms, max_open_segments=2)
        asyncio.run(self.engine.start())

    @initialize()
    def create(self):
        self.open_engine()
        asyncio.run(self.engine.create([LOG], CONFIG))

    def append(self, records, origin=Origin.CLIENT):
        [result] = asyncio.run(self.engine.append([Append(LOG, records, origin)]))
        assert result.base_offset == len(self.values)
        return result

    def note(self, values, timestamp_ms):
        self.values += values
        self.times += [timestamp_ms] * len(values)

    @rule(values=st.lists(st.binary(max_size=60), min_size=1, max_size=5), codec=st.integers(0, 4))
    def append_plain(self, values, codec):
        self.now_ms += 1
        records = [Record(timestamp_ms=self.now_ms, value=value) for value in values]
        self.append(build_batch(records, compression=Compression(codec)))
        self.note(values, self.now_ms)

    @rule(producer_id=PRODUCERS, value=st.binary(max_size=20))
    def append_in_transaction(self, producer_id, value):
        self.now_ms += 1
        batch = build_batch(
            [Record(timestamp_ms=self.now_ms, value=value)],
            producer_id=producer_id,
            producer_epoch=0,
            base_sequence=self.sequences.get(producer_id, 0),
            is_transactional=True,
        )
        self.append(batch)
        self.sequences[producer_id] = self.sequences.get(producer_id, 0) + 1
        self.open.setdefault(producer_id, len(self.values))
        self.note([value], self.now_ms)
        [again] = asyncio.run(self.engine.append([Append(LOG, batch)]))
        assert (again.duplicate, again.base_offset) == (True, len(self.values) - 1)

    @rule(producer_id=PRODUCERS, commit=st.booleans())
    def end_transaction(self, producer_id, commit):
        self.now_ms += 1
        marker = EndTxnMarker(commit, 0)
        batch = build_end_txn_marker(
            marker, producer_id=producer_id, producer_epoch=0, timestamp_ms=self.now_ms
        )
        first = self.open.pop(producer_id, None)
        if first is not None:
            self.ended.append((producer_id, first, len(self.values), commit))
        self.append(batch, Origin.COORDINATOR)
        self.note([None], self.now_ms)

    @rule(share=st.floats(0, 1))
    def delete_before(self, share):
        offset = round(share * len(self.values))
        self.start = max(self.start, offset)
        assert asyncio.run(self.engine.delete_before(LOG, offset)) == self.start

    @rule()
    def maintain(self):
        asyncio.run(self.engine.maintain())

    @rule()
    def roll(self):
        self.log().roll()

    @rule()
    def save(self):
        asyncio.run(self.engine._flushes.save(self.log()))
        asyncio.run(self.engine.checkpoint())

    @rule(kept=st.integers(0, 2000))
    def retain(self, kept):
        """Whole segments go, the oldest first, as long as more than so many bytes are left."""
        sizes = [(segment.base_offset, segment.size) for segment in self.log().segments]
        asyncio.run(self.engine.configure(LOG, replace(CONFIG, retention_bytes=kept)))
        asyncio.run(self.engine.maintain())
        asyncio.run(self.engine.configure(LOG, CONFIG))
        ends = [base for base, _ in sizes[1:]] + [len(self.values)]
        excess = sum(size for _, size in sizes) - kept
        for end, (_, size) in zip(ends, sizes, strict=True):
            excess -= size
            if size and (excess >= 0 or end <= self.start):
                self.start = max(self.start, end)
            else:
                break

    def log(self):
        return self.engine._logs[LOG]

    @rule()
    def restart(self):
        asyncio.run(self.engine.close())
        self.open_engine()
        asyncio.run(self.engine.configure(LOG, CONFIG))

    @rule(lost=st.integers(0, 200))
    def crash(self, lost):
        """Lose the last bytes of the active segment, except what was flushed."""
        self.disk = self.disk.clone()
        name = [name for name in self.disk.list("model-0") if name.endswith(".log")][-1]
        path = f"model-0/{name}"
        kept = max(self.disk.size(path) - lost, 0)
        content = self.disk.read(path)[:kept]
        self.disk.open(path).truncate(kept)
        ends = [int(name[:20])]
        position = 0
        while position + 61 <= kept:
            length = int.from_bytes(content[position + 8 : position + 12], "big") + 12
            if position + length > kept:
                break
            position += length
            delta = int.from_bytes(content[position - length + 23 : position - length + 27], "big")
            ends.append(ends[-1] + delta + 1)
        self.cut(ends[-1])
        self.open_engine()
        asyncio.run(self.engine.configure(LOG, CONFIG))

    def cut(self, end):
        """Take back what the log lost; the model then follows the log's producers."""
        if end < self.start:
            end, self.ended, self.open = self.start, [], {}
        del self.values[end:], self.times[end:]
        while self.ended and self.ended[-1][2] >= end:
            producer_id, first, _, _ = self.ended.pop()
            self.open[producer_id] = first
        self.open = {pid: first for pid, first in self.open.items() if first < end}
        self.sequences = {}

    def settle_sequences(self):
        for state in self.engine.producers(LOG):
            self.sequences[state.producer_id] = state.last_sequence + 1
        return {
            state.producer_id: state.current_transaction_start
            for state in self.engine.producers(LOG)
            if state.current_transaction_start >= 0
        }

    @invariant()
    def bounds_agree(self):
        if not hasattr(self, "engine"):
            return
        opened = self.settle_sequences()
        assert opened == self.open
        stable = max(min(self.open.values(), default=len(self.values)), self.start)
        end = len(self.values)
        assert self.engine.bounds(LOG) == Bounds(self.start, stable, end, end)

    @rule(share=st.floats(0, 1), max_bytes=st.integers(0, 700), committed=st.booleans())
    def read(self, share, max_bytes, committed):
        offset = self.start + round(share * (len(self.values) - self.start))
        isolation = Isolation.READ_COMMITTED if committed else Isolation.READ_UNCOMMITTED
        [found] = asyncio.run(self.engine.read([Read(LOG, offset, max_bytes, isolation)], 10_000))
        limit = found.bounds.stable if committed else len(self.values)
        expected = offset
        for number, (header, batch) in enumerate(batches(found.records)):
            assert header.last_offset < limit
            assert header.base_offset <= expected if number == 0 else header.base_offset == expected
            for record in records_of(batch, header, max_bytes=1 << 20):
                if not header.is_control:
                    assert record.value == self.values[record.offset]
                assert record.timestamp_ms == self.times[record.offset]
            expected = header.next_offset
        assert (expected > offset) == (offset < limit)
        if len(found.records) > max_bytes:
            assert len(list(batches(found.records))) == 1
        if committed and found.records:
            overlapping = {
                (producer_id, first)
                for producer_id, first, last, commit in self.ended
                if not commit and last >= offset and first < expected
            }
            assert overlapping <= set(found.aborted)

    @rule(share=st.floats(0, 1))
    def find_by_time(self, share):
        timestamp_ms = 1000 + round(share * (self.now_ms - 999))
        found = asyncio.run(self.engine.offset_for_timestamp(LOG, timestamp_ms))
        later = [
            offset
            for offset in range(self.start, len(self.values))
            if self.times[offset] >= timestamp_ms
        ]
        assert (found.offset if found else None) == (later[0] if later else None)

    def teardown(self):
        if hasattr(self, "engine"):
            asyncio.run(self.engine.close())


TestLogModel = LogModel.TestCase
TestLogModel.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
