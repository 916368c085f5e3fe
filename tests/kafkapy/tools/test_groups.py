"""`kafkapy groups` against a broker."""

from __future__ import annotations

import json
import warnings

import pytest
from confluent_kafka import Consumer

from kafkapy.testing import Broker
from tests.kafkapy.tools.command import Run

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what a client's own import warns of
    import kafka  # noqa: F401

pytestmark = pytest.mark.filterwarnings("default:unclosed:ResourceWarning")


@pytest.fixture
def group(kafkapy: Run, request: pytest.FixtureRequest) -> str:
    """A group of the test's own that read 3 of 5 records of a topic of the same name."""
    name = request.node.name.removeprefix("test_")[:40]
    kafkapy(f"topics create {name} -p 1")
    kafkapy(f"produce {name}", stdin=b"a\nb\nc\nd\ne\n")
    kafkapy(f"consume {name} -g {name} -n 3 -q")
    return name


def offset(kafkapy: Run, group: str) -> list[int]:
    (found,) = json.loads(kafkapy(f"groups describe {group} --json").out)
    return [partition["current_offset"] for partition in found["partitions"]]


def test_lag(kafkapy: Run, group: str) -> None:
    shown = kafkapy(f"groups describe {group}")
    assert shown.out == (
        "GROUP  TOPIC  PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG"
        "  CONSUMER-ID  HOST  CLIENT-ID\n"
        "lag    lag            0               3               5    2"
        "            -     -          -\n"
    )
    assert shown.err == "Group lag has no active members.\n"


def test_groups_are_listed_with_their_states(kafkapy: Run, group: str) -> None:
    assert [group, "Classic", "Empty"] in [line.split() for line in kafkapy("groups list").lines]
    assert f"GROUP         {group}\n" in kafkapy(f"groups describe {group} --state").out


def test_members_hold_partitions(kafkapy: Run, group: str, broker: Broker) -> None:
    config = {"bootstrap.servers": broker.bootstrap_servers, "group.id": group, "client.id": "me"}
    consumer = Consumer({**config, "auto.offset.reset": "earliest"})
    try:
        consumer.subscribe([group])
        while not consumer.assignment():
            consumer.poll(0.1)
        members = kafkapy(f"groups describe {group} --members").lines
        assert members[1].split()[-1] == f"{group}-0"
        _, line = kafkapy(f"groups describe {group}").lines
        assert line.split()[7:] == ["/127.0.0.1", "me"]
        refused = kafkapy(f"groups reset-offsets {group} --all-topics --to-earliest", status=1)
        assert refused.err.startswith(f"kafkapy: {group}: NON_EMPTY_GROUP: ")
        assert "NON_EMPTY_GROUP" in kafkapy(f"groups delete {group}", status=1).err
    finally:
        consumer.close()


def test_a_plan_is_printed_and_nothing_done(kafkapy: Run, group: str) -> None:
    planned = kafkapy(f"groups reset-offsets {group} --topic {group} --to-earliest")
    assert [line.split()[2:] for line in planned.lines] == [
        ["PARTITION", "CURRENT-OFFSET", "NEW-OFFSET"],
        ["0", "3", "0"],
    ]
    assert planned.err == "This is only the plan; --execute does it.\n"
    assert offset(kafkapy, group) == [3]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("--to-earliest", 0),
        ("--to-latest", 5),
        ("--to-current", 3),
        ("--to-offset 2", 2),
        ("--to-offset 0", 0),
        ("--to-offset 99", 5),
        ("--shift-by -2", 1),
        ("--shift-by 99", 5),
        ("--to-datetime 2020-01-01T00:00:00", 0),
        ("--to-datetime 2100-01-01T00:00:00Z", 5),
        ("--by-duration P1D", 0),
        ("--by-duration 0s", 5),
    ],
)
def test_each_target_gives_an_offset_within_the_log(
    kafkapy: Run, target: str, expected: int
) -> None:
    name = "target" + "".join(filter(str.isalnum, target))
    kafkapy(f"topics create {name} -p 1")
    kafkapy(f"produce {name}", stdin=b"a\nb\nc\nd\ne\n")
    kafkapy(f"groups reset-offsets {name} -t {name} --to-offset 3 --execute")
    kafkapy(f"groups reset-offsets {name} --all-topics --execute {target}")
    assert offset(kafkapy, name) == [expected]


def test_one_target_has_to_be_chosen(kafkapy: Run) -> None:
    for line in ("-t t", "-t t --to-earliest --to-latest", "--to-earliest"):
        kafkapy(f"groups reset-offsets some-group {line}", status=2)


def test_offsets_and_groups_are_deleted(kafkapy: Run, group: str) -> None:
    deleted = kafkapy(f"groups delete-offsets {group} -t {group}:0")
    assert deleted.out == f"Deleted the offset of {group}-0.\n"
    assert offset(kafkapy, group) == []
    assert kafkapy(f"groups delete {group}").out == f"Deleted group {group}.\n"


def test_a_group_that_is_not_there_is_named(kafkapy: Run) -> None:
    kafkapy("topics create lonely")
    for line in ("describe nobody", "delete nobody", "delete-offsets nobody -t lonely"):
        error = kafkapy(f"groups {line}", status=1).err
        assert error.startswith("kafkapy: nobody: GROUP_ID_NOT_FOUND: ")
