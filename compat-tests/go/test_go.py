"""franz-go, Sarama and kafka-go: three clients that share no code with librdkafka or with Java.

Sarama speaks as a client of the version that it is told; those are the ages of the protocol:
message sets (0.10), record batches (0.11), flexible versions (2.8), and its newest.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import process

HERE = Path(__file__).parent
BUILD_TIMEOUT_S = 300
CLIENTS = ["franz", "sarama", "sarama-2.8.2", "sarama-0.11.0.0", "kafkago"]
MESSAGE_SETS = "sarama-0.10.2.0"
# What a client gives for a time after the last record: the end, or that there is none.
NO_RECORD = {"franz": 3}

pytestmark = pytest.mark.timeout(BUILD_TIMEOUT_S + 60)
dropped_by_kafka_4 = pytest.mark.xfail(
    bool(os.environ.get("BOOTSTRAP")), reason="Kafka 4 does not serve these versions (KIP-896)"
)
ALL_CLIENTS = [*CLIENTS, pytest.param(MESSAGE_SETS, marks=dropped_by_kafka_4)]


@pytest.fixture(scope="session")
def runner() -> Path:
    """The program, built anew when its source has changed."""
    if reason := process.missing("go"):
        pytest.skip(reason)
    program = HERE / "build" / "compat"
    built = process.run(
        ["go", "build", "-o", program, "."], cwd=HERE, timeout_s=BUILD_TIMEOUT_S, check=False
    )
    if re.search(r"requires go >=|invalid go version", built.stderr):
        pytest.skip(f"Go is too old: {built.stderr.strip()}")
    assert built.returncode == 0, built.stderr
    return program


@pytest.fixture
def seen(runner: Path, bootstrap: str, unique: Callable[[str], str]) -> Callable[..., dict]:
    """Run a scenario with a client and give what it saw."""

    def run(client: str, scenario: str, *words: str) -> dict:
        command = [runner, bootstrap, client, scenario, unique("go"), *words]
        return json.loads(process.run(command).stdout)

    return run


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
@pytest.mark.parametrize("client", ["franz", "sarama", "kafkago"])
def test_records_come_back_as_they_went(seen, client, codec):
    assert seen(client, "round_trip", codec) == {"records": 200}


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4"])
@dropped_by_kafka_4
def test_message_sets_come_back_as_they_went(seen, codec):
    assert seen(MESSAGE_SETS, "round_trip", codec) == {"records": 200}


@pytest.mark.parametrize("client", ALL_CLIENTS)
def test_a_group_goes_on_where_it_committed(seen, client):
    assert seen(client, "resume") == {"committed": 8, "next": 8}


@pytest.mark.parametrize("client", ALL_CLIENTS)
def test_two_members_share_and_one_takes_over(seen, client):
    assert seen(client, "rebalance") == {"together": [2, 2], "alone": [4]}


@pytest.mark.parametrize(
    "client",
    [
        "franz",
        "sarama",
        "sarama-2.8.2",
        pytest.param("sarama-0.11.0.0", marks=dropped_by_kafka_4),
        "kafkago",
    ],
)
def test_a_topic_is_created_described_altered_and_deleted(seen, client):
    described = {"partitions": 3, "end": 5, "before": "60000", "after": "120000"}
    assert seen(client, "admin") == described


@pytest.mark.parametrize("client", ALL_CLIENTS)
def test_offsets_are_found_by_time(seen, client):
    found = {"early": 0, "between": 1, "late": NO_RECORD.get(client, -1)}
    assert seen(client, "times") == found


@pytest.mark.parametrize("client", CLIENTS)  # Metadata below version 4 creates the topic.
def test_a_topic_that_is_not_there_is_an_error(seen, client):
    assert seen(client, "unknown_topic") == {"code": 3}


@pytest.mark.parametrize("client", ALL_CLIENTS)
def test_a_record_that_is_too_large_is_refused(seen, client):
    assert seen(client, "too_large") == {"code": 10}
