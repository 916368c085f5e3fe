"""Which client a test is about, and which version of it: a row of the report card."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from harness import process, reference

SUITES = Path(__file__).resolve().parents[2]
Parameters = Mapping[str, object]


def found(pattern: str, text: str) -> str:
    """Give the first group of a pattern in a text; nothing when it is not there."""
    match = re.search(pattern, text, re.MULTILINE)
    return match[1] if match else ""


def said(*command: str) -> str:
    """Give what a program that is installed says of itself."""
    if process.missing(command[0]):
        return ""
    try:
        done = process.run(command, timeout_s=20, check=False)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout + done.stderr


def distribution(name: str) -> str:
    try:
        return f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return name


def kafka_python_2(parameters: Parameters) -> str:
    required = (SUITES / "kafka_python_2" / "requirements.txt").read_text()
    return required.strip().replace("==", " ")


def confluent(parameters: Parameters) -> str:
    try:
        import confluent_kafka
    except ImportError:
        return "confluent-kafka"
    return f"{distribution('confluent-kafka')} (librdkafka {confluent_kafka.libversion()[0]})"


@functools.cache
def kcat(parameters: object) -> str:
    text = said("kcat", "-V")
    library = found(r"librdkafka (\d[\d.]*)", text)
    version = f"kcat {found('^Version ([^ ]+)', text)}".rstrip()
    return f"{version} (librdkafka {library})" if library else version


@functools.cache
def c(parameters: object) -> str:
    return f"librdkafka {said('pkg-config', '--modversion', 'rdkafka').strip()}".rstrip() + " (C)"


def rust(parameters: Parameters) -> str:
    lock = (SUITES / "rust" / "Cargo.lock").read_text()
    crate = found(r'^name = "rdkafka"\nversion = "([^"]+)"', lock)
    library = found(r'^name = "rdkafka-sys"\nversion = "[^+"]+\+([^"]+)"', lock)
    return f"rdkafka {crate} (Rust, librdkafka {library})"


def node(parameters: Parameters) -> str:
    lock = json.loads((SUITES / "node" / "package-lock.json").read_text())
    return f"KafkaJS {lock['packages']['node_modules/kafkajs']['version']} (Node.js)"


_GO = {
    "franz": ("franz-go", "github.com/twmb/franz-go"),
    "kafkago": ("kafka-go", "github.com/segmentio/kafka-go"),
    "sarama": ("Sarama", "github.com/IBM/sarama"),
}


def go(parameters: Parameters) -> str:
    client, _, age = str(parameters["client"]).partition("-")
    name, module = _GO[client]
    version = found(rf"^\s*(?:require )?{re.escape(module)} v(\S+)", _go_mod())
    return f"{name} {version} (Go{f', as {age}' if age else ''})"


@functools.cache
def _go_mod() -> str:
    return (SUITES / "go" / "go.mod").read_text()


# The folder of a suite, and how to name its client from the parameters of a test.
CLIENTS: dict[str, Callable[[Parameters], str]] = {
    "kafka_python": lambda _: distribution("kafka-python"),
    "kafka_python_2": kafka_python_2,
    "confluent_kafka": confluent,
    "aiokafka": lambda _: distribution("aiokafka"),
    "kcat": lambda _: kcat(None),
    "c": lambda _: c(None),
    "rust": rust,
    "node": node,
    "go": go,
    "java_client": lambda it: f"kafka-clients {it.get('version', '')}".rstrip() + " (Java)",
    "streams": lambda _: f"Kafka Streams {reference.VERSION} (Java)",
    "java_tools": lambda _: f"Kafka's command line tools {reference.VERSION}",
}
