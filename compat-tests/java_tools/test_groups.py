"""Members of a group, each a verifiable consumer of Kafka in a process of its own."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import process, reference

CONSUMER = "org.apache.kafka.tools.VerifiableConsumer"
PRODUCER = "org.apache.kafka.tools.VerifiableProducer"
START_S = 60
CONSUMER_GROUP_HEARTBEAT = 68


class Running:
    """A tool that tells what happens to it, an event of JSON in each line."""

    def __init__(self, main_class: str, bootstrap: str, *words: object) -> None:
        command = reference.java(main_class, "--bootstrap-server", bootstrap, *words)
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        self.events: list[dict] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with contextlib.suppress(ValueError):  # the end of the test closes the pipe
            for line in self.process.stdout or ():
                if line.startswith("{"):
                    self.events.append(json.loads(line))

    def named(self, name: str) -> list[dict]:
        return [event for event in self.events if event["name"] == name]

    @property
    def share(self) -> set[int]:
        """The partitions that it has now."""
        held: set[int] = set()
        for event in self.events:
            named = {entry["partition"] for entry in event.get("partitions", [])}
            if event["name"] == "partitions_assigned":
                held |= named
            elif event["name"] == "partitions_revoked":
                held -= named
        return held


@pytest.fixture
def start(kafka_jars: Path) -> Iterator[Callable[..., Running]]:
    with contextlib.ExitStack() as stack:

        def start(main_class: str, bootstrap: str, *words: object) -> Running:
            running = Running(main_class, bootstrap, *words)
            stack.callback(process.stop, running.process)
            return running

        yield start


@pytest.fixture
def member(start, bootstrap: str) -> Callable[..., Running]:
    """Start a member of the group that is called like the topic."""

    def join(name: str, *words: object) -> Running:
        # In groups of the newer protocol the session is the broker's business.
        session = [] if "--group-protocol" in words else ["--session-timeout", 6000]
        return start(CONSUMER, bootstrap, "--topic", name, "--group-id", name, *session, *words)

    return join


def settle(members: list[Running], wanted: list[int]) -> None:
    def shared() -> bool:
        held = [member.share for member in members]
        alone = len(set().union(*held)) == sum(map(len, held))
        return alone and sorted(map(len, held)) == wanted

    process.eventually(shared, f"shares of {wanted}", START_S)


@pytest.mark.scenario("groups", "killed member")
def test_members_come_leave_and_are_killed(topic, member):
    name = topic(partitions=6)
    members = [member(name) for _ in range(3)]
    settle(members, [2, 2, 2])
    members.pop().process.send_signal(signal.SIGTERM)  # it leaves
    settle(members, [3, 3])
    members.pop().process.kill()
    settle(members, [6])


@pytest.mark.scenario("more members")
def test_of_more_members_than_partitions_one_has_none(topic, member):
    name = topic(partitions=1)
    members = [member(name) for _ in range(2)]
    process.eventually(
        lambda: all(it.named("partitions_assigned") for it in members), "all have joined", START_S
    )
    settle(members, [0, 1])


@pytest.mark.scenario("static members")
def test_a_static_member_comes_back_to_its_partitions_and_a_second_fences_it(topic, member):
    name = topic(partitions=4)
    one, two = (member(name, "--group-instance-id", it) for it in ("one", "two"))
    settle([one, two], [2, 2])
    held, rebalances = one.share, len(two.named("partitions_assigned"))
    one.process.kill()
    one.process.wait()
    again = member(name, "--group-instance-id", "one")
    settle([again, two], [2, 2])
    assert again.share == held
    assert len(two.named("partitions_assigned")) == rebalances
    member(name, "--group-instance-id", "one")
    process.eventually(lambda: again.process.poll() is not None, "the first ends", START_S)


@pytest.mark.scenario("cooperative")
def test_a_member_keeps_what_the_other_does_not_get(topic, member):
    name = topic(partitions=4)
    strategy = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"
    first = member(name, "--assignment-strategy", strategy)
    settle([first], [4])
    second = member(name, "--assignment-strategy", strategy)
    settle([first, second], [2, 2])
    taken = [entry for it in first.named("partitions_revoked") for entry in it["partitions"]]
    assert len(taken) == 2


@pytest.mark.scenario("KIP-848")
def test_the_broker_shares_the_partitions(topic, member, serves):
    if not serves(CONSUMER_GROUP_HEARTBEAT):
        pytest.skip("the broker does not offer the consumer protocol")
    name = topic(partitions=2)
    members = [member(name, "--group-protocol", "consumer") for _ in range(2)]
    settle(members, [1, 1])


@pytest.mark.scenario("restart")
def test_what_was_acknowledged_outlives_kill_9_in_mid_stream(restartable, start, unique, tmp_path):
    name, at = unique("topic"), restartable.bootstrap
    options = tmp_path / "producer.properties"
    options.write_text("retries=1000\nenable.idempotence=true\n")  # the tool's own are none
    words = ("--max-messages", 3000, "--throughput", 1000, "--producer.config", options)
    writer = start(PRODUCER, at, "--topic", name, *words)
    process.eventually(lambda: len(writer.named("producer_send_success")) > 300, "some", START_S)
    reader = start(CONSUMER, at, "--topic", name, "--group-id", name, "--reset-policy", "earliest")
    process.eventually(lambda: reader.named("records_consumed"), "some are read", START_S)
    restartable.kill()
    restartable.start()
    process.eventually(lambda: writer.named("tool_data"), "all are sent", START_S)
    sent = {int(it["value"]) for it in writer.named("producer_send_success")}
    assert sent == set(range(3000))

    def read() -> int:
        parts = [part for it in reader.named("records_consumed") for part in it["partitions"]]
        return max(part["maxOffset"] for part in parts) + 1

    # An idempotent producer makes none twice: there are as many as were acknowledged.
    process.eventually(lambda: read() >= 3000, "all are read", START_S)
    assert read() == 3000
