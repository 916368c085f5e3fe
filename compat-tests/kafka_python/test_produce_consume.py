"""Records in and out with kafka-python."""

from __future__ import annotations

import time

import kafka
import pytest
from kafka.errors import MessageSizeTooLargeError, OffsetOutOfRangeError

P = kafka.TopicPartition


@pytest.mark.scenario("timestamps")
def test_a_topic_that_stamps_on_append_overrides_the_time(topic, producer, consumer, read):
    name = topic(message_timestamp_type="LogAppendTime")
    before = int(time.time() * 1000) - 1000
    sent = producer().send(name, b"v", timestamp_ms=1_234_567).get(timeout=30)
    (record,) = read(consumer(name), 1)
    assert record.timestamp_type == 1
    assert before <= record.timestamp == sent.timestamp


@pytest.mark.scenario("large", "errors")
def test_a_record_above_the_limit_of_its_topic_is_refused_and_the_next_is_not(topic, producer):
    name = topic(max_message_bytes="1000")
    client = producer(enable_idempotence=False)  # an idempotent one gives up after this error
    with pytest.raises(MessageSizeTooLargeError):
        client.send(name, b"x" * 2000).get(timeout=30)
    assert client.send(name, b"x").get(timeout=30).offset == 0


@pytest.mark.scenario("consume from", "errors")
def test_an_offset_out_of_range_resets_or_raises(topic, producer, consumer, read):
    name = topic()
    producer().send(name, b"v").get(timeout=30)
    reader = consumer()
    reader.assign([P(name, 0)])
    reader.seek(P(name, 0), 1000)
    assert read(reader, 1)[0].offset == 0
    strict = consumer(auto_offset_reset="none")
    strict.assign([P(name, 0)])
    strict.seek(P(name, 0), 1000)
    with pytest.raises(OffsetOutOfRangeError):
        read(strict, 1)
