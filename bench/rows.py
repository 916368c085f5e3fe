"""What is measured: each row does the same work on a broker and says how it went."""

from __future__ import annotations

import contextlib
import random
import re
import resource
import select
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness import process, reference

from bench import raw
from bench.systems import System


@dataclass
class Sizes:
    """How much work each row does; `scaled` keeps the proportions."""

    small_records: int = 500_000
    large_records: int = 100_000
    single_requests: int = 8_000
    pipelined_requests: int = 40_000
    bulk_mb: int = 400
    latency_s: float = 5.0
    connections: int = 5_000
    log_mb: tuple[int, int] = (16, 512)
    reads: int = 3_000

    def scaled(self, factor: float) -> Sizes:
        return Sizes(
            small_records=int(self.small_records * factor),
            large_records=int(self.large_records * factor),
            single_requests=int(self.single_requests * factor),
            pipelined_requests=int(self.pipelined_requests * factor),
            bulk_mb=int(self.bulk_mb * factor),
            latency_s=self.latency_s * factor,
            connections=int(self.connections * factor),
            log_mb=(self.log_mb[0], int(self.log_mb[1] * factor)),
            reads=int(self.reads * factor),
        )


@dataclass
class Sample:
    """One figure: `cpu_s` are the broker's CPU seconds for the work behind it."""

    label: str
    unit: str
    value: float
    cpu_s: float | None = None


Row = Callable[[System, Sizes], Iterator[Sample]]
ROWS: dict[str, Row] = {}


def row(name: str) -> Callable[[Row], Row]:
    def add(function: Row) -> Row:
        ROWS[name] = function
        return function

    return add


class Work:
    """Time and broker CPU of a block."""

    def __init__(self, system: System) -> None:
        self._system = system
        self.cpu_s = self.seconds = 0.0

    def __enter__(self) -> Work:
        self._cpu_s, self._started = self._system.cpu_s(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._started
        self.cpu_s = self._system.cpu_s() - self._cpu_s


@contextlib.contextmanager
def connected(system: System, count: int = 1) -> Iterator[list[raw.Connection]]:
    with contextlib.ExitStack() as stack:
        connections = [raw.Connection(system.address) for _ in range(count)]
        for connection in connections:
            stack.callback(connection.close)
        yield connections


@contextlib.contextmanager
def writing(system: System, count: int = 1) -> Iterator[tuple[str, list[raw.Connection]]]:
    """Give a new topic that takes records, and connections to it."""
    topic = next(system.topics)
    with connected(system, count) as connections:
        raw.produce_until_acknowledged(connections[0], topic)
        yield topic, connections


@row("start")
def start(system: System, sizes: Sizes) -> Iterator[Sample]:
    """Start-up; this row comes first, right after the process was started."""
    with writing(system):
        waited = time.monotonic() - system.started
    yield Sample("start to first acknowledged record", "s", waited, system.cpu_s())
    time.sleep(1)
    yield Sample("memory, idle", "MB", system.rss_mb())


def produce_performance(system: System, topic: str, records: int, size: int, acks: str) -> float:
    """Run Kafka's own producer benchmark; gives records per second."""
    command = reference.java(
        "org.apache.kafka.tools.ProducerPerformance",
        *("--bootstrap-server", system.bootstrap, "--topic", topic),
        *("--num-records", records, "--record-size", size, "--throughput", -1),
        *("--command-property", f"acks={acks}"),
        jvm=reference.CLIENT,
    )
    said = process.run(command, timeout_s=300).stdout
    found = re.findall(rf"^{records} records sent, ([\d.]+) records/sec", said, re.MULTILINE)
    if not found:
        raise RuntimeError(f"ProducerPerformance did not finish:\n{said[-2000:]}")
    return float(found[-1])


def consume_performance(system: System, topic: str, records: int) -> float:
    """Run Kafka's own consumer benchmark; gives records per second once the group has formed."""
    command = reference.java(
        "org.apache.kafka.tools.ConsumerPerformance",
        *("--bootstrap-server", system.bootstrap, "--topic", topic),
        *("--num-records", records, "--timeout", 60_000, "--group", f"group-{topic}"),
        jvm=reference.CLIENT,
    )
    fields = process.run(command, timeout_s=300).stdout.strip().splitlines()[-1].split(", ")
    if int(fields[4]) < records:
        raise RuntimeError(f"ConsumerPerformance read {fields[4]} of {records} records")
    return float(fields[9])


@row("java")
def java(system: System, sizes: Sizes) -> Iterator[Sample]:
    """Kafka's own producer and consumer benchmark, against one partition."""
    produce_performance(system, next(system.topics), sizes.large_records // 2, 100, "all")
    for size, records in ((100, sizes.small_records), (1000, sizes.large_records)):
        title = f"{size} B" if size < 1000 else f"{size // 1000} KB"
        for acks in ("1", "all"):
            topic = next(system.topics)
            with Work(system) as work:
                rate = produce_performance(system, topic, records, size, acks)
            yield Sample(f"Java producer, {title}, acks={acks}", "records/s", rate, work.cpu_s)
        with Work(system) as work:
            rate = consume_performance(system, topic, records)
        yield Sample(f"Java consumer, {title}", "records/s", rate, work.cpu_s)


@row("raw")
def raw_client(system: System, sizes: Sizes) -> Iterator[Sample]:
    """A client that costs little, so that the broker is what is measured."""
    yield from one_at_a_time(system, sizes)
    yield from pipelined(system, sizes)
    yield from bulk(system, sizes)


def one_at_a_time(system: System, sizes: Sizes) -> Iterator[Sample]:
    with writing(system) as (topic, (connection,)):
        request = raw.produce_frame(topic, raw.batch(b"x" * 100, 1))
        with Work(system) as work:
            for _ in range(sizes.single_requests):
                answer = connection.call(request)
        check_acknowledged(answer, topic)
    rate = sizes.single_requests / work.seconds
    yield Sample("raw, 100 B batch, one at a time", "requests/s", rate, work.cpu_s)


def pipelined(
    system: System, sizes: Sizes, connections: int = 4, depth: int = 32
) -> Iterator[Sample]:
    with writing(system, connections) as (topic, open_):
        request = raw.produce_frame(topic, raw.batch(b"x" * 100, 1))
        answer_bytes = len(open_[0].call(request)) + 4
        rounds = sizes.pipelined_requests // (connections * depth)
        with Work(system) as work:
            for connection in open_:
                connection.send(request * depth)
            for remaining in range(rounds - 1, -1, -1):
                for connection in open_:
                    answers = connection.exactly(answer_bytes * depth)
                    if remaining:
                        connection.send(request * depth)
        check_acknowledged(answers[-answer_bytes + 4 :], topic)
    rate = rounds * connections * depth / work.seconds
    label = f"raw, 100 B batches, {connections} connections of {depth} in flight"
    yield Sample(label, "requests/s", rate, work.cpu_s)


def bulk(system: System, sizes: Sizes, depth: int = 4) -> Iterator[Sample]:
    records = raw.batch(b"x" * 1000, 900)
    with writing(system) as (topic, (connection,)):
        request = raw.produce_frame(topic, records)
        count = max(depth, sizes.bulk_mb * 1_000_000 // len(records))
        with Work(system) as work:
            for i in range(count):
                connection.send(request)
                if i >= depth:
                    connection.receive()
            for _ in range(depth):
                answer = connection.receive()
        check_acknowledged(answer, topic)
    rate = count * len(records) / 1e6 / work.seconds
    yield Sample("raw, 0.9 MB batches, 5 in flight", "MB/s", rate, work.cpu_s)


def check_acknowledged(answer: bytes, topic: str) -> None:
    if error := raw.produce_error(answer, topic):
        raise RuntimeError(f"the broker refused a batch with error {error}")


@row("latency")
def latency(system: System, sizes: Sizes, rate: int = 1000) -> Iterator[Sample]:
    """From just before a record is sent to when a waiting consumer has it."""
    with writing(system, 2) as (topic, (writer, reader)):
        offset = 1
        write = raw.produce_frame(topic, raw.batch(b"x" * 100, 1))
        reader.call(raw.fetch_frame(topic, 0, 1 << 20))
        reader.send(raw.fetch_frame(topic, offset, 1 << 20))
        sent: list[float] = []
        taken: list[float] = []
        total = int(rate * sizes.latency_s)
        with Work(system) as work:
            begin = time.perf_counter()
            while len(taken) < total:
                now = time.perf_counter()
                if len(sent) < total and now >= begin + len(sent) / rate:
                    sent.append(now)
                    writer.send(write)
                due = begin + len(sent) / rate - time.perf_counter() if len(sent) < total else 5
                ready, _, _ = select.select([reader.socket, writer.socket], [], [], max(0, due))
                if writer.socket in ready:
                    writer.receive()
                if reader.socket in ready:
                    offset = take(reader, topic, offset, sent, taken)
    taken = taken[len(taken) // 10 :]  # the first tenth warms up
    cuts = statistics.quantiles(taken, n=100)
    label = f"end to end at {rate} records/s"
    yield Sample(f"{label}, p50", "ms", cuts[49] * 1000, work.cpu_s)
    yield Sample(f"{label}, p99", "ms", cuts[98] * 1000, work.cpu_s)


def take(
    reader: raw.Connection, topic: str, offset: int, sent: list[float], taken: list[float]
) -> int:
    """Note the latency of what has come, and ask for what follows."""
    error, records = raw.fetched(reader.receive(), topic)
    now = time.perf_counter()
    if error:
        raise RuntimeError(f"the broker refused a fetch with error {error}")
    after = max(offset, raw.next_offset(records))
    taken += [now - sent[at - 1] for at in range(offset, after)]
    reader.send(raw.fetch_frame(topic, after, 1 << 20))
    return after


@row("reads")
def random_reads(system: System, sizes: Sizes) -> Iterator[Sample]:
    """Fetches of one batch at offsets in no order: the cost must not grow with the log."""
    records_per_batch = 16
    records = raw.batch(b"x" * 1000, records_per_batch)
    for megabytes in sizes.log_mb:
        with writing(system) as (topic, (connection,)):
            count = megabytes * 1_000_000 // len(records)
            request = raw.produce_frame(topic, records)
            for i in range(count):
                connection.send(request)
                if i >= 16:
                    connection.receive()
            for _ in range(min(16, count)):
                connection.receive()
            rng = random.Random(megabytes)
            end = 1 + count * records_per_batch
            with Work(system) as work:
                for _ in range(sizes.reads):
                    offset = rng.randrange(1, end)
                    answer = connection.call(raw.fetch_frame(topic, offset, len(records)))
            error, found = raw.fetched(answer, topic)
            if error or not raw.next_offset(found) > offset:
                raise RuntimeError(f"offset {offset} was not in the answer (error {error})")
        label = f"fetch at any offset, log of {megabytes} MB"
        yield Sample(label, "requests/s", sizes.reads / work.seconds, work.cpu_s)


@row("memory")
def loaded_memory(system: System, sizes: Sizes) -> Iterator[Sample]:
    """Memory after whatever rows came before."""
    time.sleep(0.5)
    yield Sample("memory, after the work above", "MB", system.rss_mb())


@row("connections")
def idle_connections(system: System, sizes: Sizes) -> Iterator[Sample]:
    """Memory with many clients that said hello and wait."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = sizes.connections + 200
    if soft < needed and (hard == resource.RLIM_INFINITY or hard >= needed):
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    before = system.rss_mb()
    hello = raw.frame(raw.API_VERSIONS, 0, b"")
    with Work(system) as work, connected(system, sizes.connections) as connections:
        for connection in connections:
            connection.call(hello)
        after = system.rss_mb()
    label = f"memory for {sizes.connections} idle connections"
    yield Sample(label, "MB", after, work.cpu_s)
    yield Sample("… of which added", "MB", after - before)
