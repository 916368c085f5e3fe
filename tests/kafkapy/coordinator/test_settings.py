"""The coordinator's settings come from the broker's configuration."""

from kafkapy.config.broker import BrokerConfig
from kafkapy.coordinator.settings import GroupSettings


def test_the_defaults_are_those_of_the_configuration() -> None:
    assert GroupSettings.from_config(BrokerConfig()) == GroupSettings()


def test_configured_values_are_taken_in_milliseconds() -> None:
    config = BrokerConfig(
        {"offsets.retention.minutes": "2", "group.initial.rebalance.delay.ms": "0"}
    )
    settings = GroupSettings.from_config(config)
    assert (settings.offsets_retention_ms, settings.initial_rebalance_delay_ms) == (120_000, 0)
