"""Records the requests of stock clients, for the fuzzer to damage.

    python -m tests.fuzzing.capture [--kafka-libs DIR] [--only CLIENT]

Each client talks to a broker of its own in this process. The command-line tools of Apache Kafka are
the Java client; without their jars, what was captured of it before is kept, as with `--only` of all
others. Of each client, API and version a few frames of different sizes are kept.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random

from kafkapy.broker import Broker
from kafkapy.config.broker import BrokerConfig
from kafkapy.server.context import Peer
from kafkapy.server.dispatch import Dispatcher, Served
from kafkapy.storage.disk import MemoryDisk
from kafkapy.wire.api import ApiKey
from kafkapy.wire.messages.create_topics import CreatableTopic
from kafkapy.wire.schema import Buffer
from tests.fuzzing import clients
from tests.fuzzing.seeds import SEEDS_PATH, Seed, placeholder, read_seeds, write_seeds

_TOPICS = ("plain", "compacted", "stamped")
_FRAMES_EACH = 3
_MAX_FRAME_BYTES = 2000
_JAVA_TIMEOUT_S = 60.0
_CONFIG = {
    "listeners": "PLAINTEXT://127.0.0.1:0",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.num.partitions": "1",
}


class _Recorder(Dispatcher):
    """Keeps every frame that comes."""

    def __init__(self, frames: list[bytes], broker: Broker, table: Mapping[ApiKey, Served]) -> None:
        super().__init__(broker, table)
        self.frames = frames

    def answer_now(self, frame: Buffer) -> None:
        """Leave every frame to `answer`, which keeps it."""

    async def answer(self, frame: Buffer, peer: Peer) -> list[Buffer] | None:
        self.frames.append(bytes(frame))
        return await super().answer(frame, peer)


async def capture(name: str, session: Callable[[str], None]) -> list[Seed]:
    """Let a client talk to a new broker; gives what it sent."""
    frames: list[bytes] = []
    broker = Broker(
        BrokerConfig(_CONFIG),
        MemoryDisk(),
        rng=Random(name),
        new_dispatcher=partial(_Recorder, frames),
    )
    await broker.start()
    try:
        for topic in _TOPICS:
            new = CreatableTopic(name=topic, num_partitions=2, replication_factor=1)
            await broker.controller.create_topic(new, validate_only=False)
        ids = {topic.name: topic.topic_id for topic in broker.image.topics.values()}
        await asyncio.to_thread(session, f"127.0.0.1:{broker.endpoints[0].port}")
    finally:
        await broker.stop()
    for topic in _TOPICS:
        frames = [frame.replace(ids[topic], placeholder(topic)) for frame in frames]
    return _few(name, frames)


def _few(name: str, frames: Sequence[bytes]) -> list[Seed]:
    kept: dict[bytes, dict[int, bytes]] = {}
    for frame in frames:
        of_version = kept.setdefault(frame[:4], {})
        if len(of_version) < _FRAMES_EACH and len(frame) <= _MAX_FRAME_BYTES:
            of_version.setdefault(len(frame), frame)
    return [Seed(name, frame) for of_version in kept.values() for frame in of_version.values()]


def _java(libs: str, address: str) -> None:
    """Run the command-line tools of Apache Kafka, which are the Java client."""
    with tempfile.TemporaryDirectory() as directory:
        for name, arguments, given in clients.java_tools(address, Path(directory)):
            command = ["java", "-Xmx128M", "-cp", f"{libs}/*", f"org.apache.kafka.tools.{name}"]
            done = subprocess.run(
                [*command, *arguments],
                input=given.encode(),
                capture_output=True,
                timeout=_JAVA_TIMEOUT_S,
                check=False,
            )
            if done.returncode:
                print(f"{name} {arguments}: {done.stderr.decode()[-300:]}", file=sys.stderr)


def main() -> None:
    """Capture all clients that are here."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing.capture", description=__doc__)
    parser.add_argument("--kafka-libs", help="the directory with the jars of Apache Kafka")
    parser.add_argument("--only", help="the one client to capture")
    arguments = parser.parse_args()
    sessions = dict(clients.SESSIONS)
    if arguments.kafka_libs:
        sessions["java"] = partial(_java, arguments.kafka_libs)
    if arguments.only:
        sessions = {arguments.only: sessions[arguments.only]}
    seeds = [seed for seed in read_seeds() if seed.client not in sessions]
    for name, session in sessions.items():
        captured = asyncio.run(capture(name, session))
        print(f"{name}: {len(captured)} frames")
        seeds += captured
    write_seeds(seeds)
    print(f"{len(seeds)} frames, {SEEDS_PATH.stat().st_size} bytes")


if __name__ == "__main__":
    main()
