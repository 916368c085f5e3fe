"""The broker as a command: what it prints, how it ends, and what outlives it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import kafkapy

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what a client's own import warns of
    import kafka

pytestmark = pytest.mark.filterwarnings("default:unclosed:ResourceWarning")

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(rf"kafkapy {re.escape(kafkapy.__version__)} is ready on (\S+):(\d+)\n")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "kafkapy", *arguments]


def environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **variables}


class Process:
    """A broker process that said it is ready, on `bootstrap`."""

    def __init__(self, cwd: Path, arguments: tuple[str, ...], variables: dict[str, str]) -> None:
        with (cwd / "stderr.txt").open("ab") as stderr:
            self.process = subprocess.Popen(
                command(*arguments),
                cwd=cwd,
                env=environment(**variables),
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        assert self.process.stdout is not None
        match = READY.fullmatch(self.process.stdout.readline())
        assert match, (cwd / "stderr.txt").read_text()
        self.bootstrap = f"{match[1]}:{match[2]}"

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return self.process.returncode


@contextlib.contextmanager
def broker(cwd: Path, *arguments: str, **variables: str) -> Iterator[Process]:
    started = Process(cwd, arguments, variables)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.end(signal.SIGKILL)


def fail(cwd: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    done = subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def produce(bootstrap: str, topic: str, count: int, **options: object) -> list[int]:
    producer = kafka.KafkaProducer(bootstrap_servers=bootstrap, **options)
    try:
        return [producer.send(topic, b"%d" % i).get(timeout=30).offset for i in range(count)]
    finally:
        producer.close()


def consume(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = kafka.KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    values: list[bytes] = []
    try:
        consumer.assign([kafka.TopicPartition(topic, 0)])
        while len(values) < count:
            batches = consumer.poll(timeout_ms=20_000)
            assert batches, f"{len(values)} of {count} records came"
            values += [record.value for batch in batches.values() for record in batch]
        return values
    finally:
        consumer.close()


def topics(bootstrap: str) -> dict[str, int]:
    admin = kafka.KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        return {entry["name"]: len(entry["partitions"]) for entry in admin.describe_topics()}
    finally:
        admin.close()


def test_the_version_and_the_help_need_no_broker(tmp_path: Path) -> None:
    for option, start in [("--version", f"kafkapy {kafkapy.__version__}\n"), ("--help", "usage:")]:
        shown = subprocess.run(
            command(option), env=environment(), cwd=tmp_path, capture_output=True, text=True
        )
        assert (shown.returncode, shown.stderr) == (0, "")
        assert shown.stdout.startswith(start)
    assert list(tmp_path.iterdir()) == []


def test_a_broker_in_memory_serves_and_writes_no_file(tmp_path: Path) -> None:
    with broker(tmp_path, "--port", "0", "--memory") as running:
        assert produce(running.bootstrap, "t", 3) == [0, 1, 2]
        assert consume(running.bootstrap, "t", 3) == [b"0", b"1", b"2"]
    assert [path.name for path in tmp_path.iterdir()] == ["stderr.txt"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_its_records_stay(tmp_path: Path, number: int) -> None:
    data = ("--port", "0", "--data-dir", str(tmp_path / "data"))
    with broker(tmp_path, *data) as running:
        produce(running.bootstrap, "t", 3)
        assert running.end(number) == 0
    with broker(tmp_path, *data) as running:
        assert consume(running.bootstrap, "t", 3) == [b"0", b"1", b"2"]


def test_what_was_acknowledged_outlives_kill_9_again_and_again(tmp_path: Path) -> None:
    data = ("--port", "0", "--data-dir", str(tmp_path / "data"))
    for round_ in range(3):
        with broker(tmp_path, *data) as running:
            expected = list(range(20 * round_, 20 * (round_ + 1)))
            assert produce(running.bootstrap, "t", 20, acks="all") == expected
            running.end(signal.SIGKILL)
    with broker(tmp_path, *data) as running:
        assert consume(running.bootstrap, "t", 60) == [b"%d" % i for i in range(20)] * 3


def test_committed_offsets_and_topics_outlive_kill_9(tmp_path: Path) -> None:
    data = ("--port", "0", "--data-dir", str(tmp_path / "data"))
    partition = kafka.TopicPartition("t", 1)
    with broker(tmp_path, *data, "--topic", "t:3") as running:
        member = kafka.KafkaConsumer(bootstrap_servers=running.bootstrap, group_id="g")
        member.assign([partition])
        member.commit({partition: kafka.OffsetAndMetadata(7, "note", -1)})
        running.end(signal.SIGKILL)
        member.close(autocommit=False, timeout_ms=100)
    with broker(tmp_path, *data) as running:
        assert topics(running.bootstrap)["t"] == 3
        member = kafka.KafkaConsumer(bootstrap_servers=running.bootstrap, group_id="g")
        kept = member.committed(partition, metadata=True)
        member.close(autocommit=False)
        assert (kept.offset, kept.metadata) == (7, "note")


def test_topics_are_created_at_the_start_unless_they_exist(tmp_path: Path) -> None:
    data = ("--port", "0", "--data-dir", str(tmp_path / "data"))
    with broker(tmp_path, *data, "--topic", "a:4", "--topic", "b") as running:
        assert topics(running.bootstrap) == {"a": 4, "b": 1}
        running.end(signal.SIGTERM)
    with broker(tmp_path, *data, "--topic", "a:9", "--topic", "c:2") as running:
        assert topics(running.bootstrap) == {"a": 4, "b": 1, "c": 2}


def test_settings_come_from_option_then_environment_then_file(tmp_path: Path) -> None:
    (tmp_path / "server.properties").write_text(
        "num.partitions=2\nauto.create.topics.enable=true\n"
    )
    arguments = ["server.properties", "--port", "0", "--memory"]
    for extra, variables, count in [
        ([], {}, 2),
        ([], {"KAFKA_NUM_PARTITIONS": "3"}, 3),
        (["--override", "num.partitions=4"], {"KAFKA_NUM_PARTITIONS": "3"}, 4),
    ]:
        with broker(tmp_path, *arguments, *extra, **variables) as running:
            produce(running.bootstrap, "t", 1)
            assert topics(running.bootstrap)["t"] == count


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, said = fail(tmp_path, "--port", str(port), "--memory")
    assert status == 1
    assert str(port) in said


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (["--port", "65536"], 2, "65536"),
        (["--port", "ninety"], 2, "ninety"),
        (["--topic", "t:0"], 2, "t:0"),
        (["--memory", "--data-dir", "d"], 2, "--data-dir"),
        (["--no-such-option"], 2, "--no-such-option"),
        (["--override", "num.partitions=none"], 1, "num.partitions"),
        (["--override", "num.partitions"], 1, "num.partitions"),
        (["no-such-file.properties"], 1, "no-such-file.properties"),
        (["--memory", "--port", "0", "--topic", "a.b", "--topic", "a_b"], 1, "a_b"),
        (["--override", "listeners=SASL_SSL://127.0.0.1:0"], 1, "SASL_SSL"),
        (["--override", "listeners=SSL://127.0.0.1:0"], 1, "only PLAINTEXT"),
        (["--override", "authorizer.class.name=Any"], 1, "authorizer.class.name"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_started(
    tmp_path: Path, arguments: list[str], status: int, word: str
) -> None:
    code, said = fail(tmp_path, *arguments)
    assert code == status
    assert word in said
    assert list(tmp_path.iterdir()) == []


def test_a_data_directory_serves_one_broker_at_a_time(tmp_path: Path) -> None:
    data = ("--port", "0", "--data-dir", str(tmp_path / "data"))
    with broker(tmp_path, *data):
        status, said = fail(tmp_path, *data)
        assert status == 1
        assert "data" in said
    with broker(tmp_path, *data):
        pass  # the lock went with its process


def test_a_data_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, said = fail(tmp_path, "--port", "0", "--data-dir", str(tmp_path / "file"))
    assert status == 1
    assert str(tmp_path / "file") in said
