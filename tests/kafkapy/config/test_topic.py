import pytest

from kafkapy.config.broker import BrokerConfig
from kafkapy.config.definition import ConfigError
from kafkapy.config.topic import TopicConfig, resolve_topic
from kafkapy.storage.config import LogConfig, TimestampType


def test_without_settings_a_topic_has_the_defaults_of_its_fields():
    assert resolve_topic({}, BrokerConfig()) == TopicConfig()


def test_a_topics_configuration_is_one_of_a_log():
    assert isinstance(resolve_topic({}, BrokerConfig()), LogConfig)


def test_a_topics_own_setting_wins_over_the_brokers():
    broker = BrokerConfig({"log.retention.ms": "1", "message.max.bytes": "2"})
    config = resolve_topic({"retention.ms": "3"}, broker)
    assert (config.retention_ms, config.max_message_bytes) == (3, 2)


def test_values_have_the_types_that_a_log_works_with():
    texts = {"cleanup.policy": "delete,compact", "message.timestamp.type": "LogAppendTime"}
    config = resolve_topic(texts, BrokerConfig())
    assert config.cleanup_policy == {"compact", "delete"}
    assert config.message_timestamp_type is TimestampType.LOG_APPEND_TIME


@pytest.mark.parametrize(
    ("settings", "retention_ms"),
    [
        ({"log.retention.hours": "2"}, 7_200_000),
        ({"log.retention.hours": "2", "log.retention.minutes": "3"}, 180_000),
        ({"log.retention.minutes": "3", "log.retention.ms": "4"}, 4),
        ({"log.retention.hours": "-1"}, -1),
    ],
)
def test_the_finest_unit_of_retention_wins(settings, retention_ms):
    assert resolve_topic({}, BrokerConfig(settings)).retention_ms == retention_ms


def test_rolling_and_flushing_fall_back_to_coarser_keys():
    broker = BrokerConfig(
        {
            "log.roll.hours": "1",
            "log.roll.jitter.hours": "2",
            "log.flush.scheduler.interval.ms": "3",
        }
    )
    config = resolve_topic({}, broker)
    assert config.segment_ms == 3_600_000
    assert config.segment_jitter_ms == 7_200_000
    assert config.flush_ms == 3


def test_tests_may_have_tiny_segments():
    assert resolve_topic({"internal.segment.bytes": "100"}, BrokerConfig()).segment_bytes == 100


def test_an_unknown_key_is_named():
    with pytest.raises(ConfigError, match=r"^Unknown topic config name: message\.format\.version$"):
        resolve_topic({"message.format.version": "3.0"}, BrokerConfig())
