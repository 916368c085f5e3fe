"""A broker for tests: in a background thread, on a free port, in memory unless told otherwise.

from kafkapy.testing import Broker

with Broker(topics=["orders:3"]) as broker:
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap_servers)

`KafkapyContainer` is the same in a container, for testcontainers-python. The fixtures for pytest
are in `kafkapy.testing.pytest_plugin`; docs/testing.md describes all of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kafkapy.testing.broker import Broker
    from kafkapy.testing.container import KafkapyContainer
    from kafkapy.testing.faults import Fault
    from kafkapy.testing.records import Record
    from kafkapy.testing.requests import LoggedRequest

__all__ = ["Broker", "Fault", "KafkapyContainer", "LoggedRequest", "Record"]

# Imported on demand: pytest imports the plugin in this package in every project, used or not.
_MODULES = {
    "Broker": "broker",
    "Fault": "faults",
    "KafkapyContainer": "container",
    "LoggedRequest": "requests",
    "Record": "records",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"kafkapy.testing.{_MODULES[name]}"), name)
