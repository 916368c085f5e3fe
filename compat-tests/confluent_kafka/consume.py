"""Where reading begins, stops and goes on."""

import collections
import time

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, TopicPartition
from harness import player
from harness.process import eventually
from records import (
    TIMEOUT_S,
    assigned,
    consumer,
    create_topic,
    offset_of,
    producer,
    read,
    send,
    stamped,
)


def consume_from(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    stamped(bootstrap, name, *range(1000, 11000, 1000))
    with assigned(bootstrap, name, OFFSET_END, enable_partition_eof=True) as reader:
        at_the_end = eventually(lambda: reader.poll(0.2), "the consumer is at the end")
        assert at_the_end.error()
        stamped(bootstrap, name, 11000)
        latest = offset_of(reader)
    with assigned(bootstrap, name, OFFSET_BEGINNING) as reader:
        earliest = offset_of(reader)
    with assigned(bootstrap, name, 7) as reader:
        offset = offset_of(reader)
        (found,) = reader.offsets_for_times([TopicPartition(name, 0, 4500)], timeout=TIMEOUT_S)
        reader.seek(found)
        return {
            "earliest": earliest,
            "latest": latest,
            "offset": offset,
            "time": offset_of(reader),
        }


def pause_and_seek(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    stamped(bootstrap, name, *range(1000, 11000, 1000))
    partition = TopicPartition(name, 0)
    with assigned(bootstrap, name) as reader:
        reader.pause([partition])
        paused = len(reader.consume(10, timeout=0.5))
        reader.resume([partition])
        resumed = offset_of(reader)
        reader.seek(TopicPartition(name, 0, 3))
        return {"paused": paused, "resumed": resumed, "sought": offset_of(reader)}


def commits(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    stamped(bootstrap, name, *range(1000, 9000, 1000))
    told: list = []
    # The one option that is spelled with an underscore.
    options = {"on_commit": lambda error, _: told.append(error)}
    with consumer(bootstrap, name, options) as reader:

        def committed() -> int:
            return reader.committed([TopicPartition(name, 0)], timeout=TIMEOUT_S)[0].offset

        reader.subscribe([name])
        read(reader, 8)
        reader.commit(asynchronous=False)
        first = committed()
        stamped(bootstrap, name, *range(9000, 13000, 1000))
        read(reader, 4)
        told.clear()
        reader.commit(asynchronous=True)
        eventually(lambda: reader.poll(0.1) or told, "the commit is answered")
        second = committed()
    stamped(bootstrap, name, 13000)
    with consumer(bootstrap, name) as reader:
        reader.subscribe([name])
        return {"sync": first, "async": second, "next": offset_of(reader)}


def restart(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    found: collections.Counter[int] = collections.Counter()
    told = False
    writer = producer(bootstrap, enable_idempotence=True)
    with assigned(bootstrap, name) as reader:
        for i in range(300):
            send(writer, name, [{"value": b"%d" % i}])
            found.update(values(reader, 0))
            if found.total() >= 100 and not told:
                told = True
                player.halfway()
        # Whatever was written twice lies before this record.
        send(writer, name, [{"value": b"300"}])
        deadline = time.monotonic() + TIMEOUT_S
        while 300 not in found and time.monotonic() < deadline:
            found.update(values(reader, 0.2))
    return {"lost": 301 - len(found), "twice": found.total() - len(found)}


def values(reader: Consumer, timeout_s: float) -> list[int]:
    """Give what has come; that the broker is away for a while is no matter."""
    messages = reader.consume(500, timeout=timeout_s)
    return [int(message.value()) for message in messages if not message.error()]


def times(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    stamped(bootstrap, name, 1000, 3000, 2000)
    with consumer(bootstrap, name) as reader:

        def at(time_ms: int) -> int:
            asked = [TopicPartition(name, 0, time_ms)]
            return reader.offsets_for_times(asked, timeout=TIMEOUT_S)[0].offset

        return {"early": at(1), "between": at(1500), "late": at(9000)}


PLAYS = {
    "consume_from": consume_from,
    "pause_and_seek": pause_and_seek,
    "commits": commits,
    "restart": restart,
    "times": times,
}
