"""What consumers of a classic group send through the coordinator."""

from __future__ import annotations

import pytest

from kafkapy.wire.errors import MalformedError
from kafkapy.wire.internal.consumer_protocol import (
    ConsumerProtocolSubscription,
    TopicPartitions,
    decode_subscription,
    encode_consumer_protocol,
)

SUBSCRIPTION = ConsumerProtocolSubscription(
    topics=["a", "b"],
    owned_partitions=[TopicPartitions(topic="a", partitions=[0, 1])],
    generation_id=4,
    rack_id="r",
)


def test_a_newer_version_is_read_as_the_newest_known_one() -> None:
    data = encode_consumer_protocol(SUBSCRIPTION, 3)
    assert decode_subscription(b"\x00\x09" + data[2:] + b"new fields") == SUBSCRIPTION


def test_an_older_version_lacks_the_newer_fields() -> None:
    decoded = decode_subscription(encode_consumer_protocol(SUBSCRIPTION, 0))
    assert decoded == ConsumerProtocolSubscription(topics=["a", "b"])


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff\xff\x00\x00", b"\x00\x00\x7f\xff\xff\xff"])
def test_something_else_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        decode_subscription(data)
