"""When a log begins a new segment: Kafka's rule, held against a plain reading of it."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from kafkapy.storage.config import LogConfig
from kafkapy.storage.engine import Append, Appended, LogId
from kafkapy.storage.memory import MemoryEngine
from kafkapy.wire.records.record import Record, build_batch

LOG = LogId("log", 0, bytes(16))
NO_TIMESTAMP = -1

CONFIGS = st.builds(
    LogConfig,
    segment_bytes=st.sampled_from([300, 700, 10_000]),
    segment_ms=st.sampled_from([50, 1000]),
    segment_index_bytes=st.sampled_from([24, 48, 10_000]),
    index_interval_bytes=st.sampled_from([0, 150]),
)
BATCHES = st.tuples(
    st.integers(0, 60),  # bytes of the value
    st.one_of(st.just(NO_TIMESTAMP), st.integers(0, 200)),
    st.integers(0, 40),  # milliseconds until then
)


class Model:
    """The segments of a log, as the documentation of the settings has them."""

    def __init__(self):
        self.bases = []
        self.end = 0

    def begin(self, now_ms):
        self.bases.append(self.end)
        self.size = self.since_entry = self.offset_entries = self.time_entries = 0
        self.created_ms = now_ms
        self.first_ms = self.largest_ms = self.indexed_ms = NO_TIMESTAMP

    def append(self, config, size, time_ms, now_ms):
        waited_ms = time_ms - self.first_ms if self.first_ms >= 0 else now_ms - self.created_ms
        if self.size and (
            self.size + size > config.segment_bytes
            or waited_ms > config.segment_ms
            or self.offset_entries >= config.segment_index_bytes // 8
            or self.time_entries >= config.segment_index_bytes // 12 - 1
        ):
            self.begin(now_ms)
        if self.size == 0:
            self.first_ms = time_ms
        self.largest_ms = max(self.largest_ms, time_ms)
        if self.since_entry > config.index_interval_bytes:
            self.since_entry = 0
            self.offset_entries += 1
            self.seal()
        self.since_entry += size
        self.size += size
        self.end += 1

    def seal(self):
        if self.largest_ms > self.indexed_ms:
            self.indexed_ms = self.largest_ms
            self.time_entries += 1


@given(CONFIGS, st.lists(st.one_of(BATCHES, CONFIGS, st.just("save")), min_size=5, max_size=60))
def test_a_segment_ends_where_its_settings_say(config, steps):
    now_ms = 100

    async def main():
        nonlocal config, now_ms
        engine = MemoryEngine(now_ms=lambda: now_ms)
        await engine.start()
        await engine.create([LOG], config)
        model = Model()
        model.begin(now_ms)
        [log] = engine._logs.values()
        for step in steps:
            if step == "save":
                await engine._save([log])
                if log.end and model.size:
                    model.seal()
            elif isinstance(step, LogConfig):
                config = step
                await engine.configure(LOG, config)
            else:
                size, time_ms, wait_ms = step
                now_ms += wait_ms
                batch = build_batch([Record(timestamp_ms=time_ms, value=b"x" * size)])
                [appended] = await engine.append([Append(LOG, batch)])
                assert isinstance(appended, Appended)
                model.append(config, len(batch), time_ms, now_ms)
            assert [segment.base_offset for segment in log.segments] == model.bases
        await engine.close()

    asyncio.run(main())
