"""What is measured of many connections and many partitions."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from bench import raw
from bench.measuring import Sample, Sizes, Work, check_acknowledged, connected, writing
from bench.systems import System

_PARTITIONS_OF_A_TOPIC = 5_000  # Kafka makes no 10,000 at once
_TIMEOUT_S = 60


def idle_connections(system: System, sizes: Sizes) -> Iterator[Sample]:
    """Memory with many clients that said hello and wait."""
    before = system.rss_mb()
    hello = raw.frame(raw.API_VERSIONS, 0, b"")
    with Work(system) as work, connected(system, sizes.connections) as connections:
        for connection in connections:
            connection.call(hello)
        after = system.rss_mb()
    label = f"memory for {sizes.connections} idle connections"
    yield Sample(label, "MB", after, work.cpu_s, sizes.connections)
    yield Sample("… of which added", "MB", after - before)


def active_connections(system: System, sizes: Sizes) -> Iterator[Sample]:
    """The same number of batches of 100 B over one connection, and over many with one request in
    flight on each."""
    for count in (1, sizes.active_connections):
        with writing(system, count) as (topic, open_):
            request = raw.produce_frame(topic, raw.batch(b"x" * 100, 1))
            rounds = max(1, sizes.pipelined_requests // 2 // count)
            with Work(system) as work:
                for _ in range(rounds):
                    for connection in open_:
                        connection.send(request)
                    for connection in open_:
                        answer = connection.receive()
            check_acknowledged(answer, topic)
        label, requests = f"raw, 100 B batches, active connections: {count:,}", rounds * count
        yield Sample(label, "requests/s", requests / work.seconds, work.cpu_s, requests)


def many_partitions(system: System, sizes: Sizes) -> Iterator[Sample]:
    """Partitions are created, in topics of at most 5,000 of them, and each gets one record; then
    batches of 100 B go to all of them in turn, 16 in flight."""
    for count in sizes.partitions:
        topics = [next(system.topics) for _ in range(-(-count // _PARTITIONS_OF_A_TOPIC))]
        with connected(system) as (connection,):
            with Work(system) as work:
                turns = create_partitions(connection, topics, count)
            label = f"create {count:,} partitions and write to each"
            yield Sample(label, "s", work.seconds, work.cpu_s, count)
            with Work(system) as work:
                for number in range(sizes.partition_requests):
                    connection.send(turns[0])
                    turns.rotate(-1)
                    if number >= 16:
                        check_acknowledged(connection.receive(), topics[0])
                for _ in range(min(16, sizes.partition_requests)):
                    check_acknowledged(connection.receive(), topics[0])
        requests = sizes.partition_requests
        label = f"raw, 100 B batches, in turn to {count:,} partitions"
        yield Sample(label, "requests/s", requests / work.seconds, work.cpu_s, requests)


def create_partitions(connection: raw.Connection, topics: list[str], count: int) -> deque[bytes]:
    """Share partitions out among topics, and write to each; gives a request for each."""
    record = raw.batch(b"x" * 100, 1)
    made: deque[bytes] = deque()
    for topic in topics:
        size = min(_PARTITIONS_OF_A_TOPIC, count - len(made))
        raw.create_topic(connection, topic, size)
        requests = [raw.produce_frame(topic, record, partition=i) for i in range(size)]
        raw.produce_to_each(connection, topic, requests, _TIMEOUT_S)
        made += requests
    return made


ROWS = {
    "connections": idle_connections,
    "active": active_connections,
    "partitions": many_partitions,
}
