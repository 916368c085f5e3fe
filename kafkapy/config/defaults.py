"""The defaults that differ from Kafka's, all of them, with the reason."""

from __future__ import annotations

from typing import Any

CHANGED_DEFAULTS: dict[str, Any] = {
    # Kafka listens on all interfaces. Without authentication that is no default for a laptop.
    "listeners": ("PLAINTEXT://127.0.0.1:9092",),
    # Kafka demands these three; a broker that starts without a file needs a value.
    "node.id": 1,
    "broker.id": 1,
    "process.roles": ("broker", "controller"),
    # Kafka's directory is lost at a reboot, and a real Kafka's data may lie in it.
    "log.dir": ("kafkapy-data",),
    # One broker cannot keep three replicas; every quick start of Kafka changes these.
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
}
