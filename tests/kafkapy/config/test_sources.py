import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.config.definition import ConfigError
from kafkapy.config.registry import BROKER
from kafkapy.config.sources import (
    environment_key,
    read_environment,
    read_overrides,
    read_properties,
)


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("KAFKA_LOG_RETENTION_MS", "log.retention.ms"),
        ("KAFKA_A__B", "a_b"),
        ("KAFKA_A___B", "a-b"),
        ("KAFKA_A____B", "a-.b"),
        ("KAFKA_A_____B", "a-_b"),
        ("KAFKA_A_B__C___D", "a.b_c-d"),
        ("KAFKA__X", ".x"),
        ("KAFKA_X_", "x."),
        (
            "KAFKA_LISTENER_NAME_INSIDE_SASL_ENABLED_MECHANISMS",
            "listener.name.inside.sasl.enabled.mechanisms",
        ),
    ],
)
def test_a_variable_names_the_key_that_it_names_in_kafkas_image(variable, name):
    assert environment_key(variable) == name


@pytest.mark.parametrize(
    "variable",
    [
        "KAFKA_HEAP_OPTS",
        "KAFKA_HOME",
        "KAFKA_JMX_PORT",
        "KAFKA_LOG4J_LOGGERS",
        "KAFKA_",
        "CLUSTER_ID",
        "kafka_x",
        "KAFKAPY_X",
    ],
)
def test_a_variable_of_something_else_names_no_key(variable):
    assert environment_key(variable) is None


@given(st.sampled_from(list(BROKER)))
def test_every_key_has_a_variable(name):
    variable = name.replace("_", "__").replace("-", "___").replace(".", "_").upper()
    assert environment_key(f"KAFKA_{variable}") == name


def test_a_value_may_be_continued_on_the_next_line():
    value = 'PlainLoginModule required \\\n   username="a";'
    settings = read_environment({"KAFKA_SASL_JAAS_CONFIG": value})
    assert settings == {"sasl.jaas.config": 'PlainLoginModule required username="a";'}


def test_a_properties_file_is_read(tmp_path):
    path = tmp_path / "server.properties"
    path.write_text(
        "# comment\nlog.dirs = /a b\nlisteners=PLAINTEXT://:1,\\\n  SSL://:2\nx:\\u00e9\n"
    )
    assert read_properties(str(path)) == {
        "log.dirs": "/a b",
        "listeners": "PLAINTEXT://:1,SSL://:2",
        "x": "é",
    }


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"^Cannot read .*nothing: No such file or directory\.$"):
        read_properties(str(tmp_path / "nothing"))


def test_a_file_that_is_no_properties_file_is_named(tmp_path):
    path = tmp_path / "server.properties"
    path.write_text("a=\\u12")
    with pytest.raises(ConfigError, match="is not a properties file"):
        read_properties(str(path))


def test_the_last_override_of_a_key_wins():
    assert read_overrides(["a=1", "b= x=y ", "a=2"]) == {"a": "2", "b": "x=y"}


@pytest.mark.parametrize("item", ["a", "=1", " =1", ""])
def test_an_override_needs_a_key_and_a_value(item):
    with pytest.raises(ConfigError, match="--override needs KEY=VALUE"):
        read_overrides([item])
