"""The settings of the transaction coordinator, with Kafka's defaults."""

from __future__ import annotations

from typing import NamedTuple

from kafkapy.coordinator.settings import Config


class TransactionSettings(NamedTuple):
    """What the state machine of transactions needs of the broker's configuration."""

    max_timeout_ms: int = 900_000
    abort_interval_ms: int = 10_000
    expiration_ms: int = 7 * 24 * 60 * 60_000
    expiry_interval_ms: int = 3_600_000

    @classmethod
    def from_config(cls, config: Config) -> TransactionSettings:
        """Read the broker's configuration."""
        return cls(
            max_timeout_ms=config["transaction.max.timeout.ms"],
            abort_interval_ms=config["transaction.abort.timed.out.transaction.cleanup.interval.ms"],
            expiration_ms=config["transactional.id.expiration.ms"],
            expiry_interval_ms=config["transaction.remove.expired.transaction.cleanup.interval.ms"],
        )
