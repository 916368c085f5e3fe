"""What the command of the container image adds to the settings it was given."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from kafkapy.cli import Settings, parse_args
from kafkapy.config.sources import read_environment

SCRIPT = Path(__file__).resolve().parents[2] / "docker" / "run.py"


def settings(environ: dict[str, str]) -> Settings:
    """Give the settings of a broker in a container with this environment."""
    spec = importlib.util.spec_from_file_location("container_run", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.set_defaults(environ, read_environment(environ))
    return parse_args([], environ)


def listeners(environ: dict[str, str]) -> tuple[list[str], list[str]]:
    """Give the listeners and the advertised ones."""
    config = settings(environ).broker_config
    return [*map(str, config.listeners)], [*map(str, config.advertised_listeners)]


def test_without_settings_it_serves_the_host_and_other_containers() -> None:
    assert listeners({}) == (
        ["PLAINTEXT://0.0.0.0:9092", "INTERNAL://0.0.0.0:19092"],
        ["PLAINTEXT://localhost:9092", "INTERNAL://:19092"],
    )


@pytest.mark.parametrize("host", ["broker.example", "[::1]", ""])
def test_it_listens_on_the_ports_that_are_advertised(host: str) -> None:
    advertised = f"A://{host}:29092,B://b:1"
    environ = {
        "KAFKA_ADVERTISED_LISTENERS": advertised,
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "A:PLAINTEXT,B:PLAINTEXT",
    }
    expected = ["A://0.0.0.0:29092", "B://0.0.0.0:1"]
    assert listeners(environ) == (expected, advertised.split(","))


def test_listeners_that_are_set_stay() -> None:
    environ = {"KAFKA_LISTENERS": "PLAINTEXT://0.0.0.0:1"}
    assert listeners(environ) == (["PLAINTEXT://0.0.0.0:1"], ["PLAINTEXT://:1"])


def test_the_data_lies_in_the_volume_unless_told_otherwise() -> None:
    assert settings({}).data_dir == "/var/lib/kafka/data"
    assert settings({"KAFKA_LOG_DIRS": "/elsewhere"}).data_dir == "/elsewhere"


def test_testcontainers_listeners_are_understood() -> None:
    assert listeners(
        {
            "KAFKA_LISTENERS": "PLAINTEXT://0.0.0.0:9092,BROKER://0.0.0.0:9093,"
            "CONTROLLER://0.0.0.0:9094,TC-0://kafka:19092",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT,"
            "CONTROLLER:PLAINTEXT,TC-0:PLAINTEXT",
            "KAFKA_INTER_BROKER_LISTENER_NAME": "BROKER",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9094",
            "KAFKA_ADVERTISED_LISTENERS": "PLAINTEXT://localhost:32768,BROKER://0b18b76ff6b9:9093,"
            "TC-0://kafka:19092",
        }
    ) == (
        ["PLAINTEXT://0.0.0.0:9092", "BROKER://0.0.0.0:9093", "TC-0://kafka:19092"],
        ["PLAINTEXT://localhost:32768", "BROKER://0b18b76ff6b9:9093", "TC-0://kafka:19092"],
    )
