import subprocess
import sys

import pytest

from kafkapy import __version__
from kafkapy.cli import parse_args
from kafkapy.config.definition import ConfigError


def test_without_arguments_a_broker_with_the_defaults_is_run():
    settings = parse_args([], {})
    assert settings.broker_config["listeners"] == ("PLAINTEXT://127.0.0.1:9092",)
    assert settings.data_dir == "kafkapy-data"
    assert not settings.memory
    assert settings.topics == ()
    assert settings.log_level == "warning"
    assert settings.cluster_id is None


def test_the_command_may_be_named():
    assert parse_args(["serve", "--port", "1"], {}).broker_config.listeners[0].port == 1


def test_every_argument_is_understood():
    argv = ["--port", "0", "--host", "::1", "--data-dir", "d", "--log-level", "info"]
    argv += ["--topic", "a:3", "--topic", "b", "--override", "num.partitions=5"]
    settings = parse_args(argv, {"CLUSTER_ID": "c"})
    assert str(settings.broker_config.listeners[0]) == "PLAINTEXT://[::1]:0"
    assert settings.broker_config["num.partitions"] == 5
    assert settings.data_dir == "d"
    assert settings.topics == (("a", 3), ("b", None))
    assert settings.log_level == "info"
    assert settings.cluster_id == "c"


def test_an_override_wins_over_the_environment_which_wins_over_the_file(tmp_path):
    path = tmp_path / "server.properties"
    path.write_text("num.partitions=2\nmessage.max.bytes=2\nlog.retention.ms=2\n")
    environ = {"KAFKA_NUM_PARTITIONS": "3", "KAFKA_MESSAGE_MAX_BYTES": "3"}
    config = parse_args([str(path), "--override", "num.partitions=4"], environ).broker_config
    assert config["num.partitions"] == 4
    assert config["message.max.bytes"] == 3
    assert config["log.retention.ms"] == 2
    assert config["fetch.max.bytes"] == 57671680


def test_memory_keeps_nothing():
    assert parse_args(["--memory"], {}).memory


def test_a_host_alone_keeps_the_usual_port():
    config = parse_args(["--host", "0.0.0.0"], {}).broker_config
    assert str(config.listeners[0]) == "PLAINTEXT://0.0.0.0:9092"


@pytest.mark.parametrize(
    "argv",
    [
        ["--port", "65536"],
        ["--port", "x"],
        ["--memory", "--data-dir", "d"],
        ["--topic", "a:0"],
        ["--topic", ":1"],
        ["--topic", "a:"],
        ["--topic", "not a name"],
        ["--log-level", "loud"],
        ["--nonsense"],
        ["--mem"],
        ["a.properties", "b.properties"],
    ],
)
def test_a_misused_command_ends_with_status_2(argv, capsys):
    with pytest.raises(SystemExit) as caught:
        parse_args(argv, {})
    assert caught.value.code == 2
    assert "usage: kafkapy" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--override", "x"], "--override needs KEY=VALUE"),
        (["--override", "num.partitions=x"], "Invalid value x for configuration num.partitions"),
        (["--port", "1", "--override", "listeners=SSL://:1"], "--port and --host cannot be"),
        (["--data-dir", "a,b"], "--data-dir must have no comma"),
        (["no-such-file.properties"], "Cannot read no-such-file.properties"),
    ],
)
def test_a_bad_configuration_is_told_in_a_sentence(argv, sentence):
    with pytest.raises(ConfigError, match=f"^{sentence}"):
        parse_args(argv, {})


@pytest.mark.parametrize("argv", [["--version"], ["serve", "--version"]])
def test_the_version_is_told(argv, capsys):
    with pytest.raises(SystemExit) as caught:
        parse_args(argv, {})
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"kafkapy {__version__}\n"


def test_the_environment_of_a_test_container_is_enough_and_gives_no_warning():
    environ = {
        "CLUSTER_ID": "4L6g3nShT-eMCtK--X86sw",
        "KAFKA_LISTENERS": "PLAINTEXT://0.0.0.0:9092,BROKER://0.0.0.0:9093,CONTROLLER://:9094",
        "KAFKA_ADVERTISED_LISTENERS": "PLAINTEXT://localhost:32768,BROKER://172.17.0.2:9093",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": (
            "BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"
        ),
        "KAFKA_INTER_BROKER_LISTENER_NAME": "BROKER",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9094",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_NODE_ID": "1",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_LOG_FLUSH_INTERVAL_MESSAGES": "9223372036854775807",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    }
    settings = parse_args([], environ)
    assert [listener.port for listener in settings.broker_config.listeners] == [9092, 9093]
    assert settings.broker_config.advertised_listeners[0].port == 32768
    assert settings.broker_config.warnings() == []
    assert settings.cluster_id == "4L6g3nShT-eMCtK--X86sw"


def test_a_start_without_a_file_loads_nothing_that_it_does_not_need():
    program = (
        "import sys, kafkapy.cli; kafkapy.cli.parse_args([], {});"
        "print(sorted({'javaproperties', 'difflib', 'kafkapy.config.documentation'}"
        " & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout == "[]\n"
