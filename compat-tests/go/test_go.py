"""franz-go, Sarama and kafka-go: three clients that share no code with librdkafka or with Java.

Sarama speaks as a client of the version that it is told; those are the ages of the protocol:
message sets (0.10), record batches (0.11), flexible versions (2.8), and its newest.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import process, programs

HERE = Path(__file__).parent
BUILD_TIMEOUT_S = 300
CONSUMER_GROUP_HEARTBEAT = 68
CLIENTS = ["franz", "sarama", "sarama-2.8.2", "sarama-0.11.0.0", "sarama-0.10.2.0", "kafkago"]
# What a client sees otherwise by its nature.
OTHERWISE = {
    # For a time after the last record it gives the end.
    ("franz", "times"): {"early": 0, "between": 1, "late": 3},
    # The older way to alter a topic's settings resets those that are not named.
    ("sarama-0.11.0.0", "admin_configs"): {
        "before": "60000",
        "after": "120000",
        "max.message.bytes": "1048588",
    },
    # A producer that is not idempotent may send a record twice.
    ("sarama-0.10.2.0", "restart"): {"lost": 0},
    ("kafkago", "restart"): {"lost": 0},
}

pytestmark = pytest.mark.timeout(BUILD_TIMEOUT_S + 60)
dropped_by_kafka_4 = pytest.mark.xfail(
    bool(os.environ.get("BOOTSTRAP")),
    reason="Kafka 4 does not serve these versions (KIP-896)",
    strict=False,
)


def played() -> Iterator[object]:
    for client in CLIENTS:
        for scenario in programs.played(HERE, client):
            dropped = client == "sarama-0.10.2.0" or (client, scenario) == (
                "sarama-0.11.0.0",
                "admin_configs",
            )
            yield pytest.param(client, scenario, marks=dropped_by_kafka_4 if dropped else ())


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


Unique = Callable[[str], str]


@pytest.mark.parametrize(("client", "scenario"), [*played()])
def test_a_client_sees_what_it_should(runner, request, client, scenario):
    expected = OTHERWISE.get((client, scenario), programs.SCENARIOS[scenario].seen)
    assert programs.play(request, [runner, client], scenario) == expected


@pytest.mark.scenario("KIP-848")
@pytest.mark.parametrize("client", ["franz"])
def test_the_broker_shares_the_partitions(runner, bootstrap, unique: Unique, serves, client):
    if not serves(CONSUMER_GROUP_HEARTBEAT):
        pytest.skip("the broker does not offer the consumer protocol")
    seen = programs.seen([runner, client, "server_side"], bootstrap, unique("go"))
    assert seen == {"three": [2, 2, 2], "two": [3, 3]}


@pytest.mark.scenario("transactions")
@pytest.mark.parametrize("killed", ["killed_copier", "restarted_copier"])
@pytest.mark.parametrize("client", ["franz", "sarama", "sarama-2.8.2"])
def test_records_are_copied_exactly_once(runner, bootstrap, unique: Unique, client, killed):
    """Another member takes over, or the same one comes back, from within a transaction."""
    copied = programs.seen([runner, client, killed], bootstrap, unique("go"))
    assert copied == {"records": 200, "each once": True}


@pytest.mark.scenario("transactions", "restart")
@pytest.mark.parametrize("client", ["franz", "sarama"])
def test_records_are_copied_exactly_once_through_a_killed_broker(
    runner, restartable, unique: Unique, client
):
    command = [runner, client, "restarted_broker"]
    copied = programs.seen_over_a_restart(command, restartable, unique("go"))
    assert copied == {"records": 200, "each once": True}


@pytest.mark.parametrize("client", ["kafkago"])
def test_a_transaction_may_consist_of_offsets(runner, bootstrap, unique: Unique, client):
    """kafka-go has the requests for a transaction, but no records that belong to one."""
    seen = programs.seen([runner, client, "offsets_alone"], bootstrap, unique("go"))
    assert seen == {"fenced": True, "offset": 5}
