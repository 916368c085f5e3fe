"""Records in and out with kafka-python."""

from __future__ import annotations

import time

import kafka
import pytest
from kafka.errors import MessageSizeTooLargeError, OffsetOutOfRangeError

P = kafka.TopicPartition


@pytest.mark.parametrize("acks", [0, 1, "all"])
@pytest.mark.scenario("acks")
def test_what_is_sent_is_read_in_order_at_every_acks(acks, topic, producer, consumer, read):
    name = topic()
    client = producer(acks=acks, enable_idempotence=False)
    sent = [client.send(name, b"%d" % i) for i in range(50)]
    client.flush(timeout=30)
    offsets = [future.get(timeout=30).offset for future in sent]
    assert acks == 0 or offsets == list(range(50))  # without an answer they are the client's guess
    records = read(consumer(name), 50)
    assert [record.value for record in records] == [b"%d" % i for i in range(50)]
    assert [record.offset for record in records] == list(range(50))


@pytest.mark.parametrize("codec", [None, "gzip", "snappy", "lz4", "zstd"])
@pytest.mark.scenario("codecs")
def test_each_codec_comes_back_as_it_went(codec, topic, producer, consumer, read):
    name = topic()
    try:
        client = producer(compression_type=codec, linger_ms=50)
    except AssertionError as error:  # kafka-python asks for the codec's library at once
        pytest.skip(str(error))
    values = [bytes([i % 251]) * 700 for i in range(40)]
    for value in values:
        client.send(name, value)
    client.flush(timeout=30)
    assert [record.value for record in read(consumer(name), 40)] == values


@pytest.mark.scenario("idempotence")
def test_an_idempotent_producer_numbers_its_records(topic, producer, consumer, read):
    name = topic()
    client = producer(enable_idempotence=True)
    assert [client.send(name, b"x").get(timeout=30).offset for _ in range(10)] == list(range(10))
    assert len(read(consumer(name), 10)) == 10


@pytest.mark.scenario("headers")
def test_keys_headers_and_times_come_back(topic, producer, consumer, read):
    name = topic()
    headers = [("trace", b"1"), ("trace", b"2"), ("empty", b"")]
    producer().send(name, b"v", key=b"k", headers=headers, timestamp_ms=1_234_567).get(timeout=30)
    (record,) = read(consumer(name), 1)
    assert (record.key, record.value, record.timestamp) == (b"k", b"v", 1_234_567)
    assert list(record.headers) == headers
    assert record.timestamp_type == 0


@pytest.mark.scenario("timestamps")
def test_a_topic_that_stamps_on_append_overrides_the_time(topic, producer, consumer, read):
    name = topic(message_timestamp_type="LogAppendTime")
    before = int(time.time() * 1000) - 1000
    sent = producer().send(name, b"v", timestamp_ms=1_234_567).get(timeout=30)
    (record,) = read(consumer(name), 1)
    assert record.timestamp_type == 1
    assert before <= record.timestamp == sent.timestamp


@pytest.mark.scenario("tombstones")
def test_a_tombstone_is_not_an_empty_value(topic, producer, consumer, read):
    name = topic()
    client = producer()
    client.send(name, None, key=b"gone")
    client.send(name, b"", key=b"empty")
    client.flush(timeout=30)
    assert [record.value for record in read(consumer(name), 2)] == [None, b""]


@pytest.mark.scenario("large")
def test_a_record_of_900_kb_fits(topic, producer, consumer, read):
    name = topic()
    value = b"0123456789" * 90_000
    producer(max_request_size=2_000_000).send(name, value).get(timeout=30)
    assert read(consumer(name), 1)[0].value == value


@pytest.mark.scenario("large", "errors")
def test_a_record_above_the_limit_of_its_topic_is_refused_and_the_next_is_not(topic, producer):
    name = topic(max_message_bytes="1000")
    client = producer(enable_idempotence=False)  # an idempotent one gives up after this error
    with pytest.raises(MessageSizeTooLargeError):
        client.send(name, b"x" * 2000).get(timeout=30)
    assert client.send(name, b"x").get(timeout=30).offset == 0


@pytest.mark.scenario("partitioning")
def test_partitions_are_chosen_by_hand_and_by_key(topic, producer, consumer, read):
    name = topic(partitions=3)
    client = producer()
    for partition in range(3):
        assert client.send(name, b"p", partition=partition).get(timeout=30).partition == partition
    keyed = {client.send(name, b"v", key=b"same").get(timeout=30).partition for _ in range(5)}
    assert len(keyed) == 1
    records = read(consumer(name), 8)
    assert sum(record.key == b"same" for record in records) == 5
    assert {record.partition for record in records} == {0, 1, 2}


@pytest.mark.scenario("consume from")
def test_a_consumer_starts_at_the_earliest_or_at_the_latest(topic, producer, consumer, read):
    name = topic()
    client = producer()
    client.send(name, b"old").get(timeout=30)
    late = consumer(auto_offset_reset="latest")
    late.assign([P(name, 0)])
    assert late.position(P(name, 0)) == 1
    client.send(name, b"new").get(timeout=30)
    assert [record.value for record in read(late, 1)] == [b"new"]
    assert [record.value for record in read(consumer(name), 2)] == [b"old", b"new"]


@pytest.mark.scenario("seek")
def test_a_seek_moves_the_position(topic, producer, consumer, read):
    name = topic()
    client = producer()
    for i in range(20):
        client.send(name, b"%d" % i)
    client.flush(timeout=30)
    reader = consumer()
    reader.assign([P(name, 0)])
    reader.seek(P(name, 0), 15)
    assert [record.offset for record in read(reader, 5)] == [15, 16, 17, 18, 19]
    reader.seek_to_beginning(P(name, 0))
    assert read(reader, 1)[0].offset == 0
    reader.seek_to_end(P(name, 0))
    assert reader.position(P(name, 0)) == 20


@pytest.mark.scenario("timestamps")
def test_offsets_are_found_by_time(topic, producer, consumer):
    name = topic()
    client = producer()
    for i in range(10):
        client.send(name, b"v", timestamp_ms=1000 + 100 * i).get(timeout=30)
    reader = consumer()
    partition = P(name, 0)
    assert reader.offsets_for_times({partition: 1450})[partition][:2] == (5, 1500)
    assert reader.offsets_for_times({partition: 0})[partition][:2] == (0, 1000)
    assert reader.offsets_for_times({partition: 5000})[partition] is None
    assert reader.beginning_offsets([partition]) == {partition: 0}
    assert reader.end_offsets([partition]) == {partition: 10}


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


@pytest.mark.scenario("auto-creation")
def test_a_topic_comes_into_being_when_it_is_written(unique, producer, consumer, read):
    name = unique("auto")
    producer().send(name, b"v").get(timeout=30)
    assert read(consumer(name), 1)[0].value == b"v"


@pytest.mark.scenario("volume")
def test_many_batches_arrive_whole(topic, producer, consumer, read):
    name = topic(partitions=4)
    client = producer(batch_size=4096, linger_ms=5)
    for i in range(10_000):
        client.send(name, b"%06d" % i)
    client.flush(timeout=60)
    records = read(consumer(name), 10_000, timeout_s=60)
    assert sorted(int(record.value) for record in records) == list(range(10_000))
