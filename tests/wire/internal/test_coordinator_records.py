"""What a loader of an internal topic may meet."""

from __future__ import annotations

import pytest

from kafkapy.wire.errors import MalformedError, UnsupportedVersionError
from kafkapy.wire.internal.coordinator_records import (
    CONSUMER_OFFSETS,
    SHARE_GROUP_STATE,
    TRANSACTION_STATE,
    encode_key,
    encode_record,
)
from kafkapy.wire.internal.offsets import OffsetCommitKey, OffsetCommitValue
from kafkapy.wire.internal.record_types import UnknownRecordTypeError

KEY = OffsetCommitKey(group="g", topic="t", partition=3)


def test_a_record_is_read_as_it_was_written() -> None:
    value = OffsetCommitValue(offset=42, leader_epoch=7, metadata="m", commit_timestamp=1)
    key_bytes, value_bytes = encode_record(KEY, value, 3)
    assert CONSUMER_OFFSETS.decode_key(key_bytes) == KEY
    assert CONSUMER_OFFSETS.decode_value(KEY, value_bytes) == value


def test_a_deletion_has_no_value() -> None:
    assert encode_record(KEY, None, 0) == (encode_key(KEY), None)
    assert CONSUMER_OFFSETS.decode_value(KEY, None) is None


def test_an_unknown_type_is_reported_with_its_number() -> None:
    with pytest.raises(UnknownRecordTypeError) as caught:
        CONSUMER_OFFSETS.decode_key(b"\x7f\x00anything")
    assert caught.value.record_type == 0x7F00


@pytest.mark.parametrize("types", [TRANSACTION_STATE, SHARE_GROUP_STATE])
def test_each_topic_numbers_its_own_types(types: object) -> None:
    assert isinstance(types, type(CONSUMER_OFFSETS))
    with pytest.raises(UnknownRecordTypeError):
        types.decode_key(encode_key(KEY)[:1] + b"\x02")


@pytest.mark.parametrize("version", [-1, 5])
def test_a_value_of_an_unknown_version_is_refused(version: int) -> None:
    data = version.to_bytes(2, "big", signed=True) + bytes(64)
    with pytest.raises(UnsupportedVersionError):
        CONSUMER_OFFSETS.decode_value(KEY, data)


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x00\x01", b"\x00\x01\x00\x05abc"])
def test_a_key_that_ends_early_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        CONSUMER_OFFSETS.decode_key(data)
