"""Kafka Streams with `exactly_once_v2`: killed twice, every result is there, and there once."""

from __future__ import annotations

import collections
import itertools
import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import process, reference

confluent_kafka = pytest.importorskip("confluent_kafka")
confluent_admin = pytest.importorskip("confluent_kafka.admin")

HERE = Path(__file__).parent
BUILD = HERE / "build"
BUILD_TIMEOUT_S = 240
RESULTS_TIMEOUT_S = 120

pytestmark = [
    pytest.mark.timeout(BUILD_TIMEOUT_S + 3 * RESULTS_TIMEOUT_S),
    pytest.mark.scenario("transactions"),
]


@pytest.fixture(scope="session")
def class_path() -> str:
    if reason := process.missing("java", "javac", "mvn"):
        pytest.skip(reason)
    pom, fetched = HERE / "pom.xml", BUILD / "jars" / ".fetched"
    if not fetched.exists() or fetched.stat().st_mtime < pom.stat().st_mtime:
        process.run(["mvn", "-q", "-B", "-f", pom, "package"], timeout_s=BUILD_TIMEOUT_S)
        fetched.touch()
    path = os.pathsep.join(map(str, [BUILD, BUILD / "jars" / "*"]))
    process.run(["javac", "-nowarn", "-d", BUILD, "-cp", path, HERE / "Streams.java"])
    return path


class Application:
    """A Streams application that can be killed and started again."""

    def __init__(self, command: list[str], log: Path) -> None:
        self._command = command
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, state: Path) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, str(state)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            process.stop(self._process)

    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")[-3000:]


@pytest.fixture
def application(
    class_path: str, bootstrap: str, tmp_path: Path
) -> Iterator[Callable[[str, str], Application]]:
    made: list[Application] = []

    def make(kind: str, name: str) -> Application:
        command = ["java", *reference.QUICK, "-cp", class_path, "Streams", bootstrap, kind, name]
        made.append(Application(command, tmp_path / "streams.log"))
        return made[-1]

    yield make
    for one in made:
        one.kill()


@pytest.fixture
def topics(bootstrap: str, unique: Callable[[str], str]) -> Callable[..., str]:
    """Create topics of three partitions whose names begin alike, and give that beginning."""
    admin = confluent_admin.AdminClient({"bootstrap.servers": bootstrap})

    def create(*suffixes: str) -> str:
        name = unique("streams")
        wanted = [confluent_admin.NewTopic(f"{name}-{suffix}", 3, 1) for suffix in suffixes]
        for created in admin.create_topics(wanted).values():
            created.result(30)
        return name

    return create


@pytest.fixture
def producer(bootstrap: str) -> confluent_kafka.Producer:
    return confluent_kafka.Producer({"bootstrap.servers": bootstrap, "acks": "all"})


class Reader:
    """What is committed of a topic, by key and in order."""

    def __init__(self, bootstrap: str, group: str, topic: str) -> None:
        self._client = confluent_kafka.Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
            }
        )
        self._client.assign([confluent_kafka.TopicPartition(topic, at, 0) for at in range(3)])
        self.values: dict[str, list[str]] = collections.defaultdict(list)
        self.count = 0

    def read(self, count: int, application: Application) -> None:
        """Read on until there are so many values in all."""
        deadline = time.monotonic() + RESULTS_TIMEOUT_S
        while self.count < count:
            assert time.monotonic() < deadline, f"{self.count} of {count}\n{application.log()}"
            self._take(0.2)

    def nothing_more(self) -> None:
        """Nothing follows what has been read."""
        count = self.count
        self._take(2)
        assert self.count == count, self.values

    def _take(self, timeout_s: float) -> None:
        for message in self._client.consume(500, timeout_s):
            assert message.error() is None, message.error()
            self.values[message.key().decode()].append(message.value().decode())
            self.count += 1

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def reader(bootstrap: str, unique: Callable[[str], str]) -> Iterator[Callable[[str], Reader]]:
    made: list[Reader] = []

    def make(topic: str) -> Reader:
        made.append(Reader(bootstrap, unique("reader"), topic))
        return made[-1]

    yield make
    for one in made:
        one.close()


def run_through_two_kills(
    application: Application, results: Reader, total: int, tmp_path: Path
) -> None:
    """Kill an application after a third and two thirds of its results, and let it finish.

    The first time it finds its local state again; the second time that is lost, and is restored
    from the broker.
    """
    for state, count in (("first", total // 3), ("first", total * 2 // 3), ("second", total)):
        application.start(tmp_path / state)
        results.read(count, application)
        if count < total:
            application.kill()
    results.nothing_more()
    application.kill()


def test_words_are_counted_exactly_once(application, topics, producer, reader, tmp_path):
    name = topics("lines", "counts")
    rng = random.Random(1)
    words = [f"word-{rng.randrange(40)}" for _ in range(6000)]
    for at in range(0, len(words), 4):
        producer.produce(f"{name}-lines", " ".join(words[at : at + 4]), key=str(at))
        producer.poll(0)
    assert producer.flush(30) == 0
    results = reader(f"{name}-counts")
    run_through_two_kills(application("word-count", name), results, len(words), tmp_path)
    counted = collections.Counter(words)
    assert results.values == {
        word: [str(n) for n in range(1, count + 1)] for word, count in counted.items()
    }


def test_a_windowed_join_gives_every_pair_once(application, topics, producer, reader, tmp_path):
    """Pairs of one key whose times are at most ten seconds apart."""
    name = topics("left", "right", "joined")
    rng = random.Random(2)
    begin_ms = int(time.time() * 1000) - 180_000  # recent enough for retention to let it be
    sides: dict[str, list[tuple[str, int, str]]] = {"left": [], "right": []}
    for at in range(900):
        side = rng.choice(sorted(sides))
        key, time_ms = f"key-{rng.randrange(10)}", begin_ms + at * 200
        sides[side].append((key, time_ms, f"{side}-{at}"))
        producer.produce(f"{name}-{side}", f"{side}-{at}", key=key, timestamp=time_ms)
    assert producer.flush(30) == 0
    expected = collections.Counter(
        (key, f"{one}+{other}")
        for (key, left_ms, one), (same, right_ms, other) in itertools.product(
            sides["left"], sides["right"]
        )
        if key == same and abs(left_ms - right_ms) <= 10_000
    )
    results = reader(f"{name}-joined")
    run_through_two_kills(application("join", name), results, expected.total(), tmp_path)
    found = collections.Counter((key, v) for key, all_ in results.values.items() for v in all_)
    assert found == expected
