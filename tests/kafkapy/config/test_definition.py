import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.config.definition import ConfigError, ConfigKey, ConfigType, parse, to_text
from kafkapy.config.registry import BROKER, CLIENT_METRICS, GROUP, TOPIC

LONG = ConfigKey("a.long", ConfigType.LONG, 0)
DOUBLE = ConfigKey("a.double", ConfigType.DOUBLE, 0.0)
LIST = ConfigKey("a.list", ConfigType.LIST, ())

# What Kafka 4.3.1 answers to CreateTopics with these settings.
REFUSED = [
    ("retention.ms", "abc", "Not a number of type LONG"),
    ("retention.ms", "", "Not a number of type LONG"),
    ("retention.ms", "5_0", "Not a number of type LONG"),
    ("retention.ms", "0x10", "Not a number of type LONG"),
    ("retention.ms", "9223372036854775808", "Not a number of type LONG"),
    ("retention.ms", "-2", "Value must be at least -1"),
    ("segment.bytes", "1.5", "Not a number of type INT"),
    ("segment.bytes", "2147483648", "Not a number of type INT"),
    ("segment.bytes", "100", "Value must be at least 1048576"),
    ("cleanup.policy", "x", "String must be one of: compact, delete"),
    ("preallocate", "yes", "Expected value to be either true or false"),
    ("min.cleanable.dirty.ratio", "1.5", "Value must be no more than 1"),
    ("min.cleanable.dirty.ratio", "-0.1", "Value must be at least 0"),
    ("min.cleanable.dirty.ratio", "x", "Not a number of type DOUBLE"),
    ("message.timestamp.type", "x", "String must be one of: CreateTime, LogAppendTime"),
    (
        "compression.type",
        "none",
        "String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer",
    ),
    ("compression.gzip.level", "0", "Value must be between 1 and 9 or equal to -1"),
    ("compression.zstd.level", "23", "Value must be no more than 22"),
    ("max.compaction.lag.ms", "0", "Value must be at least 1"),
]


@pytest.mark.parametrize(("name", "text", "reason"), REFUSED)
def test_a_bad_value_is_refused_in_kafkas_words(name, text, reason):
    with pytest.raises(ConfigError) as caught:
        parse(TOPIC[name], text)
    assert str(caught.value) == f"Invalid value {text} for configuration {name}: {reason}"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("retention.ms", " 5 ", 5),
        ("retention.ms", "+5", 5),
        ("retention.ms", "-1", -1),
        ("cleanup.policy", "compact, delete", ("compact", "delete")),
        ("cleanup.policy", "compact,compact", ("compact",)),
        ("cleanup.policy", "", ()),
        ("preallocate", " TRUE ", True),
        ("min.cleanable.dirty.ratio", "1e-1", 0.1),
        ("min.cleanable.dirty.ratio", "0.5f", 0.5),
        ("message.timestamp.type", " CreateTime ", "CreateTime"),
        ("leader.replication.throttled.replicas", "*", ("*",)),
        ("leader.replication.throttled.replicas", "0:1,1:2", ("0:1", "1:2")),
    ],
)
def test_a_value_is_read_as_kafka_reads_it(name, text, value):
    assert parse(TOPIC[name], text) == value


@pytest.mark.parametrize("text", ["delete,,compact", ",compact"])
def test_an_empty_item_of_a_list_is_refused(text):
    with pytest.raises(ConfigError, match=r"^Configuration 'cleanup.policy' values must not be"):
        parse(TOPIC["cleanup.policy"], text)


def test_throttled_replicas_are_pairs_of_numbers():
    name = "leader.replication.throttled.replicas"
    with pytest.raises(ConfigError) as caught:
        parse(TOPIC[name], "0:1,x")
    assert str(caught.value).startswith(f"Invalid value [0:1, x] for configuration {name}: {name}")


@pytest.mark.parametrize("text", ["earliest", "latest", "by_duration:PT1H", "by_duration:P1DT2.5S"])
def test_a_share_group_may_start_at_an_end_or_some_time_ago(text):
    assert parse(GROUP["share.auto.offset.reset"], text) == text


@pytest.mark.parametrize(
    "text",
    ["x", "by_duration:x", "by_duration:-PT1H", "by_duration:P", "by_duration:PT", "by:PT1S"],
)
def test_a_share_group_may_start_nowhere_else(text):
    with pytest.raises(ConfigError, match="must be either 'earliest', 'latest' or"):
        parse(GROUP["share.auto.offset.reset"], text)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.5, "0.5"),
        (1.0, "1.0"),
        (0.0, "0.0"),
        (1e7, "1.0E7"),
        (1.25e-4, "1.25E-4"),
        (12345678.0, "1.2345678E7"),
        (1e22, "1.0E22"),
        (-1e-5, "-1.0E-5"),
        (1.7976931348623157e308, "1.7976931348623157E308"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (math.nan, "NaN"),
    ],
)
def test_a_double_is_written_as_java_writes_it(number, text):
    assert to_text(number) == text


@given(st.floats(allow_nan=False))
def test_a_double_that_was_written_reads_as_itself(number):
    assert parse(DOUBLE, to_text(number)) == number


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_long_that_was_written_reads_as_itself(number):
    assert parse(LONG, to_text(number)) == number


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters=","), min_size=1)))
def test_a_list_that_was_written_reads_as_itself(items):
    value = tuple(dict.fromkeys(item.strip() for item in items if item.strip()))
    assert parse(LIST, to_text(value)) == value


@given(st.text())
def test_any_text_gives_a_value_or_a_config_error(text):
    for key in (LONG, DOUBLE, LIST, *TOPIC.values(), *GROUP.values()):
        with contextlib.suppress(ConfigError):
            assert to_text(parse(key, text)) is not None


@pytest.mark.parametrize("registry", [BROKER, TOPIC, GROUP, CLIENT_METRICS])
def test_every_default_is_allowed_and_reads_as_itself(registry):
    for key in registry.values():
        if key.default is not None:
            assert parse(key, to_text(key.default)) == key.default
