"""The image, built once, and containers of it that end with their test.

`KAFKAPY_IMAGE` names an image that is there already; otherwise the suite builds one, from
`KAFKAPY_BASE_IMAGE` when that is set, and skips where it cannot.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer
from harness import process

ROOT = Path(__file__).resolve().parents[2]
# Nothing but the tests' own containers is to be pulled; they are removed by the tests.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")


def docker(*words: object, **options: object) -> str:
    """Run a command of Docker's and give what it printed."""
    return process.run(["docker", *map(str, words)], **options).stdout.strip()


@pytest.fixture(scope="session")
def base() -> str:
    """An image with Python and pip."""
    return os.environ.get("KAFKAPY_BASE_IMAGE") or "python:3.11-slim"


@pytest.fixture(scope="session")
def image(base: str) -> str:
    if os.environ.get("BOOTSTRAP"):
        pytest.skip("BOOTSTRAP names a broker; these tests start their own")
    if name := os.environ.get("KAFKAPY_IMAGE"):
        return name
    if reason := process.missing("docker"):
        pytest.skip(reason)
    arguments = ["--build-arg", f"BASE={base}", "--build-arg", "PIP_INDEX_URL"]
    try:
        docker("info", timeout_s=20)
        docker("build", "-q", *arguments, "-t", "kafkapy:compat", ROOT, timeout_s=600)
    except (AssertionError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"no image could be built: {str(error).strip().splitlines()[-1]}")
    return "kafkapy:compat"


@pytest.fixture
def tagged(image: str) -> Iterator[Callable[[str], str]]:
    """Give the image another tag as long as the test runs."""
    with contextlib.ExitStack() as stack:

        def tagged(tag: str) -> str:
            name = f"kafkapy-{uuid.uuid4().hex[:10]}:{tag}"
            docker("tag", image, name)
            stack.callback(docker, "rmi", name)
            return name

        yield tagged


class Container:
    """A container of the image in the background."""

    def __init__(self, *words: object) -> None:
        self.id = docker("run", "-d", *words)

    def wait(self) -> None:
        """Wait until clients are served."""

        def ready() -> bool:
            assert self.inspect("{{.State.Running}}") == "true", self.log()
            return "is ready on" in self.log()

        process.eventually(ready, "the broker is ready")

    def log(self) -> str:
        done = process.run(["docker", "logs", self.id])
        return done.stdout + done.stderr

    def inspect(self, template: str) -> str:
        return docker("inspect", "-f", template, self.id)

    def execute(self, *words: object) -> str:
        return docker("exec", self.id, *words)

    def port(self, port: int) -> str:
        """Give the address on the host that leads to a port of the container."""
        return docker("port", self.id, f"{port}/tcp").splitlines()[0]

    def stop(self) -> int:
        """Ask the broker to end and give its exit status."""
        docker("stop", self.id)
        return int(self.inspect("{{.State.ExitCode}}"))

    def remove(self) -> None:
        docker("rm", "-f", "-v", self.id)


@pytest.fixture
def start(image: str) -> Iterator[Callable[..., Container]]:
    """Start a broker with options of `docker run` and arguments of the command."""
    with contextlib.ExitStack() as stack:

        def start(*options: object, arguments: tuple[str, ...] = ()) -> Container:
            command = ("/etc/kafka/docker/run", *arguments) if arguments else ()
            container = Container(*options, image, *command)
            stack.callback(container.remove)
            container.wait()
            return container

        yield start


@pytest.fixture
def run_client(base: str) -> Callable[[str, str], str]:
    """Run the example client in a container on a network and give what it printed."""
    client = (ROOT / "examples" / "client.py").read_text()
    command = "pip install --quiet --root-user-action=ignore kafka-python && python -"

    def run(network: str, bootstrap: str) -> str:
        options = ["--rm", "-i", "--network", network, "-e", f"BOOTSTRAP={bootstrap}"]
        return docker("run", *options, base, "sh", "-c", command, stdin=client)

    return run


@pytest.fixture
def network(image: str) -> Iterator[str]:
    name = f"kafkapy-{uuid.uuid4().hex[:10]}"
    docker("network", "create", name)
    yield name
    docker("network", "rm", name)


@pytest.fixture
def volume(image: str) -> Iterator[str]:
    name = docker("volume", "create")
    yield name
    docker("volume", "rm", name)


@pytest.fixture
def send() -> Callable[[str, bytes], None]:
    """Send a record to the topic `greetings`."""

    def send(bootstrap: str, value: bytes) -> None:
        producer = Producer({"bootstrap.servers": bootstrap, "message.timeout.ms": 20_000})
        failed: list[object] = []
        producer.produce(
            "greetings", value, on_delivery=lambda error, _: error and failed.append(error)
        )
        assert producer.flush(30) == 0
        assert not failed

    return send


@pytest.fixture
def receive() -> Callable[[str], bytes]:
    """Give the first record of the topic `greetings`, read by a group."""

    def receive(bootstrap: str) -> bytes:
        group = {"group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest"}
        consumer = Consumer({"bootstrap.servers": bootstrap, **group})
        try:
            consumer.subscribe(["greetings"])
            message = process.eventually(lambda: consumer.poll(1), "a record comes")
            assert message.error() is None, message.error()
            return message.value()
        finally:
            consumer.close()

    return receive
