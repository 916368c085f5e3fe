"""Records that count when their transaction commits, and only then."""

from contextlib import closing

from dialect import create_topic
from harness.process import eventually
from kafka import KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.errors import ProducerFencedError
from records import assigned, consumer, producing


def send_five(producer: KafkaProducer, name: str) -> None:
    producer.begin_transaction()
    for i in range(5):
        producer.send(name, b"%d" % i)
    producer.flush()


def count(bootstrap: str, name: str, isolation: str) -> int:
    """Read to the end, and tell how many records there were."""
    partition = TopicPartition(name, 0)
    found = 0
    with assigned(bootstrap, name, isolation_level=isolation) as reader:
        end = reader.end_offsets([partition])[partition]
        while reader.position(partition) < end:
            found += sum(map(len, reader.poll(timeout_ms=200).values()))
    return found


def transactions(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    partition = TopicPartition(name, 0)
    with producing(bootstrap, transactional_id=name) as producer:
        producer.init_transactions()
        send_five(producer, name)
        producer.commit_transaction()
        send_five(producer, name)
        producer.abort_transaction()
        send_five(producer, name)
        producer.send_offsets_to_transaction({partition: OffsetAndMetadata(5, "", -1)}, name)
        producer.commit_transaction()
    with closing(consumer(bootstrap, group_id=name)) as reader:
        # Kafka answers before the offsets count.
        offset = eventually(lambda: reader.committed(partition), "an offset is committed")
    return {
        "committed": count(bootstrap, name, "read_committed"),
        "uncommitted": count(bootstrap, name, "read_uncommitted"),
        "offset": offset,
    }


def fenced(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    with (
        producing(bootstrap, transactional_id=name) as first,
        producing(bootstrap, transactional_id=name) as second,
    ):
        first.init_transactions()
        send_five(first, name)
        second.init_transactions()
        send_five(second, name)
        second.commit_transaction()
        try:
            first.commit_transaction()
            refused = False
        except ProducerFencedError:
            refused = True
    return {"fenced": refused, "committed": count(bootstrap, name, "read_committed")}


PLAYS = {"transactions": transactions, "fenced": fenced}
