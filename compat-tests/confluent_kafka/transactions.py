"""Records that count when their transaction commits, and only then."""

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition
from harness.process import eventually
from records import TIMEOUT_S, assigned, consumer, create_topic, producer, send

FIVE = [{"value": b"%d" % i} for i in range(5)]


def transactional(bootstrap: str, name: str) -> Producer:
    """Give a producer that has its epoch."""
    client = producer(bootstrap, transactional_id=name)
    client.init_transactions(TIMEOUT_S)
    return client


def count(bootstrap: str, name: str, isolation: str) -> int:
    """Read to the end, and tell how many records there were."""
    options = {"isolation_level": isolation, "enable_partition_eof": True}
    found = 0
    with assigned(bootstrap, name, **options) as reader:
        while True:
            message = eventually(lambda: reader.poll(0.2), "the next record, or the end")
            if not message.error():
                found += 1
            elif message.error().code() == KafkaError._PARTITION_EOF:
                return found
            else:
                raise KafkaException(message.error())


def transactions(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    client = transactional(bootstrap, name)
    client.begin_transaction()
    send(client, name, FIVE)
    client.commit_transaction(TIMEOUT_S)
    client.begin_transaction()
    send(client, name, FIVE)
    client.abort_transaction(TIMEOUT_S)
    client.begin_transaction()
    send(client, name, FIVE)
    with consumer(bootstrap, name) as reader:
        taken = [TopicPartition(name, 0, 5)]
        client.send_offsets_to_transaction(taken, reader.consumer_group_metadata(), TIMEOUT_S)
        client.commit_transaction(TIMEOUT_S)
        (committed,) = reader.committed([TopicPartition(name, 0)], timeout=TIMEOUT_S)
    return {
        "committed": count(bootstrap, name, "read_committed"),
        "uncommitted": count(bootstrap, name, "read_uncommitted"),
        "offset": committed.offset,
    }


def fenced(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    first = transactional(bootstrap, name)
    first.begin_transaction()
    send(first, name, FIVE)
    second = transactional(bootstrap, name)
    second.begin_transaction()
    send(second, name, FIVE)
    second.commit_transaction(TIMEOUT_S)
    try:
        first.commit_transaction(TIMEOUT_S)
        refused = False
    except KafkaException as error:
        refused = error.args[0].fatal()
    return {"fenced": refused, "committed": count(bootstrap, name, "read_committed")}


PLAYS = {"transactions": transactions, "fenced": fenced}
