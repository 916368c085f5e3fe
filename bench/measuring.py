"""What all rows share: how much work there is, what a figure is, and how work is timed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench import raw
from bench.systems import System


@dataclass
class Sizes:
    """How much work each row does; `scaled` keeps the proportions.

    The numbers of connections and partitions stay, unless there is hardly any work for them.
    """

    small_records: int = 500_000
    large_records: int = 100_000
    single_requests: int = 8_000
    pipelined_requests: int = 40_000
    bulk_mb: int = 400
    latency_s: float = 5.0
    connections: int = 5_000
    active_connections: int = 1_000
    partitions: tuple[int, ...] = (1, 100, 10_000)
    partition_requests: int = 20_000
    log_mb: tuple[int, int] = (16, 512)
    reads: int = 3_000
    transactions: int = 2_000
    compacted_mb: int = 1_000
    restarted_partitions: int = 2_000

    def scaled(self, factor: float) -> Sizes:
        return Sizes(
            small_records=int(self.small_records * factor),
            large_records=int(self.large_records * factor),
            single_requests=int(self.single_requests * factor),
            pipelined_requests=int(self.pipelined_requests * factor),
            bulk_mb=int(self.bulk_mb * factor),
            latency_s=self.latency_s * factor,
            connections=min(self.connections, int(self.connections * factor * 10)),
            active_connections=min(
                self.active_connections, int(self.active_connections * factor * 10)
            ),
            partitions=(
                *self.partitions[:-1],
                min(self.partitions[-1], int(self.partitions[-1] * factor * 10)),
            ),
            partition_requests=int(self.partition_requests * factor),
            log_mb=(self.log_mb[0], int(self.log_mb[1] * factor)),
            reads=int(self.reads * factor),
            transactions=int(self.transactions * factor),
            compacted_mb=max(64, int(self.compacted_mb * factor)),
            restarted_partitions=max(1, int(self.restarted_partitions * factor)),
        )


@dataclass
class Sample:
    """One figure: `cpu_s` are the broker's CPU seconds for the work behind it, which was `count`
    times the same."""

    label: str
    unit: str
    value: float
    cpu_s: float | None = None
    count: int = 1

    @property
    def cpu_s_each(self) -> float | None:
        """CPU seconds of the broker for each of the things that were done."""
        return None if self.cpu_s is None else self.cpu_s / max(self.count, 1)


Row = Callable[[System, Sizes], Iterator[Sample]]


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


def check_acknowledged(answer: bytes, topic: str) -> None:
    if error := raw.produce_error(answer, topic):
        raise RuntimeError(f"the broker refused a batch with error {error}")
