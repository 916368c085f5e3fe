"""What is measured of one partition: each row does the same work on a broker."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator

from harness import process, reference

from bench import raw
from bench.measuring import Sample, Sizes, Work, check_acknowledged, writing
from bench.systems import System


def start(system: System, sizes: Sizes) -> Iterator[Sample]:
    """From before the process is started until a record of a topic that the client made by asking
    for it is acknowledged, and until it is read. Then the memory, a second later."""
    with writing(system) as (topic, (connection,)):
        written_s, written_cpu_s = time.monotonic() - system.started, system.cpu_s()
        _, records = raw.fetched(connection.call(raw.fetch_frame(topic, 0, 1 << 20)), topic)
        read_s, read_cpu_s = time.monotonic() - system.started, system.cpu_s()
    if raw.next_offset(records) < 1:
        raise RuntimeError("the first record was not read")
    yield Sample("start to first record acknowledged", "s", written_s, written_cpu_s)
    yield Sample("start to first record read", "s", read_s, read_cpu_s)
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


def java(system: System, sizes: Sizes) -> Iterator[Sample]:
    """Kafka's own producer and consumer benchmark, against one partition."""
    produce_performance(system, next(system.topics), sizes.large_records // 2, 100, "all")
    for size, records in ((100, sizes.small_records), (1000, sizes.large_records)):
        title = f"{size} B" if size < 1000 else f"{size // 1000} KB"
        for acks in ("1", "all"):
            topic = next(system.topics)
            with Work(system) as work:
                rate = produce_performance(system, topic, records, size, acks)
            label = f"Java producer, {title}, acks={acks}"
            yield Sample(label, "records/s", rate, work.cpu_s, records)
        with Work(system) as work:
            rate = consume_performance(system, topic, records)
        yield Sample(f"Java consumer, {title}", "records/s", rate, work.cpu_s, records)


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
    count = sizes.single_requests
    label = "raw, 100 B batch, one at a time"
    yield Sample(label, "requests/s", count / work.seconds, work.cpu_s, count)


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
    count = rounds * connections * depth
    label = f"raw, 100 B batches, {connections} connections of {depth} in flight"
    yield Sample(label, "requests/s", count / work.seconds, work.cpu_s, count)


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
    yield Sample("raw, 0.9 MB batches, 5 in flight", "MB/s", rate, work.cpu_s, count)


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
        yield Sample(label, "requests/s", sizes.reads / work.seconds, work.cpu_s, sizes.reads)


def loaded_memory(system: System, sizes: Sizes) -> Iterator[Sample]:
    """Memory after whatever rows came before."""
    time.sleep(0.5)
    yield Sample("memory, after the work above", "MB", system.rss_mb())


ROWS = {
    "start": start,
    "java": java,
    "raw": raw_client,
    "reads": random_reads,
    "memory": loaded_memory,
}
