"""The container image under testcontainers-python (the extra `testcontainers`).

from kafkapy.testing import KafkapyContainer

with KafkapyContainer(topics=["orders:3"]) as kafka:
    producer = KafkaProducer(bootstrap_servers=kafka.get_bootstrap_server())
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from kafkapy import __version__

_PORT, _INTERNAL_PORT = 9092, 19092
# Which port of the host is ours is known once the container runs, so the broker waits for a file.
_ENVIRONMENT = "/tmp/kafkapy.env"
_COMMAND = f'until [ -s {_ENVIRONMENT} ]; do sleep 0.02; done; . {_ENVIRONMENT}; exec "$@"'
_RUN = "/etc/kafka/docker/run"


class KafkapyContainer(DockerContainer):
    """A broker in a container, reachable from the host and from containers on its network.

    `config` holds Kafka's `server.properties` keys; `topics` are names, or `NAME:PARTITIONS`;
    `options` are those of DockerContainer. A consumer group's first rebalance does not wait for
    more members, unless configured otherwise.
    """

    def __init__(
        self,
        image: str = f"kafkapy:{__version__}",
        *,
        config: Mapping[str, str] | None = None,
        topics: Sequence[str] = (),
        **options: Any,
    ) -> None:
        super().__init__(image, **options)
        settings = {"group.initial.rebalance.delay.ms": "0", **(config or {})}
        arguments = [f"--override={key}={value}" for key, value in settings.items()]
        arguments += [f"--topic={topic}" for topic in topics]
        self.with_command(["sh", "-c", _COMMAND, "sh", _RUN, *arguments])
        self.with_exposed_ports(_PORT)
        self.with_env("KAFKA_LISTENERS", f"HOST://:{_PORT},INTERNAL://:{_INTERNAL_PORT}")
        self.with_env("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", "HOST:PLAINTEXT,INTERNAL:PLAINTEXT")

    def start(self, timeout: int = 30) -> Self:
        """Start, and return when clients are accepted.

        Raises TimeoutError after `timeout` seconds, RuntimeError for a broker that does not start.
        """
        super().start()
        advertised = f"HOST://{self.get_bootstrap_server()},INTERNAL://:{_INTERNAL_PORT}"
        line = f"export KAFKA_ADVERTISED_LISTENERS={advertised}"
        self.exec(["sh", "-c", f"echo '{line}' > {_ENVIRONMENT}"])
        ready = LogMessageWaitStrategy(r"^kafkapy \S+ is ready on ").with_poll_interval(0.1)
        try:
            ready.with_startup_timeout(timeout).wait_until_ready(self)
        except (RuntimeError, TimeoutError) as error:
            error.add_note(self.get_logs()[1].decode(errors="replace"))
            raise
        return self

    def get_bootstrap_server(self) -> str:
        """Give the address for clients on the host, `host:port`."""
        return f"{self.get_container_host_ip()}:{self.get_exposed_port(_PORT)}"

    def get_internal_bootstrap_server(self) -> str:
        """Give the address for clients in other containers on the same network, `host:port`.

        An alias that the container has there does as well as its id.
        """
        return f"{self.get_wrapped_container().short_id}:{_INTERNAL_PORT}"
