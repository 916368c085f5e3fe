"""Bytes that nobody should have written are refused, and do nothing worse."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from kafkapy.wire.errors import WireError
from kafkapy.wire.internal.consumer_protocol import decode_assignment, decode_subscription
from kafkapy.wire.internal.coordinator_records import (
    CONSUMER_OFFSETS,
    SHARE_GROUP_STATE,
    TRANSACTION_STATE,
)
from kafkapy.wire.internal.metadata_records import decode_metadata_record

_TYPE_OR_VERSION = st.integers(-2, 30).map(lambda number: number.to_bytes(2, "big", signed=True))
_PREFIXED = st.builds(bytes.__add__, _TYPE_OR_VERSION, st.binary(max_size=80))
_FRAMED = st.tuples(st.just(1), st.integers(0, 30), st.integers(0, 5)).map(bytes)


@given(key_bytes=_PREFIXED, value_bytes=_PREFIXED)
def test_arbitrary_coordinator_records_raise_wire_errors_only(
    key_bytes: bytes, value_bytes: bytes
) -> None:
    for types in (CONSUMER_OFFSETS, TRANSACTION_STATE, SHARE_GROUP_STATE):
        with contextlib.suppress(WireError):
            types.decode_value(types.decode_key(key_bytes), value_bytes)


@given(data=st.builds(bytes.__add__, _FRAMED, st.binary(max_size=80)) | st.binary(max_size=20))
def test_arbitrary_metadata_records_raise_wire_errors_only(data: bytes) -> None:
    with contextlib.suppress(WireError):
        decode_metadata_record(data)


@given(data=_PREFIXED)
def test_arbitrary_consumer_protocol_messages_raise_wire_errors_only(data: bytes) -> None:
    for decode in (decode_subscription, decode_assignment):
        with contextlib.suppress(WireError):
            decode(data)
