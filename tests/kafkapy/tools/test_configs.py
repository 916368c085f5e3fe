"""`kafkapy configs` against a broker, and `kafkapy cluster`."""

from __future__ import annotations

import json

from kafkapy.testing import Broker
from tests.kafkapy.tools.command import Run, masked


def test_a_config_is_set_shown_with_its_source_and_unset(kafkapy: Run) -> None:
    kafkapy("topics create configured")
    kafkapy("configs set --topic configured retention.ms=1000 cleanup.policy=compact,delete")
    assert kafkapy("configs describe --topic configured").out == (
        "KEY             VALUE           SOURCE\n"
        "cleanup.policy  compact,delete  DYNAMIC_TOPIC_CONFIG\n"
        "retention.ms    1000            DYNAMIC_TOPIC_CONFIG\n"
    )
    kafkapy("configs unset --topic configured retention.ms")
    assert "retention.ms" not in kafkapy("configs describe --topic configured").out


def test_all_shows_the_defaults_too(kafkapy: Run) -> None:
    kafkapy("topics create defaults")
    found = json.loads(kafkapy("configs describe -t defaults --all --json").out)
    by_key = {entry["key"]: entry for entry in found}
    assert by_key["retention.ms"] == {
        "type": "topic",
        "name": "defaults",
        "key": "retention.ms",
        "value": "604800000",
        "source": "DEFAULT_CONFIG",
        "read_only": False,
    }


def test_brokers_and_groups_have_configs_too(kafkapy: Run) -> None:
    _, delay, listeners = kafkapy("configs describe --broker 1").lines
    assert delay.split() == ["group.initial.rebalance.delay.ms", "0", "STATIC_BROKER_CONFIG"]
    assert listeners.split() == ["listeners", "PLAINTEXT://127.0.0.1:0", "STATIC_BROKER_CONFIG"]
    kafkapy("configs set --group some-group consumer.session.timeout.ms=50000")
    columns = kafkapy("configs describe --group some-group").lines[1].split()
    assert columns[:2] == ["consumer.session.timeout.ms", "50000"]


def test_a_name_is_shown_where_there_are_several(kafkapy: Run) -> None:
    kafkapy("topics create one two -c retention.ms=5")
    shown = kafkapy("configs describe -t one -t two")
    assert [line.split()[0] for line in shown.lines] == ["NAME", "one", "two"]


def test_a_value_that_is_not_allowed_is_refused(kafkapy: Run) -> None:
    kafkapy("topics create strict")
    refused = kafkapy("configs set -t strict cleanup.policy=never", status=1)
    assert refused.err.startswith("kafkapy: strict: INVALID_CONFIG: ")
    assert kafkapy("configs set -t strict nonsense", status=1).err.endswith("expected key=value.\n")
    kafkapy("configs describe", status=2)


def test_the_cluster_is_shown_with_its_brokers(kafkapy: Run, broker: Broker) -> None:
    host, _, port = broker.bootstrap_servers.rpartition(":")
    identity, controller, blank, *brokers = masked(kafkapy("cluster info").out).splitlines()
    assert (identity, controller, blank) == ("CLUSTER-ID  <id>", "CONTROLLER  1", "")
    assert [line.split() for line in brokers] == [
        ["ID", "HOST", "PORT", "RACK"],
        ["1", host, port, "-"],
    ]
    found = json.loads(kafkapy("cluster info --json").out)
    assert found["controller"] == 1
    assert found["brokers"] == [{"id": 1, "host": host, "port": int(port), "rack": None}]
