"""What is measured of many connections and many partitions."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from bench import raw
from bench.measuring import Sample, Sizes, Work, check_acknowledged, connected, writing
from bench.systems import System


def idle_connections(system: System, sizes: Sizes) -> Iterator[Sample]:
    """Memory with many clients that said hello and wait."""
    before = system.rss_mb()
    hello = raw.frame(raw.API_VERSIONS, 0, b"")
    with Work(system) as work, connected(system, sizes.connections) as connections:
        for connection in connections:
            connection.call(hello)
        after = system.rss_mb()
    label = f"memory for {sizes.connections} idle connections"
    yield Sample(label, "MB", after, work.cpu_s)
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
        label = f"raw, 100 B batches, active connections: {count:,}"
        yield Sample(label, "requests/s", rounds * count / work.seconds, work.cpu_s)


def many_partitions(system: System, sizes: Sizes) -> Iterator[Sample]:
    """A topic is created and gets one record in each partition; then batches of 100 B go to its
    partitions in turn, 16 in flight."""
    record = raw.batch(b"x" * 100, 1)
    for count in sizes.partitions:
        topic = next(system.topics)
        with connected(system) as (connection,):
            requests = [raw.produce_frame(topic, record, partition=i) for i in range(count)]
            with Work(system) as work:
                raw.create_topic(connection, topic, count)
                raw.produce_to_each(connection, topic, requests)
            label = f"create {count:,} partitions and write to each"
            yield Sample(label, "s", work.seconds, work.cpu_s)
            turns = deque(requests)
            with Work(system) as work:
                for number in range(sizes.partition_requests):
                    connection.send(turns[0])
                    turns.rotate(-1)
                    if number >= 16:
                        check_acknowledged(connection.receive(), topic)
                for _ in range(min(16, sizes.partition_requests)):
                    check_acknowledged(connection.receive(), topic)
        rate = sizes.partition_requests / work.seconds
        label = f"raw, 100 B batches, in turn to {count:,} partitions"
        yield Sample(label, "requests/s", rate, work.cpu_s)


ROWS = {
    "connections": idle_connections,
    "active": active_connections,
    "partitions": many_partitions,
}
