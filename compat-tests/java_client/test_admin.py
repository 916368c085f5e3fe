"""Every method of the Java client's `Admin`: what it gives is what Apache Kafka gave.

The program in `admin` calls them all, with their options, and prints what each result says by all
its accessors, but for names, ids and times: a line of JSON for each call, `METHOD: the case`.
`admin/expected.jsonl` is what it printed with Apache Kafka 4.3.1.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import java, process

HERE = Path(__file__).parent
VERSION = "4.3.1"
PROGRAM_TIMEOUT_S = 180
# The methods by the column of the report card that they belong to.
SHOWS = {
    "admin topics": "createTopics listTopics describeTopics deleteTopics",
    "admin partitions": "createPartitions electLeaders alterPartitionReassignments"
    " listPartitionReassignments",
    "admin configs": "describeConfigs incrementalAlterConfigs listConfigResources"
    " listClientMetricsResources describeClientQuotas alterClientQuotas",
    "admin records": "deleteRecords",
    "admin groups": "listGroups listConsumerGroups describeConsumerGroups describeClassicGroups"
    " alterConsumerGroupOffsets listConsumerGroupOffsets deleteConsumerGroupOffsets"
    " removeMembersFromConsumerGroup deleteConsumerGroups describeShareGroups"
    " listShareGroupOffsets alterShareGroupOffsets deleteShareGroupOffsets deleteShareGroups"
    " describeStreamsGroups alterStreamsGroupOffsets listStreamsGroupOffsets"
    " deleteStreamsGroupOffsets deleteStreamsGroups",
    "admin offsets": "listOffsets",
    "admin cluster": "describeLogDirs describeReplicaLogDirs alterReplicaLogDirs describeCluster"
    " describeFeatures updateFeatures describeMetadataQuorum unregisterBroker addRaftVoter"
    " removeRaftVoter metrics clientInstanceId describeAcls createAcls deleteAcls"
    " createDelegationToken renewDelegationToken expireDelegationToken describeDelegationToken"
    " describeUserScramCredentials alterUserScramCredentials",
    "transactions": "describeProducers describeTransactions listTransactions abortTransaction"
    " fenceProducers forceTerminateTransaction",
}
# Methods that need an API which a broker may not serve, by its key; the client must be told so.
NEEDS = {
    "describeAcls": 29,
    "createAcls": 30,
    "deleteAcls": 31,
    "alterReplicaLogDirs": 34,
    "createDelegationToken": 38,
    "renewDelegationToken": 39,
    "expireDelegationToken": 40,
    "describeDelegationToken": 41,
    "electLeaders": 43,
    "alterPartitionReassignments": 45,
    "listPartitionReassignments": 46,
    "describeClientQuotas": 48,
    "alterClientQuotas": 49,
    "describeUserScramCredentials": 50,
    "alterUserScramCredentials": 51,
    "describeMetadataQuorum": 55,
    "updateFeatures": 57,
    "unregisterBroker": 64,
    "describeShareGroups": 77,
    "addRaftVoter": 80,
    "removeRaftVoter": 81,
    "describeStreamsGroups": 89,
    "listShareGroupOffsets": 90,
    "alterShareGroupOffsets": 91,
    "deleteShareGroupOffsets": 92,
}


def calls(printed: str) -> dict[str, object]:
    """Give what was printed of each call."""
    told: dict[str, object] = {}
    for line in printed.splitlines():
        told |= json.loads(line)
    return told


EXPECTED = calls((HERE / "admin" / "expected.jsonl").read_text())
pytestmark = [
    pytest.mark.timeout(java.BUILD_TIMEOUT_S + PROGRAM_TIMEOUT_S),
    pytest.mark.parametrize("version", [VERSION]),  # which the report card names
]


def methods() -> Iterator[object]:
    for column, names in SHOWS.items():
        for name in names.split():
            yield pytest.param(name, marks=pytest.mark.scenario(column))


@pytest.fixture(scope="session")
def seen(bootstrap: str) -> dict[str, object]:
    """What the program told of all calls."""
    sources = [*sorted((HERE / "admin").glob("*.java")), HERE / "scenarios" / "Json.java"]
    command = [*java.command("AdminMethods", VERSION, sources), bootstrap]
    done = process.run([*command, f"admin-{os.urandom(6).hex()}"], timeout_s=PROGRAM_TIMEOUT_S)
    return calls(done.stdout)


def of(method: str, told: dict[str, object]) -> dict[str, object]:
    """Give the calls of one method."""
    return {call: said for call, said in told.items() if call.partition(":")[0] == method}


@pytest.mark.parametrize("method", list(methods()))
def test_a_method_gives_what_it_gives_with_kafka(seen, serves, method: str, version: str) -> None:
    told = of(method, seen)
    assert told
    if serves(NEEDS.get(method, 0)):
        assert told == of(method, EXPECTED)
    else:
        assert all("UnsupportedVersionException" in json.dumps(call) for call in told.values())


def test_every_method_is_called(seen, version: str) -> None:
    assert seen["not called"] == []


def test_every_call_belongs_to_a_method_that_is_looked_at(version: str) -> None:
    shown = " ".join(SHOWS.values()).split()
    assert {call.partition(":")[0] for call in EXPECTED} - {"not called"} == set(shown)
