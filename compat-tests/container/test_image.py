"""The image by hand: `docker run`, and a stock client on the host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient
from harness import process

pytestmark = pytest.mark.timeout(700)

CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"


def metadata(bootstrap: str) -> Any:
    return AdminClient({"bootstrap.servers": bootstrap}).list_topics(timeout=20)


def published() -> tuple[list[str], str]:
    """Options for a port that is the same inside and outside, and its address."""
    (port,) = process.free_ports(1)
    address = f"127.0.0.1:{port}"
    advertised = f"KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://{address}"
    return ["-p", f"{address}:{port}", "-e", advertised], address


def test_a_client_on_the_host_produces_and_consumes(
    start: Callable[..., Any],
    send: Callable[[str, bytes], None],
    receive: Callable[[str], bytes],
) -> None:
    options, address = published()
    start(*options)
    send(address, b"hello")
    assert receive(address) == b"hello"


def test_a_container_without_settings_is_for_localhost(start: Callable[..., Any]) -> None:
    container = start("-p", "127.0.0.1::9092")
    brokers = metadata(container.port(9092)).brokers
    assert [(broker.host, broker.port) for broker in brokers.values()] == [("localhost", 9092)]


def test_a_client_in_another_container_needs_no_settings(
    start: Callable[..., Any], network: str, run_client: Callable[[str, str], str]
) -> None:
    container = start("--network", network, "--network-alias", "kafka")
    assert run_client(network, "kafka:19092").split() == ["sent", "0", "received", "hello"]
    container.remove()


def test_a_listener_may_be_on_an_alias_of_the_network(
    start: Callable[..., Any], network: str, run_client: Callable[[str, str], str]
) -> None:
    listener = "TC-0://kafka:19092"  # as Testcontainers' withListener does
    variables = {
        "KAFKA_LISTENERS": f"PLAINTEXT://0.0.0.0:9092,CONTROLLER://0.0.0.0:9094,{listener}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
        "TC-0:PLAINTEXT",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://localhost:9092,{listener}",
    }
    options = [word for pair in variables.items() for word in ("-e", "=".join(pair))]
    container = start("--network", network, "--network-alias", "kafka", *options)
    assert "received hello" in run_client(network, "kafka:19092")
    container.remove()


def test_variables_win_over_the_mounted_file(start: Callable[..., Any], tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "server.properties").write_text("num.partitions=2\nnode.id=7\n")
    mount = f"{tmp_path}:/mnt/shared/config:ro"
    variables = ["-e", "KAFKA_NUM_PARTITIONS=5", "-e", f"CLUSTER_ID={CLUSTER_ID}"]
    container = start("-p", "127.0.0.1::9092", "-v", mount, *variables, arguments=("--topic", "t"))
    found = metadata(container.port(9092))
    assert len(found.topics["t"].partitions) == 5
    assert list(found.brokers) == [7]
    assert found.cluster_id == CLUSTER_ID
    assert "[KafkaServer id=7] started" in container.log()


def test_the_data_outlives_the_container(
    start: Callable[..., Any],
    volume: str,
    send: Callable[[str, bytes], None],
    receive: Callable[[str], bytes],
) -> None:
    options, address = published()
    options += ["-v", f"{volume}:/var/lib/kafka/data"]
    first = start(*options)
    send(address, b"kept")
    assert first.stop() == 0
    first.remove()
    second = start(*options)
    assert receive(address) == b"kept"
    second.remove()


def test_the_broker_is_no_root_and_needs_no_writable_root(start: Callable[..., Any]) -> None:
    container = start("--read-only", "--cap-drop", "ALL")
    assert container.execute("id", "-u") == "1000"
