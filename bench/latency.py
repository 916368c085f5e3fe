"""How long a record takes from a producer to a consumer that waits for it."""

from __future__ import annotations

import select
import statistics
import time
from collections.abc import Callable, Iterator

from bench import raw
from bench.measuring import Sample, Sizes, Work, writing
from bench.systems import System

RATE = 1_000


class EndToEnd:
    """A producer of records of 100 B at a steady rate, and a consumer in a long poll.

    The latency of a record is counted from just before it is sent until the consumer has it.
    """

    def __init__(self, topic: str, writer: raw.Connection, reader: raw.Connection) -> None:
        self._topic = topic
        self._writer = writer
        self._reader = reader
        self._offset = 1  # behind the record that made the topic
        self._sent: list[float] = []
        self.latencies_s: list[float] = []

    def run(self, goes_on: Callable[[int], bool]) -> None:
        """Send as long as `goes_on` of the number sent says so, and take all that was sent."""
        write = raw.produce_frame(self._topic, raw.batch(b"x" * 100, 1))
        self._ask()
        sent, begin = self._sent, time.perf_counter()
        is_sending = True
        while is_sending or len(self.latencies_s) < len(sent):
            now = time.perf_counter()
            if is_sending and now >= begin + len(sent) / RATE:
                sent.append(now)
                self._writer.send(write)
                is_sending = goes_on(len(sent))
            due = begin + len(sent) / RATE - time.perf_counter() if is_sending else 5
            sockets = [self._reader.socket, self._writer.socket]
            ready, _, _ = select.select(sockets, [], [], max(0, due))
            if self._reader.socket in ready:
                self._take()
            if self._writer.socket in ready:
                self._writer.receive()

    def _ask(self) -> None:
        self._reader.send(raw.fetch_frame(self._topic, self._offset, 1 << 20))

    def _take(self) -> None:
        """Note the latency of what has come, and ask for what follows."""
        answer = self._reader.receive()
        now = time.perf_counter()
        error, records = raw.fetched(answer, self._topic)
        if error:
            raise RuntimeError(f"the broker refused a fetch with error {error}")
        after = max(self._offset, raw.next_offset(records))
        self.latencies_s += [now - self._sent[at - 1] for at in range(self._offset, after)]
        self._offset = after
        self._ask()


def percentiles(label: str, latencies_s: list[float], cpu_s: float | None) -> Iterator[Sample]:
    """Give p50 and p99; the first tenth warms up."""
    cuts = statistics.quantiles(latencies_s[len(latencies_s) // 10 :], n=100)
    for title, cut in (("p50", 49), ("p99", 98)):
        yield Sample(f"{label}, {title}", "ms", cuts[cut] * 1000, cpu_s, len(latencies_s))


def latency(system: System, sizes: Sizes) -> Iterator[Sample]:
    """From just before a record is sent to when a waiting consumer has it."""
    total = int(RATE * sizes.latency_s)
    with writing(system, 2) as (topic, connections):
        flow = EndToEnd(topic, *connections)
        with Work(system) as work:
            flow.run(lambda sent: sent < total)
    yield from percentiles(f"end to end at {RATE:,} records/s", flow.latencies_s, work.cpu_s)


ROWS = {"latency": latency}
