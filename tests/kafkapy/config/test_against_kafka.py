"""Our descriptions next to those of Kafka 4.3.1, recorded in `kafka-4.3.1.json`.

The file has three brokers: the settings of each, and what Kafka answered to DescribeConfigs. Of
the second and third it has only what differs from the first. An entry is a list of name, value,
source, sensitive, read-only, type and synonyms.
"""

import json
from pathlib import Path

import pytest

from kafkapy.config.broker import BrokerConfig
from kafkapy.config.defaults import CHANGED_DEFAULTS
from kafkapy.config.describe import (
    ConfigEntry,
    describe_broker,
    describe_broker_defaults,
    describe_client_metrics,
    describe_group,
    describe_topic,
)

SCENARIOS = json.loads((Path(__file__).parent / "kafka-4.3.1.json").read_text())

# Kafka shows the default of this static key as its value once the broker has dynamic settings.
KNOWN_DIFFERENCES = {("dynamic settings", "log.retention.hours")}


def _as_recorded(entry: ConfigEntry) -> list[object]:
    return [
        entry.name,
        entry.value,
        int(entry.source),
        entry.is_sensitive,
        entry.is_read_only,
        int(entry.type),
        [[synonym.name, synonym.value, int(synonym.source)] for synonym in entry.synonyms],
    ]


def _broker(scenario: dict[str, dict[str, str]]) -> BrokerConfig:
    return BrokerConfig(scenario["static"], scenario["dynamic_broker"], scenario["dynamic_default"])


def _described(scenario: dict[str, dict[str, str]]) -> dict[str, list[ConfigEntry]]:
    broker = _broker(scenario)
    return {
        "TOPIC:t0": describe_topic({}, broker),
        "TOPIC:t1": describe_topic(scenario["topic t1"], broker),
        "BROKER:1": describe_broker(broker),
        "BROKER:": describe_broker_defaults(broker),
        "GROUP:g": describe_group(scenario["group g"], broker),
        "CLIENT_METRICS:m": describe_client_metrics(scenario["client metrics m"]),
    }


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["title"])
@pytest.mark.parametrize("resource", SCENARIOS[0]["described"])
def test_every_entry_is_described_as_kafka_describes_it(scenario, resource):
    ours = {entry.name: _as_recorded(entry) for entry in _described(scenario)[resource]}
    for recorded in scenario["described"][resource]:
        name = recorded[0]
        if (scenario["title"], name) in KNOWN_DIFFERENCES:
            continue
        entry = ours[name]
        if name in CHANGED_DEFAULTS:
            # What Kafka and we have by default differs; all that comes before it must not.
            recorded[6] = [synonym for synonym in recorded[6] if synonym[2] != 5]
            entry[6] = [synonym for synonym in entry[6] if synonym[2] != 5]
            if recorded[2] == 5:
                continue
        assert entry == recorded


@pytest.mark.parametrize("resource", SCENARIOS[0]["described"])
def test_the_keys_of_a_resource_are_those_of_kafka(resource):
    ours = [entry.name for entry in _described(SCENARIOS[0])[resource]]
    assert sorted(ours) == [recorded[0] for recorded in SCENARIOS[0]["described"][resource]]
