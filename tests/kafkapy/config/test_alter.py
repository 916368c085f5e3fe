import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.config.alter import (
    Operation,
    OperationType,
    alter_broker,
    alter_broker_defaults,
    alter_client_metrics,
    alter_group,
    alter_topic,
)
from kafkapy.config.broker import BrokerConfig
from kafkapy.config.definition import ConfigError
from kafkapy.config.group import resolve_group
from kafkapy.config.registry import TOPIC
from kafkapy.config.topic import resolve_topic
from kafkapy.wire.error_codes import ErrorCode

BROKER = BrokerConfig()
INVALID_CONFIG, INVALID_REQUEST = ErrorCode.INVALID_CONFIG, ErrorCode.INVALID_REQUEST


def set_(name, value):
    return Operation(OperationType.SET, name, value)


def append(name, value):
    return Operation(OperationType.APPEND, name, value)


def subtract(name, value):
    return Operation(OperationType.SUBTRACT, name, value)


def delete(name):
    return Operation(OperationType.DELETE, name)


def refused(change, code, sentence):
    with pytest.raises(ConfigError) as caught:
        change()
    assert (caught.value.code, str(caught.value)) == (code, sentence)


def test_a_set_value_is_kept_as_it_was_written():
    assert alter_topic({}, [set_("retention.ms", " 12 ")], BROKER) == {"retention.ms": " 12 "}


def test_deleting_removes_what_is_set_and_ignores_what_is_not():
    operations = [delete("retention.ms"), delete("cleanup.policy"), delete("no.such.key")]
    assert alter_topic({"retention.ms": "5"}, operations, BROKER) == {}


@pytest.mark.parametrize(
    ("before", "operation", "after"),
    [
        (None, append("cleanup.policy", "compact"), "delete,compact"),
        ("delete,compact", append("cleanup.policy", "compact,compact"), "delete,compact"),
        ("delete,compact", subtract("cleanup.policy", "delete"), "compact"),
        ("compact", subtract("cleanup.policy", "delete"), "compact"),
        ("compact", subtract("cleanup.policy", "compact"), ""),
        ("", append("cleanup.policy", "compact"), "compact"),
        ("compact", append("cleanup.policy", " delete , compact"), "compact,delete"),
    ],
)
def test_lists_grow_and_shrink(before, operation, after):
    overrides = {} if before is None else {"cleanup.policy": before}
    assert alter_topic(overrides, [operation], BROKER) == {"cleanup.policy": after}


# The codes and sentences are those of Kafka 4.3.1.
@pytest.mark.parametrize(
    ("operations", "code", "sentence"),
    [
        (
            [append("retention.ms", "5")],
            INVALID_CONFIG,
            "Can't APPEND to key retention.ms because its type is not LIST.",
        ),
        (
            [subtract("no.key", "5")],
            INVALID_CONFIG,
            "Can't SUBTRACT to key no.key because its type is not LIST.",
        ),
        (
            [append("cleanup.policy", "")],
            INVALID_CONFIG,
            "Configuration 'cleanup.policy' values must not be empty.",
        ),
        (
            [set_("retention.ms", None)],
            INVALID_REQUEST,
            "Null value not supported for : retention.ms",
        ),
        (
            [set_("retention.ms", "5"), delete("retention.ms")],
            INVALID_REQUEST,
            "Error due to duplicate config keys",
        ),
        ([set_("no.key", "5")], INVALID_CONFIG, "Unknown topic config name: no.key"),
        (
            [set_("no.key", "1"), set_("retention.ms", "abc")],
            INVALID_CONFIG,
            "Unknown topic config name: no.key",
        ),
        (
            [set_("retention.ms", "abc"), set_("segment.bytes", "x")],
            INVALID_CONFIG,
            "Invalid value x for configuration segment.bytes: Not a number of type INT",
        ),
        (
            [set_("min.compaction.lag.ms", "10"), set_("max.compaction.lag.ms", "5")],
            INVALID_CONFIG,
            "conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)",
        ),
        (
            [set_("remote.storage.enable", "true")],
            INVALID_CONFIG,
            "Tiered Storage functionality is disabled in the broker. "
            "Topic cannot be configured with remote log storage.",
        ),
        (
            [set_("leader.replication.throttled.replicas", "0:1," * 9000)],
            INVALID_CONFIG,
            "The configuration value cannot be added because it exceeds the maximum value size "
            "of 32767 bytes.",
        ),
    ],
)
def test_a_change_of_a_topic_that_is_not_allowed(operations, code, sentence):
    refused(lambda: alter_topic({}, operations, BROKER), code, sentence)


def test_a_setting_may_conflict_with_the_brokers_default():
    broker = BrokerConfig({"log.cleaner.max.compaction.lag.ms": "5"})
    with pytest.raises(ConfigError, match="conflict topic config setting"):
        alter_topic({}, [set_("min.compaction.lag.ms", "10")], broker)


def test_a_refused_change_leaves_everything_as_it_was():
    overrides = {"cleanup.policy": "compact"}
    with pytest.raises(ConfigError):
        alter_topic(overrides, [append("cleanup.policy", "delete"), set_("no.key", "1")], BROKER)
    assert overrides == {"cleanup.policy": "compact"}


VALUES = st.sampled_from(["", "1", "-1", "5000000", "true", "compact", "delete", "0:1", "gzip"])
OPERATIONS = st.lists(
    st.builds(Operation, st.sampled_from(OperationType), st.sampled_from(list(TOPIC)), VALUES),
    max_size=4,
)


@given(OPERATIONS, OPERATIONS)
def test_what_was_accepted_resolves_and_changes_nothing_but_the_keys_named(first, second):
    try:
        before = alter_topic({}, first, BROKER)
        after = alter_topic(before, second, BROKER)
    except ConfigError:
        return
    resolve_topic(after, BROKER)
    named = {operation.name for operation in second}
    for name in before.keys() | after.keys():
        assert name in named or before.get(name) == after.get(name)


def test_a_group_keeps_within_the_brokers_bounds():
    changed = alter_group({}, [set_("consumer.session.timeout.ms", "50000")], BROKER)
    assert resolve_group(changed, BROKER).consumer_session_timeout_ms == 50000


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("bad", "1", "Unknown group config name: bad"),
        (
            "consumer.session.timeout.ms",
            "1",
            "consumer.session.timeout.ms must be greater than or equal to "
            "group.consumer.min.session.timeout.ms",
        ),
        (
            "share.delivery.count.limit",
            "11",
            "share.delivery.count.limit must be less than or equal to "
            "group.share.max.delivery.count.limit",
        ),
        (
            "streams.num.standby.replicas",
            "3",
            "streams.num.standby.replicas must be less than or equal to "
            "group.streams.max.standby.replicas",
        ),
        (
            "share.isolation.level",
            "x",
            "Invalid value x for configuration share.isolation.level: "
            "String must be one of: read_committed, read_uncommitted",
        ),
    ],
)
def test_a_change_of_a_group_that_is_not_allowed(name, value, sentence):
    refused(lambda: alter_group({}, [set_(name, value)], BROKER), INVALID_CONFIG, sentence)


def test_no_key_of_a_group_is_a_list():
    refused(
        lambda: alter_group({}, [append("consumer.session.timeout.ms", "1")], BROKER),
        INVALID_CONFIG,
        "Can't APPEND to key consumer.session.timeout.ms because its type is not LIST.",
    )


def test_a_groups_value_follows_bounds_that_have_become_narrower():
    broker = BrokerConfig({"group.consumer.max.session.timeout.ms": "46000"})
    config = resolve_group({"consumer.session.timeout.ms": "50000"}, broker)
    assert config.consumer_session_timeout_ms == 46000


def test_a_group_without_settings_has_the_brokers():
    broker = BrokerConfig({"group.streams.num.standby.replicas": "2"})
    config = resolve_group({}, broker)
    assert config.streams_num_standby_replicas == 2
    assert config.share_auto_offset_reset == "latest"


def test_a_telemetry_subscription_is_changed():
    operations = [set_("interval.ms", "100"), set_("match", "client_id=a.*")]
    assert alter_client_metrics({}, operations) == {"interval.ms": "100", "match": "client_id=a.*"}


@pytest.mark.parametrize(
    ("operation", "code", "sentence"),
    [
        (
            set_("interval.ms", "99"),
            INVALID_REQUEST,
            "Invalid value 99 for interval.ms, interval must be between 100 and 3600000 (1 hour)",
        ),
        (set_("nope", "x"), INVALID_REQUEST, "Unknown client metrics configuration: nope"),
        (
            set_("match", "client_id=["),
            INVALID_CONFIG,
            "Illegal client matching pattern: client_id=[",
        ),
        (set_("match", "bad=x"), INVALID_CONFIG, "Illegal client matching pattern: bad=x"),
        (
            set_("match", "client_id="),
            INVALID_CONFIG,
            "Illegal client matching pattern: client_id=",
        ),
        (
            append("metrics", "z"),
            INVALID_CONFIG,
            "Can't APPEND to key metrics because its type is not LIST.",
        ),
    ],
)
def test_a_change_of_a_subscription_that_is_not_allowed(operation, code, sentence):
    refused(lambda: alter_client_metrics({}, [operation]), code, sentence)


def test_one_broker_and_all_brokers_have_settings_of_their_own():
    broker = BrokerConfig({}, {"max.connections": "1"}, {"max.connections": "2"})
    assert alter_broker(broker, [set_("foo.bar", "x")]) == {"max.connections": "1", "foo.bar": "x"}
    assert alter_broker_defaults(broker, [append("log.cleanup.policy", "compact")]) == {
        "max.connections": "2",
        "log.cleanup.policy": "delete,compact",
    }


@pytest.mark.parametrize(
    ("operations", "code", "sentence"),
    [
        (
            [set_("broker.id", "3")],
            INVALID_REQUEST,
            "Cannot update these configs dynamically: [broker.id]",
        ),
        (
            [set_("ssl.keystore.location", "x")],
            INVALID_REQUEST,
            "These security configs can be dynamically updated only per-listener "
            "using the listener prefix: [ssl.keystore.location]",
        ),
        (
            [set_("num.io.threads", "0")],
            INVALID_REQUEST,
            "Invalid value 0 for configuration num.io.threads: Value must be at least 1",
        ),
        (
            [append("max.connections", "1")],
            INVALID_CONFIG,
            "Config value append is not allowed for config key: max.connections",
        ),
        ([append("foo.zot", "1")], INVALID_CONFIG, "Unknown config name: foo.zot"),
    ],
)
@pytest.mark.parametrize("alter", [alter_broker, alter_broker_defaults])
def test_a_change_of_brokers_that_is_not_allowed(alter, operations, code, sentence):
    refused(lambda: alter(BROKER, operations), code, sentence)


def test_the_listeners_of_a_running_broker_stay():
    same = set_("listeners", "PLAINTEXT://127.0.0.1:9092")
    assert alter_broker(BROKER, [same]) == {same.name: same.value}
    refused(
        lambda: alter_broker(BROKER, [set_("listeners", "PLAINTEXT://127.0.0.1:9093")]),
        INVALID_REQUEST,
        "listeners cannot change while the broker runs.",
    )


@pytest.mark.parametrize("name", ["cordoned.log.dirs", "listener.name.a.ssl.keystore.location"])
def test_what_belongs_to_one_broker_cannot_be_set_for_all(name):
    assert alter_broker(BROKER, [set_(name, "x")]) == {name: "x"}
    refused(
        lambda: alter_broker_defaults(BROKER, [set_(name, "x")]),
        INVALID_REQUEST,
        f"Cannot update these configs at default cluster level, broker id must be specified: "
        f"[{name}]",
    )
