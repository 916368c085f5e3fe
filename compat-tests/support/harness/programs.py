"""The scenarios that clients in other languages play, each as a small program of its own.

A program is started as `PROGRAM BOOTSTRAP … SCENARIO NAME`, where NAME is for its topic and group,
and new to the broker. It does with its client what the scenario says, and prints what it saw as one
line of JSON; a failure is an exit status other than 0. What it must see is in `SCENARIOS`, and is
the same for all clients but where a suite knows better. A scenario that a client has no means for
is in the file `lacks.toml` of its suite, with the reason.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from harness import own, process, scenarios


class Scenario(NamedTuple):
    """What a program must see, and the columns of the report card that this is about."""

    seen: dict[str, Any]
    shows: tuple[str, ...]


def _round_trips() -> dict[str, Scenario]:
    codecs = ("none", "gzip", "snappy", "lz4", "zstd")
    return {f"round_trip:{codec}": Scenario({"records": 200}, ("codecs",)) for codec in codecs}


# In each, a topic is made first; "members" share its partitions by an assignor of their client's.
# Where timestamps are of long ago it has retention.ms=-1, for retention counts from them: a broker
# looks every few minutes, and would delete the records in the middle of one scenario in a hundred.
SCENARIOS: dict[str, Scenario] = {
    # 200 records with key, value and a header to 3 partitions, read back by a group.
    **_round_trips(),
    # Ten records each with acks 0, 1 and all; all are read.
    "acks": Scenario({"records": 30}, ("acks",)),
    # 200 records by an idempotent producer with several requests in flight, to one partition;
    # read in order, and nothing behind them.
    "idempotence": Scenario({"records": 200, "in order": True, "end": 200}, ("idempotence",)),
    # One record, its timestamp set by hand; a header twice and one without a value (or an empty
    # one, where the client cannot say null).
    "headers": Scenario(
        {
            "key": "k",
            "value": "v",
            "headers": [["a", "1"], ["a", "2"], ["b", None]],
            "timestamp": 1500000000000,
        },
        ("headers",),
    ),
    # Under one key a value, an empty value and none.
    "tombstones": Scenario({"values": ["v", "", None]}, ("tombstones",)),
    # A record of 5 MiB, in a topic whose max.message.bytes is 6 MiB, read back unchanged.
    "five_megabytes": Scenario({"bytes": 5 << 20, "same": True}, ("large",)),
    # Records of 5,000 bytes are refused where max.message.bytes is 1,000: the code of the error.
    "too_large": Scenario({"code": 10}, ("errors", "large")),
    # To each of 4 partitions by number; then 20 records of one key, in how many partitions.
    "partitioning": Scenario({"explicit": [0, 1, 2, 3], "keyed": 1}, ("partitioning",)),
    # Ten records with timestamps 1000, 2000, … 10000: the first offset that is read from the
    # earliest, the latest (one more record is sent then), offset 7, and timestamp 4500.
    "consume_from": Scenario(
        {"earliest": 0, "latest": 10, "offset": 7, "time": 4}, ("consume from",)
    ),
    # Ten records in one partition. What comes in half a second while it is paused; the offset that
    # comes first when it goes on; that which comes after a seek to 3.
    "pause_and_seek": Scenario({"paused": 0, "resumed": 0, "sought": 3}, ("seek",)),
    # Three members of 6 partitions, then one of them leaves: how many partitions each has.
    "groups": Scenario({"three": [2, 2, 2], "two": [3, 3]}, ("groups",)),
    # Two members of 4 partitions, one in a process of its own which is killed (SIGKILL).
    "killed_member": Scenario({"together": [2, 2], "alone": [4]}, ("killed member",)),
    # Three members of 2 partitions.
    "more_members": Scenario({"shares": [0, 1, 1]}, ("more members",)),
    # A static member of two closes and comes back within its session: to its partitions of before,
    # and without a rebalance for the other; a second of the same name fences the first.
    "static_members": Scenario(
        {"same partitions": True, "rebalances of the other": 0, "fenced": True},
        ("static members",),
    ),
    # Cooperative-sticky: one member has 4 partitions, a second joins. How many were taken from the
    # first, and what each has then.
    "cooperative": Scenario({"revoked": 2, "together": [2, 2]}, ("cooperative",)),
    # 8 records, committed synchronously, then 4 more, asynchronously: the committed offsets, and
    # the first offset that the next member reads.
    "commits": Scenario({"sync": 8, "async": 12, "next": 12}, ("commits",)),
    # A producer and a consumer are at it when the broker is killed and started again. The program
    # prints the line "halfway" when 100 records have been read, and goes on until 300 have been
    # acknowledged and all of those were read. An idempotent producer makes none twice.
    "restart": Scenario({"lost": 0, "twice": 0}, ("restart",)),
    # 3 partitions and retention.ms=60000; listed, described; deleted, and listed no more.
    "admin_topics": Scenario({"listed": True, "partitions": 3, "gone": True}, ("admin topics",)),
    # From 2 partitions to 4.
    "admin_partitions": Scenario({"before": 2, "after": 4}, ("admin partitions",)),
    # A topic's retention.ms: as it was created, and altered, and what another setting is then.
    "admin_configs": Scenario(
        {"before": "60000", "after": "120000", "max.message.bytes": "2000"}, ("admin configs",)
    ),
    # Ten records, those below 4 deleted: the first offset then, and the last (the end).
    "admin_records": Scenario({"first": 4, "end": 10}, ("admin records",)),
    # A group with one member, then without it: its state as described, whether it is listed; then
    # deleted, and listed no more.
    "admin_groups": Scenario(
        {"with a member": "Stable", "without": "Empty", "listed": True, "gone": True},
        ("admin groups",),
    ),
    # Ten records with timestamps 1000 … 10000: offsets by specification; then a group's committed
    # offset as set by the admin client, and read by it.
    "admin_offsets": Scenario(
        {"earliest": 0, "latest": 10, "time": 4, "committed": 6}, ("admin offsets",)
    ),
    # The number of brokers, and whether the controller is one of them.
    "admin_cluster": Scenario({"brokers": 1, "controller": True}, ("admin cluster",)),
    # Timestamps 1000, 3000, 2000: the offset for 1, for 1500 and for 9000.
    "times": Scenario({"early": 0, "between": 1, "late": -1}, ("timestamps",)),
    # Error codes: a topic that is not there (and is not to be made), a name that cannot be, a value
    # that retention.ms cannot have, an offset behind the end (without a policy to reset it).
    "unknown_topic": Scenario({"code": 3}, ("errors",)),
    "invalid_name": Scenario({"code": 17}, ("errors",)),
    "bad_config": Scenario({"code": 40}, ("errors",)),
    "out_of_range": Scenario({"code": 1}, ("errors",)),
    # Five records in a transaction that commits, five in one that aborts, five in one that commits
    # and takes an offset of 5 along: what is read committed and uncommitted, and the offset.
    "transactions": Scenario({"committed": 10, "uncommitted": 15, "offset": 5}, ("transactions",)),
    # Of two producers with one transactional id the first is fenced when it wants to commit.
    "fenced": Scenario({"fenced": True, "committed": 5}, ("transactions",)),
}


def lacks(suite: Path) -> Mapping[str, Mapping[str, str]]:
    """Give what a suite's clients have no means for: `[client]`, then `scenario = "why"`.

    A whole column of the report card may stand there too: `"static members" = "why"`.
    """
    file = suite / "lacks.toml"
    found = tomllib.loads(file.read_text()) if file.exists() else {}
    for client, without in found.items():
        if unknown := without.keys() - SCENARIOS.keys() - scenarios.SCENARIOS.keys():
            raise ValueError(f"{file}, {client}: no such scenario: {sorted(unknown)}")
    return found


def lacking(without: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Sort what one client has no means for by the columns of the report card."""
    columns: dict[str, dict[str, str]] = {}
    for name, why in without.items():
        for column in SCENARIOS[name].shows if name in SCENARIOS else (name,):
            columns.setdefault(column, {})[name] = why
    return columns


def played(suite: Path, client: str) -> list[str]:
    """Give the scenarios that a client plays."""
    without = lacks(suite).get(client, {}).keys()
    return [
        name
        for name, scenario in SCENARIOS.items()
        if name not in without and not without & set(scenario.shows)
    ]


# The program, or the words that start it, and the words between the broker and the scenario's NAME.
Command = Sequence[str | Path | Sequence[str | Path]]


def _words(command: Command, bootstrap: str, name: str) -> list[str]:
    program, *words = command
    first = [program] if isinstance(program, str | Path) else program
    return [str(word) for word in (*first, bootstrap, *words, name)]


def seen(command: Command, bootstrap: str, name: str, *, timeout_s: float = 90.0) -> dict[str, Any]:
    """Run a program (`command` is all but the broker and NAME) and give what it saw."""
    done = process.run(_words(command, bootstrap, name), timeout_s=timeout_s)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def seen_over_a_restart(
    command: Command, broker: own.OwnBroker, name: str, *, timeout_s: float = 120.0
) -> dict[str, Any]:
    """Run the scenario "restart": when the program is halfway the broker is killed, and started."""
    with tempfile.TemporaryFile() as errors:
        running = subprocess.Popen(
            _words(command, broker.bootstrap, name),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        watchdog = threading.Timer(timeout_s, running.kill)
        watchdog.start()
        try:
            line = running.stdout.readline()
            if line.strip() == b"halfway":
                broker.kill()
                broker.start()
            line = running.stdout.read() or line
            code = running.wait()
        finally:
            watchdog.cancel()
            process.stop(running)
        errors.seek(0)
        assert code == 0, f"exit code {code}: {line!r}\n{errors.read()[-3000:].decode()}"
    return dict(json.loads(line.splitlines()[-1]))


def play(request: pytest.FixtureRequest, command: Command, scenario: str) -> dict[str, Any]:
    """Play a scenario and give what was seen; a restart is of a broker that may be killed."""
    name = request.getfixturevalue("unique")(scenario.replace(":", "-"))
    if scenario == "restart":
        broker = request.getfixturevalue("restartable")
        return seen_over_a_restart([*command, scenario], broker, name)
    return seen([*command, scenario], request.getfixturevalue("bootstrap"), name)
