"""Where reading begins, stops and goes on."""

import collections
import time
from contextlib import closing

from dialect import IDEMPOTENT, create_topic
from harness import player
from kafka import TopicPartition
from records import TIMEOUT_S, assigned, consumer, producing, read, stamped


def consume_from(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    stamped(bootstrap, name, *range(1000, 11000, 1000))
    partition = TopicPartition(name, 0)
    with closing(consumer(bootstrap)) as reader:
        reader.assign([partition])

        def first() -> int:
            return read(reader, 1)[0].offset

        reader.seek_to_end(partition)
        assert reader.position(partition) == 10
        stamped(bootstrap, name, 11000)
        latest = first()
        reader.seek_to_beginning(partition)
        earliest = first()
        reader.seek(partition, 7)
        offset = first()
        found = reader.offsets_for_times({partition: 4500})
        reader.seek(partition, found[partition].offset)
        return {"earliest": earliest, "latest": latest, "offset": offset, "time": first()}


def pause_and_seek(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    stamped(bootstrap, name, *range(1000, 11000, 1000))
    partition = TopicPartition(name, 0)
    with assigned(bootstrap, name) as reader:
        reader.pause(partition)
        paused = 0
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            paused += sum(map(len, reader.poll(timeout_ms=100).values()))
        reader.resume(partition)
        resumed = read(reader, 1)[0].offset
        reader.seek(partition, 3)
        return {"paused": paused, "resumed": resumed, "sought": read(reader, 1)[0].offset}


def commits(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    partition = TopicPartition(name, 0)
    stamped(bootstrap, name, *range(1000, 9000, 1000))
    with closing(consumer(bootstrap, name, group_id=name)) as reader:
        read(reader, 8)
        reader.commit()
        first = reader.committed(partition)
        stamped(bootstrap, name, *range(9000, 13000, 1000))
        read(reader, 4)
        done = reader.commit_async()
        until = time.monotonic() + TIMEOUT_S
        while not done.is_done and time.monotonic() < until:
            reader.poll(timeout_ms=50)
        second = reader.committed(partition)
    stamped(bootstrap, name, 13000)
    with closing(consumer(bootstrap, name, group_id=name)) as reader:
        return {"sync": first, "async": second, "next": read(reader, 1)[0].offset}


def restart(bootstrap: str, name: str) -> dict:
    """Release 2 has no idempotent producer: what it sends again may be there twice."""
    create_topic(bootstrap, name)
    found: collections.Counter[int] = collections.Counter()
    told = False
    with (
        producing(bootstrap, retries=1000, acks="all", **IDEMPOTENT) as producer,
        assigned(bootstrap, name) as reader,
    ):
        for i in range(300):
            producer.send(name, b"%d" % i).get(60)
            found.update(values(reader, timeout_ms=20))
            if found.total() >= 100 and not told:
                told = True
                player.halfway()
        until = time.monotonic() + TIMEOUT_S
        while len(found) < 300 and time.monotonic() < until:
            found.update(values(reader, timeout_ms=200))
    twice = {"twice": found.total() - len(found)} if IDEMPOTENT else {}
    return {"lost": 300 - len(found), **twice}


def values(reader, timeout_ms: int) -> list[int]:
    batches = reader.poll(timeout_ms=timeout_ms).values()
    return [int(record.value) for batch in batches for record in batch]


def times(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    stamped(bootstrap, name, 1000, 3000, 2000)
    partition = TopicPartition(name, 0)
    with closing(consumer(bootstrap)) as reader:

        def at(time_ms: int) -> int:
            found = reader.offsets_for_times({partition: time_ms})[partition]
            return found.offset if found else -1

        return {"early": at(1), "between": at(1500), "late": at(9000)}


PLAYS = {
    "consume_from": consume_from,
    "pause_and_seek": pause_and_seek,
    "commits": commits,
    "restart": restart,
    "times": times,
}
