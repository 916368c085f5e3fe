"""Consumer groups with librdkafka."""

from __future__ import annotations

import time

import pytest
from confluent_kafka import ConsumerGroupState, TopicPartition
from confluent_kafka.admin import AdminClient

CONSUMER_GROUP_HEARTBEAT = 68
FAST = {"session_timeout_ms": 6000, "heartbeat_interval_ms": 500}


def settle(members, partitions: int, each: list[int], timeout_s: float = 45.0) -> list[list[int]]:
    """Poll all members until they hold as many partitions as `each` says; give what they hold."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        for member in members:
            member.poll(0.05)
        held = [sorted(p.partition for p in member.assignment()) for member in members]
        if sorted(map(len, held)) == each:
            assert len({p for part in held for p in part}) == sum(each) <= partitions
            return held
    raise TimeoutError(f"not {each} within {timeout_s:g} s: {held}")


@pytest.mark.parametrize(
    "strategy",
    [
        "range",
        "roundrobin",
        pytest.param("cooperative-sticky", marks=pytest.mark.scenario("cooperative")),
    ],
)
@pytest.mark.scenario("groups")
def test_a_group_of_three_shares_the_partitions(strategy, topic, unique, consumer):
    name, group = topic(partitions=6), unique("group")
    options = {"group_id": group, "partition_assignment_strategy": strategy, **FAST}
    members = [consumer(**options) for _ in range(3)]
    for member in members:
        member.subscribe([name])
    settle(members, 6, [2, 2, 2])
    members.pop().close()
    settle(members, 6, [3, 3])


@pytest.mark.scenario("static members")
def test_a_static_member_comes_back_to_its_partitions(topic, unique, consumer, admin):
    name, group = topic(partitions=4), unique("group")
    one = consumer(group_id=group, group_instance_id="one", **FAST)
    two = consumer(group_id=group, group_instance_id="two", **FAST)
    for member in (one, two):
        member.subscribe([name])
    held = settle([one, two], 4, [2, 2])
    one.close()
    again = consumer(group_id=group, group_instance_id="one", **FAST)
    again.subscribe([name])
    assert settle([again, two], 4, [2, 2]) == held
    described = admin.describe_consumer_groups([group])[group].result(30)
    assert sorted(m.group_instance_id for m in described.members) == ["one", "two"]


@pytest.mark.scenario("commits")
def test_an_asynchronous_commit_calls_back(topic, unique, producer, consumer, send, read):
    name, group = topic(), unique("group")
    send(producer(), name, [b"v"])
    outcomes: list = []
    client = consumer(group_id=group, on_commit=lambda *outcome: outcomes.append(outcome))
    client.subscribe([name])
    read(client, 1)
    client.commit(offsets=[TopicPartition(name, 0, 1, "note")], asynchronous=True)
    deadline = time.monotonic() + 20
    while not outcomes and time.monotonic() < deadline:
        client.poll(0.1)
    (error, partitions) = outcomes[0]
    assert error is None
    assert partitions[0].offset == 1
    (kept,) = client.committed([TopicPartition(name, 0)], timeout=20)
    assert (kept.offset, kept.metadata) == (1, "note")


@pytest.mark.scenario("admin groups")
def test_a_group_is_described_with_its_members(topic, unique, consumer, admin: AdminClient):
    name, group = topic(), unique("group")
    member = consumer(group_id=group, client_id="reader", **FAST)
    member.subscribe([name])
    settle([member], 1, [1])
    described = admin.describe_consumer_groups([group])[group].result(30)
    assert described.state == ConsumerGroupState.STABLE
    assert described.partition_assignor == "range"
    (found,) = described.members
    assert found.client_id == "reader"
    assert [p.partition for p in found.assignment.topic_partitions] == [0]


@pytest.mark.scenario("KIP-848")
def test_the_consumer_protocol_of_kip_848_shares_the_partitions(
    topic, unique, producer, consumer, send, serves
):
    if not serves(CONSUMER_GROUP_HEARTBEAT):
        pytest.skip("the broker does not offer the consumer protocol")
    name, group = topic(partitions=2), unique("group")
    send(producer(), name, [b"v"] * 10)
    members = [consumer(group_id=group, group_protocol="consumer") for _ in range(2)]
    for member in members:
        member.subscribe([name])
    settle(members, 2, [1, 1])
