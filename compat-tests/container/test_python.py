"""testcontainers-python: our class, and its own class for Confluent's image with our image."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
from confluent_kafka.admin import AdminClient

testcontainers = pytest.importorskip("testcontainers.core.container")
network_module = pytest.importorskip("testcontainers.core.network")

from kafkapy.testing import KafkapyContainer  # noqa: E402

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # in new versions the module is elsewhere
    from testcontainers.kafka import KafkaContainer

pytestmark = pytest.mark.timeout(700)


def test_our_class_gives_a_broker_with_topics_and_settings(
    image: str, send: Callable[[str, bytes], None], receive: Callable[[str], bytes]
) -> None:
    config = {"auto.create.topics.enable": "false"}
    with KafkapyContainer(image, topics=["greetings:3"], config=config) as kafka:
        bootstrap = kafka.get_bootstrap_server()
        topics = AdminClient({"bootstrap.servers": bootstrap}).list_topics("other").topics
        assert topics["other"].error is not None
        send(bootstrap, b"hello")
        assert receive(bootstrap) == b"hello"


def test_our_class_serves_containers_on_its_network_too(
    image: str, run_client: Callable[[str, str], str], receive: Callable[[str], bytes]
) -> None:
    with (
        network_module.Network() as network,
        KafkapyContainer(image).with_network(network).with_network_aliases("kafka") as kafka,
    ):
        for bootstrap in (kafka.get_internal_bootstrap_server(), "kafka:19092"):
            assert "received hello" in run_client(network.name, bootstrap)
        assert receive(kafka.get_bootstrap_server()) == b"hello"


def test_our_class_says_why_a_broker_did_not_start(image: str) -> None:
    with (
        pytest.raises(RuntimeError) as caught,
        KafkapyContainer(image, config={"num.partitions": "none"}),
    ):
        pass
    assert "num.partitions" in caught.value.__notes__[0]


@pytest.mark.parametrize("kraft", [False, True], ids=["zookeeper", "kraft"])
def test_the_class_for_confluents_image_starts_ours(
    kraft: bool,
    tagged: Callable[[str], str],
    send: Callable[[str, bytes], None],
    receive: Callable[[str], bytes],
) -> None:
    container = KafkaContainer(tagged("7.6.0"))  # it reads what the image can do from its tag
    if kraft:
        container.with_kraft()
    with container as kafka:
        send(kafka.get_bootstrap_server(), b"hello")
        assert receive(kafka.get_bootstrap_server()) == b"hello"
