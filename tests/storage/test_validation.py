"""Whatever bytes a client sends, it gets an answer, and the log stays readable."""

import asyncio
import struct

import pytest
from crc32c import crc32c
from hypothesis import example, given
from hypothesis import strategies as st

from kafkapy.storage.config import LogConfig, TimestampType
from kafkapy.storage.engine import Append, Appended, LogId, Read
from kafkapy.storage.errors import DiskError, InvalidRecordError, StorageError
from kafkapy.storage.memory import MemoryEngine
from kafkapy.storage.validation import Validator
from kafkapy.wire.compression import Compression
from kafkapy.wire.records.batch import batches
from kafkapy.wire.records.record import Record, build_batch

LOG = LogId("log", 0, bytes(16))
CONFIGS = {
    "plain": LogConfig(),
    "compacted": LogConfig(cleanup_policy=frozenset({"compact"})),
    "stamped": LogConfig(message_timestamp_type=TimestampType.LOG_APPEND_TIME),
    "recompressed": LogConfig(compression_type="lz4"),
    "timely": LogConfig(message_timestamp_before_max_ms=1000),
}
CAREFUL = {
    "read": LogConfig(max_validated_records=-1),
    "unread": LogConfig(max_validated_records=0, compression_type="zstd"),
    "small": LogConfig(max_message_bytes=90),
    "early": LogConfig(message_timestamp_after_max_ms=-2),
}
VALID = [
    build_batch(
        [Record(timestamp_ms=1, key=b"k", value=b"v" * 20), Record(timestamp_ms=2, key=b"l")][
            :count
        ],
        compression=codec,
        producer_id=4,
        producer_epoch=0,
        base_sequence=0,
    )
    for codec in Compression
    for count in (1, 2)
]


def with_checksum(batch):
    return batch[:17] + struct.pack(">I", crc32c(batch[21:])) + batch[21:]


@st.composite
def damaged(draw):
    batch = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 4))):
        batch[draw(st.integers(0, len(batch) - 1))] = draw(st.integers(0, 255))
    changed = bytes(batch)
    if draw(st.booleans()):
        changed = with_checksum(changed)
    return changed[: draw(st.integers(0, len(changed)))] if draw(st.booleans()) else changed


@pytest.mark.parametrize("name", CONFIGS)
@given(records=st.one_of(st.binary(max_size=200), damaged()))
def test_any_bytes_are_stored_whole_or_refused(name, records):
    async def main():
        engine = MemoryEngine(now_ms=lambda: 3, max_expanded_bytes=10_000)
        await engine.start()
        await engine.create([LOG], CONFIGS[name])
        [result] = await engine.append([Append(LOG, records)])
        assert not isinstance(result, DiskError)
        assert isinstance(result, Appended | StorageError)
        [found] = await engine.read([Read(LOG, 0, 1 << 20)], 1 << 20)
        if isinstance(result, Appended):
            [(header, _)] = batches(found.records)
            assert (header.base_offset, header.last_offset) == (0, result.last_offset)
        else:
            assert len(found.records) == 0
        await engine.close()

    asyncio.run(main())


FIELDS = {  # of a batch's header: where they are, and their formats
    "base offset": (0, ">q"),
    "batch length": (8, ">i"),
    "magic": (16, ">b"),
    "attributes": (21, ">h"),
    "last offset delta": (23, ">i"),
    "max timestamp": (35, ">q"),
    "producer id": (43, ">q"),
    "base sequence": (53, ">i"),
    "record count": (57, ">i"),
}


def with_field(batch, name, value):
    place, field_format = FIELDS[name]
    changed = bytearray(batch)
    struct.pack_into(field_format, changed, place, value)
    return with_checksum(bytes(changed))


@st.composite
def with_other_fields(draw):
    batch = draw(st.sampled_from(VALID))
    for name in draw(st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=2)):
        batch = with_field(batch, name, draw(st.integers(-2, 100)))
    return batch


def decision(check, records):
    try:
        header, batch = check(memoryview(records), 3)
    except StorageError as error:
        return type(error), str(error)
    return header, bytes(batch)


@pytest.mark.parametrize("name", [*CONFIGS, *CAREFUL])
@given(records=st.one_of(st.sampled_from(VALID), damaged(), with_other_fields()))
@example(records=with_field(with_field(VALID[2], "record count", 0), "last offset delta", -1))
@example(records=with_field(VALID[2], "base sequence", -1))
def test_one_look_at_a_batch_decides_as_one_check_after_the_other(name, records):
    validator = Validator(CONFIGS.get(name) or CAREFUL[name], 10_000)
    assert decision(validator.client_batch, records) == decision(validator.checked_batch, records)


def with_offset_delta(batch, delta):
    """Make the first of some short records without a key lie about its offset."""
    changed = bytearray(batch)
    assert changed[64] == 0
    changed[64] = delta << 1
    return with_checksum(bytes(changed))


@pytest.mark.parametrize(
    ("records", "codec", "limit", "is_looked_into"),
    [
        (1, Compression.NONE, 1, True),
        (1, Compression.GZIP, 1, False),
        (2, Compression.NONE, 1, False),
        (2, Compression.NONE, 2, True),
        (2, Compression.NONE, -1, True),
        (1, Compression.NONE, 0, False),
    ],
)
def test_records_are_looked_into_as_far_as_is_asked(records, codec, limit, is_looked_into):
    batch = build_batch([Record(timestamp_ms=1, value=b"v")] * records)
    if codec is Compression.NONE:
        batch = with_offset_delta(batch, 1)
    else:  # a frame of that codec with a record too many in it
        batch = build_batch([Record(timestamp_ms=1)] * 2, compression=codec)
        batch = with_checksum(
            batch[:23] + bytes(4) + batch[27:57] + struct.pack(">i", 1) + batch[61:]
        )
    engine_config = LogConfig(max_validated_records=limit)

    async def main():
        engine = MemoryEngine(now_ms=lambda: 3)
        await engine.start()
        await engine.create([LOG], engine_config)
        [result] = await engine.append([Append(LOG, batch)])
        await engine.close()
        return result

    result = asyncio.run(main())
    assert isinstance(result, InvalidRecordError if is_looked_into else Appended)
