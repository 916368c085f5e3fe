"""Records in and out with librdkafka."""

from __future__ import annotations

import pytest
from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    TIMESTAMP_LOG_APPEND_TIME,
    KafkaError,
    KafkaException,
    TopicPartition,
)


@pytest.mark.scenario("idempotence")
def test_an_idempotent_producer_keeps_order(topic, producer, consumer, send, read):
    name = topic()
    client = producer(enable_idempotence=True, batch_num_messages=10)
    delivered = send(client, name, [b"%d" % i for i in range(1000)])
    assert [message.offset() for message in delivered] == list(range(1000))
    reader = consumer()
    reader.assign([TopicPartition(name, 0, OFFSET_BEGINNING)])
    assert [int(message.value()) for message in read(reader, 1000)] == list(range(1000))


@pytest.mark.scenario("timestamps")
def test_a_topic_that_stamps_on_append_overrides_the_time(topic, producer, consumer, send, read):
    name = topic(message_timestamp_type="LogAppendTime")
    (sent,) = send(producer(), name, [b"v"], timestamp=1_234_567)
    reader = consumer(check_crcs=True)
    reader.assign([TopicPartition(name, 0, OFFSET_BEGINNING)])
    (message,) = read(reader, 1)
    kind, stamp = message.timestamp()
    assert kind == TIMESTAMP_LOG_APPEND_TIME
    assert stamp == sent.timestamp()[1] > 1_234_567


@pytest.mark.scenario("large")
def test_a_record_of_900_kb_fits(topic, producer, consumer, send, read):
    name = topic()
    value = b"0123456789" * 90_000
    send(producer(), name, [value])
    reader = consumer(fetch_message_max_bytes=1000)
    reader.assign([TopicPartition(name, 0, OFFSET_BEGINNING)])
    assert read(reader, 1)[0].value() == value


@pytest.mark.scenario("large", "errors")
def test_a_record_above_the_limit_of_its_topic_is_refused_and_the_next_is_not(
    topic, producer, send
):
    name = topic(max_message_bytes="1000")
    client = producer()
    with pytest.raises(KafkaException) as raised:
        send(client, name, [b"x" * 2000])
    assert raised.value.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE
    assert send(client, name, [b"x"])[0].offset() == 0


@pytest.mark.scenario("partitioning", "errors")
def test_a_partition_that_is_not_there_is_an_error_of_delivery(topic, producer, send):
    with pytest.raises(KafkaException) as raised:
        send(producer(), topic(), [b"x"], partition=7)
    assert raised.value.args[0].code() == KafkaError._UNKNOWN_PARTITION


@pytest.mark.scenario("consume from")
def test_a_consumer_at_the_end_sees_only_what_comes(topic, producer, consumer, send, read):
    name = topic()
    client = producer()
    send(client, name, [b"old"])
    reader = consumer(enable_partition_eof=True)
    reader.assign([TopicPartition(name, 0, OFFSET_END)])
    message = reader.poll(20)
    assert message.error().code() == KafkaError._PARTITION_EOF
    assert message.offset() == 1
    send(client, name, [b"new"])
    assert read(reader, 1)[0].value() == b"new"


@pytest.mark.scenario("consume from", "errors")
def test_an_offset_out_of_range_resets_or_is_an_error(topic, producer, consumer, send, read):
    name = topic()
    send(producer(), name, [b"v"])
    reader = consumer()
    reader.assign([TopicPartition(name, 0, 1000)])
    assert read(reader, 1)[0].offset() == 0
    strict = consumer(auto_offset_reset="error")
    strict.assign([TopicPartition(name, 0, 1000)])
    with pytest.raises(KafkaException) as raised:
        read(strict, 1)
    assert raised.value.args[0].code() == KafkaError._AUTO_OFFSET_RESET


@pytest.mark.scenario("auto-creation")
def test_a_topic_comes_into_being_when_it_is_written(unique, producer, consumer, send, read):
    name = unique("auto")
    send(producer(), name, [b"v"])
    reader = consumer()
    reader.assign([TopicPartition(name, 0, OFFSET_BEGINNING)])
    assert read(reader, 1)[0].value() == b"v"


@pytest.mark.scenario("volume")
def test_a_hundred_thousand_records_arrive_whole(topic, producer, consumer, read):
    name = topic(partitions=4)
    client = producer(linger_ms=20)
    for i in range(100_000):
        client.produce(name, b"%06d" % i)
        if i % 1000 == 0:
            client.poll(0)
    assert client.flush(60) == 0
    reader = consumer()
    reader.assign([TopicPartition(name, p, OFFSET_BEGINNING) for p in range(4)])
    values = set()
    while len(values) < 100_000:
        batch = reader.consume(10_000, timeout=20)
        assert batch, f"only {len(values)} records came"
        values.update(int(message.value()) for message in batch)
    assert values == set(range(100_000))
