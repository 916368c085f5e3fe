"""Consumer groups with kafka-python."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import kafka
import pytest

P = kafka.TopicPartition
FAST = {"session_timeout_ms": 6000, "heartbeat_interval_ms": 500}

MEMBER = """
import sys, kafka
consumer = kafka.KafkaConsumer({topic!r}, bootstrap_servers={bootstrap!r}, group_id={group!r},
                               session_timeout_ms=6000, heartbeat_interval_ms=500)
consumer.partitions_for_topic({topic!r})
while True:
    consumer.poll(timeout_ms=100)
    print(len(consumer.assignment()), flush=True)
"""


def poll(members) -> None:
    """Poll side by side: a join that a short poll cuts off begins anew, and all join again."""
    with ThreadPoolExecutor(len(members)) as threads:
        list(threads.map(lambda member: member.poll(timeout_ms=500), members))


def settle(members, partitions: int, timeout_s: float = 45.0) -> list[set]:
    """Poll all members until they share all partitions, and give what each holds."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        poll(members)
        held = [member.assignment() for member in members]
        if all(held) and sum(map(len, held)) == partitions == len(set().union(*held)):
            return held
    raise TimeoutError(f"no even share within {timeout_s:g} s: {held}")


@pytest.mark.scenario("commits")
def test_a_commit_is_where_the_next_member_goes_on(topic, unique, producer, consumer, read):
    name, group = topic(), unique("group")
    client = producer()
    for i in range(10):
        client.send(name, b"%d" % i).get(timeout=30)
    first = consumer(name, group_id=group, enable_auto_commit=False, max_poll_records=4)
    assert [record.offset for record in read(first, 4)] == [0, 1, 2, 3]
    first.commit()
    assert first.committed(P(name, 0)) == 4
    first.close(autocommit=False)
    second = consumer(name, group_id=group, enable_auto_commit=False)
    assert [record.offset for record in read(second, 6)] == [4, 5, 6, 7, 8, 9]


@pytest.mark.scenario("commits")
def test_an_asynchronous_commit_keeps_its_metadata(topic, unique, producer, consumer, read):
    name, group = topic(), unique("group")
    producer().send(name, b"v").get(timeout=30)
    client = consumer(name, group_id=group, enable_auto_commit=False)
    read(client, 1)
    future = client.commit_async({P(name, 0): kafka.OffsetAndMetadata(1, "note", -1)})
    deadline = time.monotonic() + 20
    while not future.is_done and time.monotonic() < deadline:
        client.poll(timeout_ms=50)
    assert future.succeeded(), future
    kept = client.committed(P(name, 0), metadata=True)
    assert (kept.offset, kept.metadata) == (1, "note")


@pytest.mark.scenario("groups")
def test_a_group_of_three_shares_the_partitions(topic, unique, consumer):
    name, group = topic(partitions=6), unique("group")
    members = [consumer(name, group_id=group, **FAST) for _ in range(3)]
    assert sorted(map(len, settle(members, 6))) == [2, 2, 2]
    members[0].close()
    assert sorted(map(len, settle(members[1:], 6))) == [3, 3]


@pytest.mark.scenario("killed member")
def test_the_share_of_a_member_that_was_killed_goes_to_the_others(
    topic, unique, consumer, bootstrap
):
    name, group = topic(partitions=6), unique("group")
    program = MEMBER.format(topic=name, bootstrap=bootstrap, group=group)
    victim = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    try:
        members = [consumer(name, group_id=group, **FAST) for _ in range(2)]
        deadline = time.monotonic() + 45
        while [len(member.assignment()) for member in members] != [2, 2]:
            assert time.monotonic() < deadline, "the three never shared the six partitions"
            poll(members)
    finally:
        victim.kill()
        victim.communicate()
    assert sorted(map(len, settle(members, 6))) == [3, 3]


@pytest.mark.scenario("static members")
def test_a_static_member_comes_back_to_its_partitions(topic, unique, consumer):
    name, group = topic(partitions=4), unique("group")
    one = consumer(name, group_id=group, group_instance_id="one", **FAST)
    two = consumer(name, group_id=group, group_instance_id="two", **FAST)
    settle([one, two], 4)
    held, generation = one.assignment(), one.group_metadata().generation_id
    one.close()  # a static member leaves without a word
    again = consumer(name, group_id=group, group_instance_id="one", **FAST)
    settle([again, two], 4)
    assert again.assignment() == held
    assert again.group_metadata().generation_id == generation
