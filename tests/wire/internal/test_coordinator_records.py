"""What a loader of an internal topic may meet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.wire.errors import MalformedError, UnsupportedVersionError
from kafkapy.wire.internal.coordinator_records import (
    CONSUMER_OFFSETS,
    SHARE_GROUP_STATE,
    TRANSACTION_STATE,
    encode_batch,
    encode_record,
    value_version,
)
from kafkapy.wire.internal.offsets import OffsetCommitKey, OffsetCommitValue
from kafkapy.wire.internal.record_types import UnknownRecordTypeError
from kafkapy.wire.records.record import Record, build_batch

TEXTS = st.text(max_size=200)
INT16S = st.integers(-(2**15), 2**15 - 1)
INT64S = st.integers(-(2**63), 2**63 - 1)
KEYS = st.builds(OffsetCommitKey, TEXTS, TEXTS, st.just(0))
VALUES = st.builds(
    OffsetCommitValue,
    offset=INT64S,
    metadata=TEXTS,
    commit_timestamp=INT64S,
    expire_timestamp=st.sampled_from([-1, 7]),
)
KEY = OffsetCommitKey(group="g", topic="t", partition=3)


def test_a_record_is_read_as_it_was_written() -> None:
    value = OffsetCommitValue(offset=42, leader_epoch=7, metadata="m", commit_timestamp=1)
    key_bytes, value_bytes = encode_record(KEY, value, 3)
    assert CONSUMER_OFFSETS.decode_key(key_bytes) == KEY
    assert CONSUMER_OFFSETS.decode_value(KEY, value_bytes) == value


def test_a_deletion_has_no_value() -> None:
    key_bytes, value_bytes = encode_record(KEY, None, 0)
    assert (CONSUMER_OFFSETS.decode_key(key_bytes), value_bytes) == (KEY, None)
    assert CONSUMER_OFFSETS.decode_value(KEY, None) is None


def test_an_unknown_type_is_reported_with_its_number() -> None:
    with pytest.raises(UnknownRecordTypeError) as caught:
        CONSUMER_OFFSETS.decode_key(b"\x7f\x00anything")
    assert caught.value.record_type == 0x7F00


@pytest.mark.parametrize("types", [TRANSACTION_STATE, SHARE_GROUP_STATE])
def test_each_topic_numbers_its_own_types(types: object) -> None:
    assert isinstance(types, type(CONSUMER_OFFSETS))
    with pytest.raises(UnknownRecordTypeError):
        types.decode_key(encode_record(KEY, None, 0)[0][:1] + b"\x02")


@pytest.mark.parametrize("version", [-1, 5])
def test_a_value_of_an_unknown_version_is_refused(version: int) -> None:
    data = version.to_bytes(2, "big", signed=True) + bytes(64)
    with pytest.raises(UnsupportedVersionError):
        CONSUMER_OFFSETS.decode_value(KEY, data)


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x00\x01", b"\x00\x01\x00\x05abc"])
def test_a_key_that_ends_early_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        CONSUMER_OFFSETS.decode_key(data)


@given(
    st.lists(st.tuples(KEYS, st.none() | VALUES), min_size=1, max_size=70),
    INT64S,
    st.integers(0, 2**31 - 1),
    INT64S,
    INT16S,
    st.booleans(),
)
def test_the_batch_of_an_operation_is_the_batch_of_its_records(
    records: list[tuple[OffsetCommitKey, OffsetCommitValue | None]],
    now_ms: int,
    leader_epoch: int,
    producer_id: int,
    producer_epoch: int,
    is_transactional: bool,
) -> None:
    producer = {
        "producer_id": producer_id,
        "producer_epoch": producer_epoch,
        "is_transactional": is_transactional,
    }
    pairs = [encode_record(key, value, value_version(value)) for key, value in records]
    assert encode_batch(records, now_ms, leader_epoch=leader_epoch, **producer) == build_batch(
        [Record(timestamp_ms=now_ms, key=key, value=value) for key, value in pairs],
        partition_leader_epoch=leader_epoch,
        **producer,
    )
