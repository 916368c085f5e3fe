"""The settings of the broker's own topics."""

from __future__ import annotations

import pytest

from kafkapy.config.broker import BrokerConfig
from kafkapy.internal_topics import overrides_of, partition_count_of
from kafkapy.metadata.image import INTERNAL_TOPICS, Image


@pytest.mark.parametrize("name", sorted(INTERNAL_TOPICS))
def test_an_internal_topic_has_kafkas_partition_count_and_valid_settings(name: str) -> None:
    config = BrokerConfig({})
    assert partition_count_of(name, config) == 50
    assert Image(config).topic_config(overrides_of(name, config)).cleanup_policy


def test_internal_topics_follow_the_configuration_of_the_broker() -> None:
    config = BrokerConfig(
        {
            "offsets.topic.num.partitions": "3",
            "offsets.topic.segment.bytes": "1048576",
            "transaction.state.log.min.isr": "1",
        }
    )
    assert partition_count_of("__consumer_offsets", config) == 3
    assert overrides_of("__consumer_offsets", config)["segment.bytes"] == "1048576"
    assert overrides_of("__transaction_state", config)["min.insync.replicas"] == "1"
