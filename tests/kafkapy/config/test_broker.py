import pytest

from kafkapy.config.broker import BrokerConfig
from kafkapy.config.definition import ConfigError
from kafkapy.config.listeners import Listener


def test_without_settings_the_broker_listens_on_loopback():
    config = BrokerConfig()
    assert config.listeners == (Listener("PLAINTEXT", "127.0.0.1", 9092, "PLAINTEXT"),)
    assert config.advertised_listeners == config.listeners
    assert config.node_id == 1
    assert config["group.initial.rebalance.delay.ms"] == 3000


def test_a_key_that_nobody_knows_has_no_value():
    with pytest.raises(KeyError):
        BrokerConfig({"my.key": "x"})["my.key"]


def test_dynamic_settings_win_over_static_ones():
    config = BrokerConfig({"max.connections": "1"})
    config = config.with_dynamic({}, {"max.connections": "2"})
    assert config["max.connections"] == 2
    config = config.with_dynamic({"max.connections": "3"}, {"max.connections": "2"})
    assert config["max.connections"] == 3
    assert config.with_dynamic({}, {})["max.connections"] == 1


@pytest.mark.parametrize("name", ["node.id", "broker.id"])
def test_either_name_sets_the_id(name):
    config = BrokerConfig({name: "7"})
    assert (config["node.id"], config["broker.id"]) == (7, 7)


def test_listeners_of_controllers_are_not_opened():
    config = BrokerConfig(
        {
            "listeners": "PLAINTEXT://:9092,BROKER://[::1]:9093,CONTROLLER://:9094",
            "advertised.listeners": "PLAINTEXT://localhost:32768,BROKER://inside:9093",
            "listener.security.protocol.map": "BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CONTROLLER:SSL",
            "controller.listener.names": "CONTROLLER",
        }
    )
    assert config.listeners == (
        Listener("PLAINTEXT", "", 9092, "PLAINTEXT"),
        Listener("BROKER", "::1", 9093, "PLAINTEXT"),
    )
    assert [str(listener) for listener in config.advertised_listeners] == [
        "PLAINTEXT://localhost:32768",
        "BROKER://inside:9093",
    ]


def test_a_controllers_listener_needs_no_protocol_while_there_is_no_map():
    config = BrokerConfig(
        {
            "listeners": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "controller.listener.names": "CONTROLLER",
        }
    )
    assert len(config.listeners) == 1


@pytest.mark.parametrize("host", ["", "0.0.0.0", "[::]"])
def test_a_listener_on_all_interfaces_is_advertised_as_the_address_the_client_came_by(host):
    config = BrokerConfig({"listeners": f"PLAINTEXT://{host}:0"})
    assert config.advertised_listeners == (Listener("PLAINTEXT", "", 0, "PLAINTEXT"),)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"listeners": "localhost:9092"}, "NAME://host:port"),
        ({"listeners": "PLAINTEXT://h:99999"}, "ports go from 0 to 65535"),
        ({"listeners": "FOO://h:1"}, "no protocol"),
        ({"listeners": "PLAINTEXT://a:1,PLAINTEXT://b:2"}, "more than one listener"),
        ({"listeners": "PLAINTEXT://a:1,SSL://b:1"}, "same port"),
        ({"listeners": ""}, "must not be empty"),
        ({"listeners": "SASL_SSL://h:1"}, "only PLAINTEXT is served"),
        ({"authorizer.class.name": "any"}, "there are no ACLs yet"),
        ({"listener.security.protocol.map": "A:B"}, "'A:B'"),
        ({"advertised.listeners": "SSL://h:1"}, "which listeners lacks"),
        ({"advertised.listeners": "PLAINTEXT://0.0.0.0:1"}, "address to connect to"),
        ({"controller.listener.names": "PLAINTEXT"}, "listeners must have one"),
        ({"process.roles": "controller"}, "process.roles must have broker"),
        ({"node.id": "1", "broker.id": "2"}, "node.id and broker.id"),
        ({"node.id": "-1"}, "Invalid value -1 for configuration node.id"),
        ({"log.dirs": "a,b"}, "log.dirs must have one directory"),
        ({"log.retention.hours": "0"}, "log.retention.hours must be -1"),
        ({"log.retention.ms": "0"}, "log.retention.ms must be -1"),
        ({"max.connections.per.ip": "0"}, "max.connections.per.ip may be 0 only"),
        ({"max.connections.per.ip.overrides": "a"}, "'a' where address:number belongs"),
        ({"max.connections.per.ip.overrides": "a:x"}, "'a:x' where address:number belongs"),
        ({"queued.max.request.bytes": "5"}, "queued.max.request.bytes must be at least"),
        ({"group.coordinator.rebalance.protocols": "consumer"}, "must have classic"),
        ({"log.roll.ms": "0"}, "log.roll.ms must be greater than or equal to 1"),
        (
            {"log.cleaner.dedupe.buffer.size": "0"},
            "log.cleaner.dedupe.buffer.size must be more than 1 MiB for each of the "
            "log.cleaner.threads.",
        ),
        (
            {"log.cleaner.dedupe.buffer.size": "3000000", "log.cleaner.threads": "3"},
            "log.cleaner.dedupe.buffer.size must be more than 1 MiB for each of the "
            "log.cleaner.threads.",
        ),
        ({"log.cleaner.threads": "0"}, "log.cleaner.threads must be at least 1."),
        ({"num.partitions": "0"}, "Value must be at least 1"),
        (
            {"group.consumer.session.timeout.ms": "1"},
            "group.consumer.session.timeout.ms must be greater than or equal to "
            "group.consumer.min.session.timeout.ms",
        ),
        (
            {"group.share.min.session.timeout.ms": "70000"},
            "group.share.max.session.timeout.ms must be greater than or equal to",
        ),
    ],
)
def test_a_bad_configuration_is_refused_in_a_sentence(settings, sentence):
    with pytest.raises(ConfigError) as caught:
        BrokerConfig(settings)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_listener_of_each_internet_protocol_may_share_a_port():
    texts = "PLAINTEXT://127.0.0.1:9092,OTHER://[::1]:9092"
    protocols = "PLAINTEXT:PLAINTEXT,OTHER:PLAINTEXT"
    config = BrokerConfig({"listeners": texts, "listener.security.protocol.map": protocols})
    assert len(config.listeners) == 2


def test_a_value_for_a_listener_and_mechanism_wins_over_the_general_one():
    config = BrokerConfig(
        {
            "sasl.jaas.config": "general",
            "listener.name.inside.sasl.jaas.config": "listener",
            "listener.name.inside.scram-sha-256.sasl.jaas.config": "mechanism",
        }
    )
    assert config.for_listener("INSIDE", "sasl.jaas.config", "SCRAM-SHA-256") == "mechanism"
    assert config.for_listener("INSIDE", "sasl.jaas.config", "PLAIN") == "listener"
    assert config.for_listener("OUTSIDE", "sasl.jaas.config", "PLAIN") == "general"
    assert config.warnings() == []


def test_a_value_for_a_listener_is_checked():
    with pytest.raises(ConfigError, match=r"listener\.name\.a\.max\.connections"):
        BrokerConfig({"listener.name.a.max.connections": "x"})


def test_keys_that_do_nothing_are_named_in_one_warning():
    config = BrokerConfig({"num.io.threads": "8", "rsm.config.a": "b", "num.network.threads": "3"})
    assert config.warnings() == [
        "These keys of Kafka do nothing here: num.io.threads, num.network.threads, rsm.config.a."
    ]


def test_a_misspelled_key_is_reported_with_the_nearest_one():
    config = BrokerConfig({"log.retnetion.ms": "5", "quite.different": "x"})
    assert config.warnings() == [
        "The key log.retnetion.ms is not known; did you mean log.retention.ms?",
        "The key quite.different is not known.",
    ]


def test_what_every_kraft_file_has_gives_no_warning():
    config = BrokerConfig(
        {
            "process.roles": "broker,controller",
            "controller.quorum.voters": "1@localhost:9093",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "super.users": "User:admin",
        }
    )
    assert config.warnings() == []


def test_the_directory_comes_from_the_newer_key():
    assert BrokerConfig({"log.dir": "a"}).data_dir == "a"
    assert BrokerConfig({"log.dir": "a", "log.dirs": "b"}).data_dir == "b"


def test_only_the_retention_that_counts_is_checked():
    config = BrokerConfig({"log.retention.hours": "0", "log.retention.ms": "5"})
    assert config.topic_defaults["retention.ms"] == 5


def test_some_addresses_may_have_other_limits_of_connections():
    text = "127.0.0.1:5, [::1]:6"
    config = BrokerConfig({"max.connections.per.ip.overrides": text})
    assert config.connection_limits == {"127.0.0.1": 5, "::1": 6}


def test_listeners_of_controllers_are_not_advertised():
    config = BrokerConfig(
        {
            "listeners": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "advertised.listeners": "PLAINTEXT://h:9092,CONTROLLER://h:9093",
            "controller.listener.names": "CONTROLLER",
        }
    )
    assert [str(listener) for listener in config.advertised_listeners] == ["PLAINTEXT://h:9092"]
