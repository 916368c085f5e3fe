"""The frame around a record of the metadata log."""

from __future__ import annotations

import pytest

from kafkapy.wire.errors import MalformedError, UnsupportedVersionError
from kafkapy.wire.internal.metadata import NoOpRecord, PartitionRecord, TopicRecord
from kafkapy.wire.internal.metadata_records import decode_metadata_record, encode_metadata_record
from kafkapy.wire.internal.record_types import UnknownRecordTypeError


def test_a_record_is_written_in_its_newest_version() -> None:
    record = PartitionRecord(partition_id=1, replicas=[1], isr=[1], directories=[bytes(16)])
    data = encode_metadata_record(record)
    assert data[:3] == bytes([1, 3, 2])
    assert decode_metadata_record(data) == record


def test_a_frame_of_another_version_is_refused() -> None:
    with pytest.raises(UnsupportedVersionError):
        decode_metadata_record(b"\x02\x14\x00\x00")


def test_an_unknown_type_is_reported_with_its_number() -> None:
    with pytest.raises(UnknownRecordTypeError) as caught:
        decode_metadata_record(b"\x01\xac\x02\x00")
    assert caught.value.record_type == 300


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(UnsupportedVersionError):
        decode_metadata_record(b"\x01\x02\x63")


def test_bytes_behind_a_record_are_refused() -> None:
    with pytest.raises(MalformedError):
        decode_metadata_record(encode_metadata_record(NoOpRecord()) + b"\x00")


def test_a_record_that_ends_early_is_malformed() -> None:
    data = encode_metadata_record(TopicRecord(name="topic", topic_id=bytes(16)))
    for size in range(len(data)):
        with pytest.raises(MalformedError):
            decode_metadata_record(data[:size])
