"""Fixtures for pytest: brokers in the test's process, in one of their own, or wherever they are.

pytest loads this module in every project in whose environment kafkapy is installed, so it imports
nothing but pytest and the standard library until a fixture is used. docs/testing.md describes it.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

if TYPE_CHECKING:
    from kafkapy.testing.broker import Broker
    from kafkapy.testing.process import BrokerProcess, ExistingBroker

    AnyBroker: TypeAlias = Broker | ExistingBroker
    MakeBroker: TypeAlias = Callable[..., Broker]

_MAX_TOPIC_LENGTH = 200
# Name, help, and how the ini file and the command line take it.
_OPTIONS: Sequence[tuple[str, str, Any, dict[str, Any]]] = (
    (
        "kafka_port",
        "port of the brokers that fixtures start; 0 takes a free one (0). "
        "With pytest-xdist each worker adds its number",
        "string",
        {"metavar": "N"},
    ),
    (
        "kafka_config",
        "a setting of server.properties for these brokers; may be repeated",
        "linelist",
        {"metavar": "KEY=VALUE", "action": "append"},
    ),
    (
        "kafka_topic",
        "a topic that these brokers have from the start; may be repeated",
        "linelist",
        {"metavar": "NAME[:PARTITIONS]", "action": "append"},
    ),
    (
        "kafka_as_version",
        "the release of Kafka whose APIs these brokers serve",
        "string",
        {"metavar": "RELEASE"},
    ),
    (
        "kafka_bootstrap_servers",
        "an existing Kafka, which kafka_broker_noproc, kafka_topic and kafka_bootstrap_servers use",
        "string",
        {"metavar": "HOST:PORT"},
    ),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare each option twice: `kafka_…` in the ini file, `--kafka-…` on the command line."""
    group = parser.getgroup("kafka", "Kafka brokers (kafkapy)")
    for name, text, kind, how in _OPTIONS:
        flag = f"--{name.replace('_', '-')}"
        group.addoption(flag, dest=name, default=None, help=text, **how)
        parser.addini(name, text, type=kind, default=None)


def _option(config: pytest.Config, name: str) -> Any:
    """Give what the command line says, else the ini file, else None."""
    value = config.getoption(name)
    return value if value not in (None, []) else config.getini(name) or None


def _settings(config: pytest.Config) -> dict[str, str]:
    settings = {}
    in_file, on_line = config.getini("kafka_config"), config.getoption("kafka_config")
    for entry in (*(in_file or ()), *(on_line or ())):
        key, equals, value = entry.partition("=")
        if not equals:
            raise pytest.UsageError(f"kafka_config: {entry!r} is not KEY=VALUE")
        settings[key.strip()] = value.strip()
    return settings


def _port(config: pytest.Config) -> int:
    text = _option(config, "kafka_port") or "0"
    if not re.fullmatch("[0-9]+", text):
        raise pytest.UsageError(f"kafka_port: {text!r} is not a number")
    worker = re.fullmatch("gw([0-9]+)", os.environ.get("PYTEST_XDIST_WORKER", ""))
    return int(text) + int(worker[1]) if worker and int(text) else int(text)


def _arguments(
    config: pytest.Config,
    settings: Mapping[str, str] | None = None,
    topics: Sequence[str] | None = None,
    as_version: str | None = None,
) -> dict[str, Any]:
    """Resolve what a broker is made with: arguments win over options."""
    return {
        "config": {**_settings(config), **(settings or {})},
        "topics": _option(config, "kafka_topic") or () if topics is None else topics,
        "as_version": _option(config, "kafka_as_version") if as_version is None else as_version,
    }


@pytest.fixture(scope="session")
def _kafka_broker_of_worker(pytestconfig: pytest.Config) -> Iterator[Broker]:
    """The one broker of this process, which starts when a test first wants it."""
    from kafkapy.testing.broker import Broker

    arguments = _arguments(pytestconfig)
    with Broker(port=_port(pytestconfig), **arguments) as broker:
        yield broker


@pytest.fixture
def kafka_broker(_kafka_broker_of_worker: Broker) -> Broker:
    """A `kafkapy.testing.Broker`, as good as new for each test."""
    _kafka_broker_of_worker.reset()
    return _kafka_broker_of_worker


@pytest.fixture(scope="session")
def kafka_broker_proc(pytestconfig: pytest.Config) -> Iterator[BrokerProcess]:
    """A broker in a process of its own, one for all tests of this session or worker."""
    from kafkapy.testing.process import BrokerProcess

    arguments = _arguments(pytestconfig)
    with BrokerProcess(port=_port(pytestconfig), **arguments) as broker:
        yield broker


@pytest.fixture(scope="session")
def kafka_broker_noproc(pytestconfig: pytest.Config) -> ExistingBroker:
    """The Kafka at `--kafka-bootstrap-servers`, which nobody starts or stops here."""
    from kafkapy.testing.process import ExistingBroker

    address = _option(pytestconfig, "kafka_bootstrap_servers")
    if address is None:
        raise pytest.UsageError("kafka_broker_noproc needs --kafka-bootstrap-servers")
    return ExistingBroker(address)


@pytest.fixture
def make_kafka_broker(pytestconfig: pytest.Config) -> Iterator[MakeBroker]:
    """Make brokers of this test's own: `make_kafka_broker(config=…, topics=…, port=…, …)`.

    The arguments are those of `kafkapy.testing.Broker`; settings, topics and release that are left
    out come from the options. Every broker is stopped after the test.
    """
    from kafkapy.testing.broker import Broker

    brokers: list[Broker] = []

    def make(
        config: Mapping[str, str] | None = None,
        *,
        topics: Sequence[str] | None = None,
        as_version: str | None = None,
        **options: Any,
    ) -> Broker:
        arguments = _arguments(pytestconfig, config, topics, as_version)
        broker = Broker(**arguments, **options).start()
        brokers.append(broker)
        return broker

    yield make
    for broker in reversed(brokers):
        broker.stop()


@pytest.fixture
def _kafka_of_test(request: pytest.FixtureRequest) -> AnyBroker:
    """The Kafka that the options name, or else `kafka_broker`."""
    named = _option(request.config, "kafka_bootstrap_servers") is not None
    broker: AnyBroker = request.getfixturevalue("kafka_broker_noproc" if named else "kafka_broker")
    return broker


@pytest.fixture
def kafka_bootstrap_servers(_kafka_of_test: AnyBroker) -> str:
    """The address for clients: of `kafka_broker`, or of the Kafka that the options name."""
    return _kafka_of_test.bootstrap_servers


@pytest.fixture
def kafka_topic(_kafka_of_test: AnyBroker, request: pytest.FixtureRequest) -> str:
    """The name of a new topic with one partition, at `kafka_bootstrap_servers`."""
    test = re.sub("[^a-zA-Z0-9]+", "-", request.node.name).strip("-")[:_MAX_TOPIC_LENGTH]
    name = f"{test}-{uuid.uuid4().hex[:8]}"
    _kafka_of_test.create_topic(name)
    return name
