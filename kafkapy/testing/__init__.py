"""A broker for tests: in a background thread, on a free port, in memory unless told otherwise.

from kafkapy.testing import Broker

with Broker(topics=["orders:3"]) as broker:
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap_servers)

`KafkapyContainer` is the same in a container, for testcontainers-python.
"""

from typing import TYPE_CHECKING

from kafkapy.testing.broker import Broker

if TYPE_CHECKING:
    from kafkapy.testing.container import KafkapyContainer

__all__ = ["Broker", "KafkapyContainer"]


def __getattr__(name: str) -> object:
    if name == "KafkapyContainer":  # on demand: it imports a client of Docker
        from kafkapy.testing.container import KafkapyContainer

        return KafkapyContainer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
