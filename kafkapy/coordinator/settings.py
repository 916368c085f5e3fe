"""The settings of the group coordinator, with Kafka's defaults."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol


class Config(Protocol):
    """Values by Kafka's keys."""

    def __getitem__(self, name: str) -> Any:
        """Give the value of a key."""


class GroupSettings(NamedTuple):
    """What the state machine of groups needs of the broker's configuration."""

    min_session_timeout_ms: int = 6_000
    max_session_timeout_ms: int = 1_800_000
    initial_rebalance_delay_ms: int = 3_000
    max_size: int = 2**31 - 1
    new_member_join_timeout_ms: int = 300_000
    offset_metadata_max_bytes: int = 4_096
    offsets_retention_ms: int = 7 * 24 * 60 * 60_000
    offsets_retention_check_interval_ms: int = 600_000

    @classmethod
    def from_config(cls, config: Config) -> GroupSettings:
        """Read the broker's configuration."""
        return cls(
            min_session_timeout_ms=config["group.min.session.timeout.ms"],
            max_session_timeout_ms=config["group.max.session.timeout.ms"],
            initial_rebalance_delay_ms=config["group.initial.rebalance.delay.ms"],
            max_size=config["group.max.size"],
            offset_metadata_max_bytes=config["offset.metadata.max.bytes"],
            offsets_retention_ms=config["offsets.retention.minutes"] * 60_000,
            offsets_retention_check_interval_ms=config["offsets.retention.check.interval.ms"],
        )
